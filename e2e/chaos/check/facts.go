package check

import (
	"cmp"
	"maps"
	"slices"

	"ticketing.dev/common/money"
	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
)

// observation is a state that a user was shown, and the request that showed it. The state was current at some moment
// between the request's Call and Return.
type observation[T any] struct {
	state T
	op    history.Op // with this state alone
}

// facts is a history by object.
type facts struct {
	h history.History

	tickets map[string][]observation[api.Ticket]
	orders  map[string][]observation[api.Order]
	// charges are by order. A missing one is the zero Charge.
	charges map[string][]observation[api.Charge]

	places      map[string][]history.Op // by ticket
	edits       map[string][]history.Op // by ticket: its edits and, if it got a response, its creation
	withdrawals map[string][]history.Op // by ticket
	cancels     map[string][]history.Op // by order, like the following
	pays        map[string][]history.Op
	decides     map[string][]history.Op
	// offered has the offers of each ticket that requests may have made. Creations without a response, which may
	// have made any ticket, are under "".
	offered map[string]map[offer]bool
}

// offer is a ticket's title and price in cents.
type offer struct {
	title string
	price int64
}

// mayOffer reports whether a ticket may have a title and price.
func (f *facts) mayOffer(ticket, title string, price money.Dollars) bool {
	o := offer{title, int64(price.Cents)}
	return f.offered[ticket][o] || f.offered[""][o]
}

func collect(h history.History) facts {
	f := facts{
		h:       h,
		tickets: make(map[string][]observation[api.Ticket]), orders: make(map[string][]observation[api.Order]), charges: make(map[string][]observation[api.Charge]),
		places: make(map[string][]history.Op), edits: make(map[string][]history.Op), withdrawals: make(map[string][]history.Op), cancels: make(map[string][]history.Op),
		pays: make(map[string][]history.Op), decides: make(map[string][]history.Op), offered: make(map[string]map[offer]bool),
	}
	end := h.Final.At
	for _, op := range h.Ops {
		end = max(end, op.Return)
		f.ask(op)
		if op.Kind != history.Pry { // it shows other users' objects
			f.see(op)
		}
		if op.Kind == history.ReadCharge && op.Outcome == history.OK && op.ChargeState == nil {
			f.charges[op.Order] = append(f.charges[op.Order], observation[api.Charge]{op: op})
		}
	}
	f.see(history.Op{
		ID: len(h.Ops), Kind: Final, Call: end, Return: end, Outcome: history.OK,
		TicketStates: slices.Collect(maps.Values(h.Final.Tickets)), OrderStates: slices.Collect(maps.Values(h.Final.Orders)), ChargeStates: slices.Collect(maps.Values(h.Final.Charges)),
	})
	return f
}

// ask adds a request.
func (f *facts) ask(op history.Op) {
	add := func(to map[string][]history.Op, id string) { to[id] = append(to[id], op) }
	switch op.Kind {
	case history.List, history.Edit:
		if mayHaveWorked(op) {
			if f.offered[op.Ticket] == nil {
				f.offered[op.Ticket] = make(map[offer]bool)
			}
			f.offered[op.Ticket][offer{op.Title, op.Price}] = true
		}
		if op.Ticket != "" {
			add(f.edits, op.Ticket)
		}
	case history.Withdraw:
		add(f.withdrawals, op.Ticket)
	case history.Place:
		add(f.places, op.Ticket)
	case history.Cancel:
		add(f.cancels, op.Order)
	case history.Pay:
		add(f.pays, op.Order)
	case history.Decide:
		add(f.decides, op.Order)
	}
}

// see adds the states in a response.
func (f *facts) see(op history.Op) {
	tickets, orders, charges := op.Tickets(), op.Orders(), op.Charges()
	op.TicketStates, op.OrderStates, op.ChargeStates = nil, nil, nil
	for _, t := range tickets {
		one := op
		one.TicketState, one.Ticket = &t, t.ID
		f.tickets[t.ID] = append(f.tickets[t.ID], observation[api.Ticket]{t, one})
	}
	for _, o := range orders {
		one := op
		one.OrderState, one.Order = &o, o.ID
		f.orders[o.ID] = append(f.orders[o.ID], observation[api.Order]{o, one})
	}
	for _, c := range charges {
		one := op
		one.ChargeState, one.Order = &c, c.OrderID
		f.charges[c.OrderID] = append(f.charges[c.OrderID], observation[api.Charge]{c, one})
	}
}

// sorted are the keys of a map in order, so that a history always has the same verdict.
func sorted[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }

// earliest is the matching observation with the first response.
func earliest[T any](all []observation[T], wanted func(T) bool) (first observation[T], found bool) {
	for _, s := range all {
		if wanted(s.state) && (!found || s.op.Return < first.op.Return) {
			first, found = s, true
		}
	}
	return first, found
}

// latest is the matching observation with the last request.
func latest[T any](all []observation[T], wanted func(T) bool) (last observation[T], found bool) {
	for _, s := range all {
		if wanted(s.state) && (!found || s.op.Call > last.op.Call) {
			last, found = s, true
		}
	}
	return last, found
}

// backwards finds an older state that was requested after a newer one was shown.
func backwards[T any](all []observation[T], age func(T) int64) (before, after observation[T], found bool) {
	byCall := slices.Clone(all)
	slices.SortStableFunc(byCall, func(a, b observation[T]) int { return cmp.Compare(a.op.Call, b.op.Call) })
	byReturn := slices.Clone(all)
	slices.SortStableFunc(byReturn, func(a, b observation[T]) int { return cmp.Compare(a.op.Return, b.op.Return) })
	newest, answered := -1, 0 // of those answered before
	for _, s := range byCall {
		for answered < len(byReturn) && byReturn[answered].op.Return < s.op.Call {
			if newest < 0 || age(byReturn[answered].state) > age(byReturn[newest].state) {
				newest = answered
			}
			answered++
		}
		if newest >= 0 && age(byReturn[newest].state) > age(s.state) {
			return byReturn[newest], s, true
		}
	}
	return before, after, false
}

func isLive(o api.Order) bool      { return o.Status != api.Cancelled }
func isCancelled(o api.Order) bool { return o.Status == api.Cancelled }
func isComplete(o api.Order) bool  { return o.Status == api.Complete }
func isSold(t api.Ticket) bool     { return t.Status == api.Sold }

func always[T any](T) bool { return true }

// mayHaveWorked reports whether a request was or may have been carried out.
func mayHaveWorked(op history.Op) bool { return op.Outcome != history.Refused }

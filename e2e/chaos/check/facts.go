package check

import (
	"cmp"
	"maps"
	"slices"

	"ticketing.dev/common/money"
	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
)

// sighting is a state that somebody was told, at some moment between the Call and the Return of a
// request.
type sighting[T any] struct {
	state T
	op    history.Op // with this state alone
}

// facts is a history by the things that it is about.
type facts struct {
	h history.History

	tickets map[string][]sighting[api.Ticket]
	orders  map[string][]sighting[api.Order]
	// charges are by the id of the order. One that was not there is the zero Charge.
	charges map[string][]sighting[api.Charge]

	places  map[string][]history.Op // by ticket
	edits   map[string][]history.Op // by ticket: its listing, if that was answered, and its edits
	cancels map[string][]history.Op // by order
	pays    map[string][]history.Op // by order
	decides map[string][]history.Op // by order
	// offered is what a ticket may say, by its id: what requests asked for that were or may have been carried
	// out. Listings without an answer, which may be of any ticket, are under "".
	offered map[string]map[offer]bool
}

// offer is what a seller asks for.
type offer struct {
	title string
	price int64 // in cents
}

// mayOffer says whether a ticket may say something.
func (f *facts) mayOffer(ticket, title string, price money.Dollars) bool {
	o := offer{title, int64(price.Cents)}
	return f.offered[ticket][o] || f.offered[""][o]
}

func collect(h history.History) facts {
	f := facts{
		h:       h,
		tickets: make(map[string][]sighting[api.Ticket]),
		orders:  make(map[string][]sighting[api.Order]),
		charges: make(map[string][]sighting[api.Charge]),
		places:  make(map[string][]history.Op),
		edits:   make(map[string][]history.Op),
		cancels: make(map[string][]history.Op),
		pays:    make(map[string][]history.Op),
		decides: make(map[string][]history.Op),
		offered: make(map[string]map[offer]bool),
	}
	for _, op := range h.Ops {
		f.asked(op)
		f.answered(op)
	}
	f.read(h.Final)
	return f
}

// asked notes what was wanted.
func (f *facts) asked(op history.Op) {
	switch op.Kind {
	case history.List, history.Edit:
		if mayHaveWorked(op) {
			if f.offered[op.Ticket] == nil {
				f.offered[op.Ticket] = make(map[offer]bool)
			}
			f.offered[op.Ticket][offer{op.Title, op.Price}] = true
		}
		if op.Ticket != "" {
			f.edits[op.Ticket] = append(f.edits[op.Ticket], op)
		}
	case history.Place:
		f.places[op.Ticket] = append(f.places[op.Ticket], op)
	case history.Cancel:
		f.cancels[op.Order] = append(f.cancels[op.Order], op)
	case history.Pay:
		f.pays[op.Order] = append(f.pays[op.Order], op)
	case history.Decide:
		f.decides[op.Order] = append(f.decides[op.Order], op)
	}
}

// answered notes what was told. What somebody was told of what is not theirs is no sighting.
func (f *facts) answered(op history.Op) {
	if op.Kind == history.Pry {
		return
	}
	if op.TicketState != nil {
		f.seeTicket(op, *op.TicketState)
	}
	for _, t := range op.TicketStates {
		f.seeTicket(op, t)
	}
	if op.OrderState != nil {
		f.seeOrder(op, *op.OrderState)
	}
	for _, o := range op.OrderStates {
		f.seeOrder(op, o)
	}
	if op.ChargeState != nil {
		f.seeCharge(op, *op.ChargeState)
	} else if op.Kind == history.ReadCharge && op.Outcome == history.OK {
		f.charges[op.Order] = append(f.charges[op.Order], sighting[api.Charge]{op: op})
	}
	for _, c := range op.ChargeStates {
		f.seeCharge(op, c)
	}
}

func (f *facts) seeTicket(op history.Op, t api.Ticket) {
	op.TicketStates, op.TicketState, op.Ticket = nil, &t, t.ID
	f.tickets[t.ID] = append(f.tickets[t.ID], sighting[api.Ticket]{t, op})
}

func (f *facts) seeOrder(op history.Op, o api.Order) {
	op.OrderStates, op.OrderState, op.Order = nil, &o, o.ID
	f.orders[o.ID] = append(f.orders[o.ID], sighting[api.Order]{o, op})
}

func (f *facts) seeCharge(op history.Op, c api.Charge) {
	op.ChargeStates, op.ChargeState, op.Order = nil, &c, c.OrderID
	f.charges[c.OrderID] = append(f.charges[c.OrderID], sighting[api.Charge]{c, op})
}

// read adds what was read at the end.
func (f *facts) read(final history.Final) {
	at := final.At
	for _, op := range f.h.Ops {
		at = max(at, op.Return)
	}
	op := history.Op{ID: len(f.h.Ops), Kind: Final, Call: at, Return: at, Outcome: history.OK}
	for _, t := range final.Tickets {
		f.seeTicket(op, t)
	}
	for _, o := range final.Orders {
		f.seeOrder(op, o)
	}
	for _, c := range final.Charges {
		f.seeCharge(op, c)
	}
}

// sorted are the keys of a map in their order, so that the same history is judged in the same words.
func sorted[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }

// earliest is the sighting whose answer came first, of those that are wanted.
func earliest[T any](all []sighting[T], wanted func(T) bool) (first sighting[T], found bool) {
	for _, s := range all {
		if wanted(s.state) && (!found || s.op.Return < first.op.Return) {
			first, found = s, true
		}
	}
	return first, found
}

// latest is the sighting that was asked for last, of those that are wanted.
func latest[T any](all []sighting[T], wanted func(T) bool) (last sighting[T], found bool) {
	for _, s := range all {
		if wanted(s.state) && (!found || s.op.Call > last.op.Call) {
			last, found = s, true
		}
	}
	return last, found
}

// backwards finds two sightings of which the second was asked for after the first was answered, and yet
// is older.
func backwards[T any](all []sighting[T], age func(T) int64) (before, after sighting[T], found bool) {
	byCall := slices.Clone(all)
	slices.SortStableFunc(byCall, func(a, b sighting[T]) int { return cmp.Compare(a.op.Call, b.op.Call) })
	byReturn := slices.Clone(all)
	slices.SortStableFunc(byReturn, func(a, b sighting[T]) int { return cmp.Compare(a.op.Return, b.op.Return) })
	newest, answered := -1, 0 // of those that were answered before
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

// mayHaveWorked says whether a request was or may have been carried out.
func mayHaveWorked(op history.Op) bool { return op.Outcome != history.Refused }

package check

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
)

// Parts of refusals' messages.
const (
	saysSold     = "sold ticket"
	saysComplete = "completed order"
)

// nothingLost judges P2: acknowledged changes stay, refused ones weren't made, and no later read sees an older
// state.
func (j *judge) nothingLost() {
	j.acknowledged()
	j.asAsked()
	for _, id := range sorted(j.tickets) {
		j.ticketKept(id)
	}
	for _, id := range sorted(j.orders) {
		j.orderKept(id)
	}
	for _, id := range sorted(j.charges) {
		j.chargeKept(id)
	}
	j.notForgotten()
	j.unrequested()
	j.missing()
}

// missing reports objects that were missing at the end, unless another rule did.
func (j *judge) missing() {
	for _, what := range j.h.Final.Missing {
		thing, _, _ := strings.Cut(what, ":")
		kind, id, _ := strings.Cut(thing, " ")
		if !slices.Contains([]string{"ticket", "order", "charge"}, kind) || !j.mentioned(id) {
			j.broken(P2, "at the end: "+what)
		}
	}
}

// acknowledged compares responses with the final state.
func (j *judge) acknowledged() {
	final := j.h.Final
	for _, op := range j.h.Ops {
		switch op.Kind {
		case history.List, history.Edit:
			j.staysSold(op)
			if op.Outcome != history.OK {
				continue
			}
			if t, there := final.Tickets[op.Ticket]; !there {
				j.broken(P2, fmt.Sprintf("ticket %s was acknowledged and doesn't exist", op.Ticket), op)
			} else if t.Version < op.TicketState.Version {
				j.broken(P2, fmt.Sprintf("ticket %s was acknowledged as version %d and is version %d", op.Ticket, op.TicketState.Version, t.Version), op, j.finalTicket(op.Ticket))
			}
			if t := op.TicketState; t.Title != op.Title || int64(t.Price.Cents) != op.Price {
				j.broken(P2, fmt.Sprintf("the response about ticket %s differs from its request", op.Ticket), op)
			}
		case history.Withdraw:
			j.staysSold(op)
		case history.Place:
			if _, there := final.Orders[op.Order]; op.Outcome == history.OK && !there {
				j.broken(P2, fmt.Sprintf("order %s was acknowledged and doesn't exist", op.Order), op)
			}
		case history.Cancel:
			j.cancelKept(op)
		case history.Pay:
			j.payKept(op)
		}
	}
}

// staysSold judges a refusal because the ticket is sold.
func (j *judge) staysSold(op history.Op) {
	if strings.Contains(op.Message, saysSold) && op.Outcome == history.Refused && !isSold(j.h.Final.Tickets[op.Ticket]) {
		j.broken(P7, fmt.Sprintf("ticket %s was sold, and later it isn't", op.Ticket), op, j.finalTicket(op.Ticket))
	}
}

// asAsked finds responses about another object than the request's. For charges, P6 covers that.
func (j *judge) asAsked() {
	for _, op := range j.h.Ops {
		if op.Outcome != history.OK || op.Kind == history.Pry {
			continue
		}
		if t := op.TicketState; t != nil && t.ID != op.Ticket {
			j.broken(P2, fmt.Sprintf("a request for ticket %s returned ticket %s", op.Ticket, t.ID), op)
		}
		if o := op.OrderState; o != nil && op.Kind == history.Place && o.Ticket.ID != op.Ticket {
			j.broken(P2, fmt.Sprintf("a request for ticket %s returned an order of ticket %s", op.Ticket, o.Ticket.ID), op)
		} else if o != nil && o.ID != op.Order {
			j.broken(P2, fmt.Sprintf("a request for order %s returned order %s", op.Order, o.ID), op)
		}
	}
}

func (j *judge) cancelKept(op history.Op) {
	if op.Outcome == history.Refused {
		if strings.Contains(op.Message, saysComplete) && !isComplete(j.h.Final.Orders[op.Order]) {
			j.broken(P2, fmt.Sprintf("order %s was complete, and later it isn't", op.Order), op, j.finalOrder(op.Order))
		}
		return
	}
	if op.Outcome != history.OK {
		return
	}
	for _, s := range j.orders[op.Order] {
		if s.op.Call > op.Return && isLive(s.state) {
			j.broken(P2, fmt.Sprintf("order %s was cancelled, and later it is %s", op.Order, s.state.Status), op, s.op)
			return
		}
	}
}

func (j *judge) payKept(op history.Op) {
	declined := op.Outcome == history.Refused && op.Status == http.StatusPaymentRequired
	if op.Outcome != history.OK && !declined {
		return
	}
	charge, there := j.h.Final.Charges[op.Order]
	switch {
	case !there:
		j.broken(P2, fmt.Sprintf("the charge of order %s was acknowledged and doesn't exist", op.Order), op)
	case declined && charge.Status != api.Failed:
		j.broken(P4, fmt.Sprintf("the payment of order %s was declined, and is %s", op.Order, charge.Status), op, j.finalCharge(op.Order))
	}
}

// notForgotten finds 404s for objects that a user saw before.
func (j *judge) notForgotten() {
	for _, op := range j.h.Ops {
		gone := op.Outcome == history.Refused && op.Status == http.StatusNotFound
		switch op.Kind {
		case history.ReadTicket, history.Edit, history.Withdraw:
			if s, found := earliest(j.tickets[op.Ticket], always); gone && found && s.op.Return < op.Call {
				j.broken(P2, fmt.Sprintf("ticket %s existed, and later it doesn't", op.Ticket), s.op, op)
			}
		case history.ReadOrder, history.Cancel:
			if s, found := earliest(j.orders[op.Order], always); gone && found && s.op.Return < op.Call {
				j.broken(P2, fmt.Sprintf("order %s existed, and later it doesn't", op.Order), s.op, op)
			}
		case history.Place:
			if before, found := j.placedBefore(op); gone && found {
				j.broken(P2, fmt.Sprintf("orders knew ticket %s, and later it doesn't", op.Ticket), before, op)
			}
		case history.Pay:
			if s, found := earliest(j.charges[op.Order], func(c api.Charge) bool { return c.ID != "" }); gone && found && s.op.Return < op.Call {
				j.broken(P2, fmt.Sprintf("payments knew order %s, and later it doesn't", op.Order), s.op, op)
			}
		case history.MyOrders:
			listed(j, "order", j.orders, op, op.OrderStates, func(o api.Order) (string, string) { return o.ID, o.UserID })
		case history.MyTickets:
			listed(j, "ticket", j.tickets, op, op.TicketStates, func(t api.Ticket) (string, string) { return t.ID, t.UserID })
		}
	}
}

// placedBefore is an earlier request that shows that orders knew the ticket.
func (j *judge) placedBefore(op history.Op) (history.Op, bool) {
	i := slices.IndexFunc(j.places[op.Ticket], func(p history.Op) bool {
		knew := p.Outcome == history.OK || p.Outcome == history.Refused && p.Status == http.StatusBadRequest
		return knew && p.Return < op.Call
	})
	if i < 0 {
		return history.Op{}, false
	}
	return j.places[op.Ticket][i], true
}

// listed finds an object that is missing in its owner's list though a user saw it before. Lists fit on one page.
func listed[T any](j *judge, what string, all map[string][]observation[T], op history.Op, list []T, key func(T) (id, owner string)) {
	inList := make(map[string]bool)
	for _, one := range list {
		id, _ := key(one)
		inList[id] = true
	}
	for _, id := range sorted(all) {
		s, _ := earliest(all[id], always)
		if _, owner := key(s.state); op.Outcome == history.OK && owner == op.User && s.op.Return < op.Call && !inList[id] {
			op.OrderStates, op.TicketStates = nil, nil
			j.broken(P2, fmt.Sprintf("%s %s isn't in its owner's list", what, id), s.op, op)
			return
		}
	}
}

// twoStates finds two observations of one version that differ.
func twoStates[T any](seen []observation[T], version func(T) int64, same func(a, b T) bool) (one, other observation[T], found bool) {
	byVersion := make(map[int64]observation[T])
	for _, s := range seen {
		v := version(s.state)
		if one, known := byVersion[v]; known && !same(one.state, s.state) {
			return one, s, true
		} else if !known {
			byVersion[v] = s
		}
	}
	return one, other, false
}

// ticketKept judges one ticket: a version is one state, no later read sees an older one, and no acknowledged
// edit is undone.
func (j *judge) ticketKept(id string) {
	seen := j.tickets[id]
	if before, after, found := backwards(seen, func(t api.Ticket) int64 { return t.Version }); found {
		j.broken(P2, fmt.Sprintf("ticket %s went from version %d to version %d", id, before.state.Version, after.state.Version), before.op, after.op)
	}
	one, other, found := twoStates(seen, func(t api.Ticket) int64 { return t.Version }, func(a, b api.Ticket) bool { return a == b })
	if found {
		j.broken(P2, fmt.Sprintf("version %d of ticket %s has two different states", one.state.Version, id), one.op, other.op)
		return
	}
	for _, s := range seen {
		if isSold(s.state) || !j.mayOffer(id, s.state.Title, s.state.Price) {
			continue // P7 covers sold tickets, and unrequested the others
		}
		if edit, undone := j.undone(id, s); undone {
			j.broken(P2, fmt.Sprintf("an acknowledged edit of ticket %s, version %d, is undone in version %d", id, edit.TicketState.Version, s.state.Version), edit, s.op)
			return
		}
	}
}

// undone finds the last acknowledged edit up to a state's version if the state doesn't show it, unless an edit
// without an answer may have come after it.
func (j *judge) undone(id string, s observation[api.Ticket]) (last history.Op, is bool) {
	for _, op := range j.edits[id] {
		acknowledged := op.Outcome == history.OK && op.TicketState.Version <= s.state.Version
		if acknowledged && (last.TicketState == nil || op.TicketState.Version > last.TicketState.Version) {
			last = op
		}
	}
	if last.TicketState == nil || s.state.Title == last.Title && int64(s.state.Price.Cents) == last.Price {
		return last, false
	}
	for _, op := range j.edits[id] {
		if op.Outcome != history.Unknown || op.Title != s.state.Title || op.Price != int64(s.state.Price.Cents) {
			continue
		}
		// An edit takes effect once. If it was seen before the acknowledged one, that was it.
		_, before := earliest(j.tickets[id], func(t api.Ticket) bool {
			return t.Title == op.Title && t.Version < last.TicketState.Version
		})
		if !before || j.sentAgain(id, op) {
			return last, false
		}
	}
	return last, true
}

// sentAgain reports whether another request with the same offer may have been carried out too.
func (j *judge) sentAgain(id string, op history.Op) bool {
	return slices.ContainsFunc(j.edits[id], func(o history.Op) bool {
		return o.ID != op.ID && o.Title == op.Title && mayHaveWorked(o)
	})
}

// orderKept does the same for an order, of which only the status changes.
func (j *judge) orderKept(id string) {
	seen := j.orders[id]
	if before, after, found := backwards(seen, func(o api.Order) int64 { return o.Version }); found {
		j.broken(P2, fmt.Sprintf("order %s went from version %d to version %d", id, before.state.Version, after.state.Version), before.op, after.op)
	}
	for _, s := range seen {
		first := seen[0].state
		if s.state.UserID != first.UserID || s.state.Ticket != first.Ticket || !s.state.ExpiresAt.Equal(first.ExpiresAt) {
			j.broken(P2, fmt.Sprintf("order %s changed its buyer, ticket or time", id), seen[0].op, s.op)
			return
		}
	}
	one, other, found := twoStates(seen, func(o api.Order) int64 { return o.Version },
		func(a, b api.Order) bool { return a.Status == b.Status && a.Reason == b.Reason })
	if found {
		j.broken(P2, fmt.Sprintf("version %d of order %s has two different states", one.state.Version, id), one.op, other.op)
	}
}

// chargeAge orders the statuses of a charge. chargeKept distinguishes failure from success.
func chargeAge(c api.Charge) int64 {
	return map[string]int64{"": 0, api.Pending: 1, api.Succeeded: 2, api.Failed: 3, api.Refunded: 3}[c.Status]
}

// chargeKept judges one charge: it never goes back, and one that failed never succeeded.
func (j *judge) chargeKept(order string) {
	seen := j.charges[order]
	if before, after, found := backwards(seen, chargeAge); found {
		then := after.state.Status
		if then == "" {
			then = "gone"
		}
		j.broken(P2, fmt.Sprintf("the charge of order %s went from %s to %s", order, before.state.Status, then), before.op, after.op)
	}
	failed, hasFailed := earliest(seen, func(c api.Charge) bool { return c.Status == api.Failed })
	paid, hasPaid := earliest(seen, func(c api.Charge) bool { return c.Status == api.Succeeded || c.Status == api.Refunded })
	if hasFailed && hasPaid {
		j.broken(P4, fmt.Sprintf("the charge of order %s failed and succeeded", order), paid.op, failed.op)
	}
	var first observation[api.Charge]
	for _, s := range seen {
		switch {
		case s.state.ID == "":
		case first.state.ID == "":
			first = s
		case s.state.Amount != first.state.Amount,
			first.state.StripeID != "" && s.state.StripeID != "" && s.state.StripeID != first.state.StripeID:
			j.broken(P2, fmt.Sprintf("the charge of order %s changed its amount or PaymentIntent", order), first.op, s.op)
			return
		case first.state.StripeID == "" && s.state.StripeID != "":
			first = s
		}
	}
}

// finalTicket, finalOrder and finalCharge are the final reads.
func (j *judge) finalTicket(id string) history.Op { return finalOf(j.tickets[id]) }
func (j *judge) finalOrder(id string) history.Op  { return finalOf(j.orders[id]) }
func (j *judge) finalCharge(id string) history.Op { return finalOf(j.charges[id]) }

func finalOf[T any](seen []observation[T]) history.Op {
	for _, s := range seen {
		if s.op.Kind == Final {
			return s.op
		}
	}
	return history.Op{Kind: Final, Outcome: history.Refused, Message: "doesn't exist"}
}

package check

import (
	"fmt"

	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
)

// sales judges P7: a sold ticket never changes, and shows the ordered title and price.
func (j *judge) sales() {
	for _, id := range sorted(j.tickets) {
		sold, is := earliest(j.tickets[id], isSold)
		if !is {
			continue
		}
		j.neverChanges(id, sold)
		j.showsOrderedTicket(sold)
	}
}

func (j *judge) neverChanges(id string, sold observation[api.Ticket]) {
	for _, s := range j.tickets[id] {
		later := s.op.Call > sold.op.Return || s.state.Version > sold.state.Version
		if later && s.state != sold.state {
			j.broken(P7, fmt.Sprintf("ticket %s was sold in version %d and changed in version %d", id, sold.state.Version, s.state.Version), sold.op, s.op)
			return
		}
	}
	for _, op := range j.edits[id] {
		if op.Kind == history.Edit && op.Outcome == history.OK && op.Call > sold.op.Return {
			j.broken(P7, fmt.Sprintf("ticket %s was edited after it was sold", id), sold.op, op)
			return
		}
	}
}

func (j *judge) showsOrderedTicket(sold observation[api.Ticket]) {
	t := sold.state
	seen := j.orders[t.OrderID]
	bought, complete := earliest(seen, isComplete)
	switch {
	case len(seen) == 0:
		j.broken(P7, fmt.Sprintf("ticket %s is sold to order %s, which doesn't exist", t.ID, t.OrderID), sold.op)
	case !complete:
		j.broken(P7, fmt.Sprintf("ticket %s is sold to order %s, which isn't complete", t.ID, t.OrderID), sold.op, seen[len(seen)-1].op)
	case bought.state.Ticket != api.OrderedTicket{ID: t.ID, Title: t.Title, Price: t.Price}:
		j.broken(P7, fmt.Sprintf("ticket %s doesn't have the title and price of order %s", t.ID, t.OrderID), bought.op, sold.op)
	}
}

// agreement compares tickets and orders at the end: P7 for sold tickets, P2 for others.
func (j *judge) agreement() {
	holder := make(map[string]api.Order) // by ticket: its live or complete order
	for _, id := range sorted(j.h.Final.Orders) {
		o := j.h.Final.Orders[id]
		if _, there := j.h.Final.Tickets[o.Ticket.ID]; !there && !j.mentioned(o.Ticket.ID) {
			j.broken(P2, fmt.Sprintf("order %s is of ticket %s, which doesn't exist", id, o.Ticket.ID), j.finalOrder(id))
		}
		if isLive(o) && !isComplete(holder[o.Ticket.ID]) {
			holder[o.Ticket.ID] = o
		}
	}
	for _, id := range sorted(j.h.Final.Tickets) {
		t, o := j.h.Final.Tickets[id], holder[id]
		switch {
		case isComplete(o) && (!isSold(t) || t.OrderID != o.ID):
			j.broken(P7, fmt.Sprintf("order %s is complete, but ticket %s is %s, for order %q", o.ID, id, t.Status, t.OrderID), j.finalTicket(id), j.finalOrder(o.ID))
		case !isComplete(o) && isSold(t):
			if !j.mentioned(id) {
				j.broken(P7, fmt.Sprintf("ticket %s is sold, but none of its orders is complete", id), j.finalTicket(id))
			}
		case o.ID == "" && t.Status == api.Reserved:
			j.broken(P2, fmt.Sprintf("ticket %s is reserved for order %s, which has ended", id, t.OrderID), j.finalTicket(id), finalOf(j.orders[t.OrderID]))
		case o.ID != "" && !isComplete(o) && t.Status != api.Reserved:
			j.broken(P2, fmt.Sprintf("ticket %s is %s, but order %s is %s", id, t.Status, o.ID, o.Status), j.finalTicket(id), j.finalOrder(o.ID))
		}
	}
}

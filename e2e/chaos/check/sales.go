package check

import (
	"fmt"

	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
)

// sales judges P7: a sold ticket never changes, and says what was sold at which price.
func (j *judge) sales() {
	for _, id := range sorted(j.tickets) {
		sold, is := earliest(j.tickets[id], isSold)
		if !is {
			continue
		}
		j.neverChanges(id, sold)
		j.saysWhatWasSold(sold)
	}
}

func (j *judge) neverChanges(id string, sold sighting[api.Ticket]) {
	for _, s := range j.tickets[id] {
		later := s.op.Call > sold.op.Return || s.state.Version > sold.state.Version
		if later && s.state != sold.state {
			j.broken(P7, fmt.Sprintf("ticket %s was sold in version %d, and is another in version %d", id, sold.state.Version, s.state.Version), sold.op, s.op)
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

func (j *judge) saysWhatWasSold(sold sighting[api.Ticket]) {
	t := sold.state
	seen := j.orders[t.OrderID]
	bought, complete := earliest(seen, isComplete)
	switch {
	case len(seen) == 0:
		j.broken(P7, fmt.Sprintf("ticket %s is sold to order %s, which nobody has", t.ID, t.OrderID), sold.op)
	case !complete:
		j.broken(P7, fmt.Sprintf("ticket %s is sold to order %s, which is not complete", t.ID, t.OrderID), sold.op, seen[len(seen)-1].op)
	case bought.state.Ticket != api.OrderedTicket{ID: t.ID, Title: t.Title, Price: t.Price}:
		j.broken(P7, fmt.Sprintf("ticket %s does not say what order %s has bought", t.ID, t.OrderID), bought.op, sold.op)
	}
}

// agreement judges whether tickets and orders agree at the end: P7 if the ticket was sold, and P2 otherwise.
func (j *judge) agreement() {
	holder := make(map[string]api.Order) // by ticket: who has it, or has bought it
	for _, id := range sorted(j.h.Final.Orders) {
		o := j.h.Final.Orders[id]
		if _, there := j.h.Final.Tickets[o.Ticket.ID]; !there && !j.mentioned(o.Ticket.ID) {
			j.broken(P2, fmt.Sprintf("order %s is of ticket %s, which is not there", id, o.Ticket.ID), j.finalOrder(id))
		}
		if isLive(o) && !isComplete(holder[o.Ticket.ID]) {
			holder[o.Ticket.ID] = o
		}
	}
	for _, id := range sorted(j.h.Final.Tickets) {
		t, o := j.h.Final.Tickets[id], holder[id]
		switch {
		case isComplete(o) && (!isSold(t) || t.OrderID != o.ID):
			j.broken(P7, fmt.Sprintf("order %s is complete, and ticket %s is %s", o.ID, id, t.Status), j.finalTicket(id), j.finalOrder(o.ID))
		case !isComplete(o) && isSold(t):
			if !j.mentioned(id) {
				j.broken(P7, fmt.Sprintf("ticket %s is sold, and none of its orders is complete", id), j.finalTicket(id))
			}
		case o.ID == "" && t.Status == api.Reserved:
			j.broken(P2, fmt.Sprintf("ticket %s is reserved for order %s, which has ended", id, t.OrderID), j.finalTicket(id), finalOf(j.orders[t.OrderID]))
		case o.ID != "" && !isComplete(o) && t.Status != api.Reserved:
			j.broken(P2, fmt.Sprintf("ticket %s is %s, and order %s is %s", id, t.Status, o.ID, o.Status), j.finalTicket(id), j.finalOrder(o.ID))
		}
	}
}

package check

import (
	"cmp"
	"fmt"
	"slices"

	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
)

// sensibleSteps judges P3: each version is one possible step, and a repeated event counted once.
func (j *judge) sensibleSteps() {
	for _, id := range sorted(j.orders) {
		if s, found := earliest(j.orders[id], func(o api.Order) bool { return !possible(o) }); found {
			j.broken(P3, fmt.Sprintf("order %s is %s %s in version %d, which is impossible", id, s.state.Status, s.state.Reason, s.state.Version), s.op)
		}
		complete, isDone := earliest(j.orders[id], isComplete)
		cancelled, isOver := earliest(j.orders[id], isCancelled)
		if isDone && isOver {
			j.broken(P3, fmt.Sprintf("order %s is complete and cancelled", id), complete.op, cancelled.op)
		}
	}
	for _, id := range sorted(j.tickets) {
		j.ticketSteps(id)
	}
}

// possible reports whether an order can be in its state at its version: created, perhaps awaiting payment,
// ended.
func possible(o api.Order) bool {
	switch o.Status {
	case api.Created:
		return o.Version == 0 && o.Reason == ""
	case api.AwaitingPayment:
		return o.Version == 1 && o.Reason == ""
	case api.Complete:
		return (o.Version == 1 || o.Version == 2) && o.Reason == ""
	case api.Cancelled:
		switch o.Reason {
		case api.Expired, api.ByUser:
			return o.Version == 1
		case api.PaymentFailed, api.TicketWithdrawn:
			return o.Version == 1 || o.Version == 2
		}
	}
	return false
}

// ticketSteps judges consecutive versions of a ticket.
func (j *judge) ticketSteps(id string) {
	seen := slices.Clone(j.tickets[id])
	slices.SortStableFunc(seen, func(a, b observation[api.Ticket]) int { return cmp.Compare(a.state.Version, b.state.Version) })
	for i := 1; i < len(seen); i++ {
		from, to := seen[i-1], seen[i]
		if to.state.Version == from.state.Version+1 && !follows(from.state, to.state) {
			j.broken(P3, fmt.Sprintf("ticket %s went from %s in version %d to %s in the next, which is impossible", id, from.state.Status, from.state.Version, to.state.Status), from.op, to.op)
			return
		}
	}
	for _, s := range seen {
		if err := odd(s.state); err != "" {
			j.broken(P3, fmt.Sprintf("ticket %s is %s", id, err), s.op)
			return
		}
	}
	if last := seen[len(seen)-1]; last.state.Version > j.mostSteps(id) {
		j.broken(P3, fmt.Sprintf("ticket %s is version %d after %d changes", id, last.state.Version, j.mostSteps(id)), last.op)
	}
}

// odd describes what is impossible about a ticket in any version.
func odd(t api.Ticket) string {
	held := t.Status != api.Available && t.Status != api.Withdrawn
	switch {
	case !held && t.OrderID != "":
		return t.Status + " and held by order " + t.OrderID
	case held && t.OrderID == "":
		return t.Status + " for no order"
	case t.Version == 0 && t.Status != api.Available:
		return t.Status + " in its first version"
	}
	return ""
}

// follows reports whether an edit, a withdrawal or an order leads from one state of a ticket to another.
func follows(from, to api.Ticket) bool {
	same := from.Title == to.Title && from.Price == to.Price
	switch {
	case from.Status == api.Sold, to.Status == api.Sold:
		return true // P7 covers sold tickets
	case from.Status == api.Withdrawn, to.Status == api.Withdrawn:
		return same && to.Status == api.Withdrawn && from.Status != api.Reserved
	case to.Status == api.Reserved:
		return same && from.OrderID != to.OrderID
	default:
		return same || from.Status == api.Available
	}
}

// mostSteps is how many versions the requests and orders of a ticket can have made: one for an edit or
// a withdrawal, two for an order.
func (j *judge) mostSteps(id string) (n int64) {
	for _, op := range j.edits[id] {
		if op.Kind == history.Edit && mayHaveWorked(op) {
			n++
		}
	}
	for _, op := range j.withdrawals[id] {
		if mayHaveWorked(op) {
			n++
		}
	}
	for _, seen := range j.orders {
		if seen[0].state.Ticket.ID == id {
			n += 2
		}
	}
	return n
}

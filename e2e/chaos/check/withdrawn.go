package check

import (
	"fmt"
	"slices"
	"strings"

	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
)

func isWithdrawn(t api.Ticket) bool { return t.Status == api.Withdrawn }

// saysWithdrawn reports whether a request was refused because the ticket is withdrawn.
func saysWithdrawn(op history.Op) bool {
	return op.Outcome == history.Refused && strings.Contains(op.Message, "withdrawn")
}

// withdrawn judges P2 for withdrawals: an acknowledged one stays, unless an order was paid before orders heard of it,
// and nothing is withdrawn that its seller hasn't withdrawn.
func (j *judge) withdrawn() {
	for _, id := range sorted(j.withdrawals) {
		j.staysWithdrawn(id)
	}
	for _, id := range sorted(j.tickets) {
		s, found := earliest(j.tickets[id], isWithdrawn)
		if found && !j.withdrewBefore(id, s.op) {
			j.notWithdrawn(id, fmt.Sprintf("ticket %s is withdrawn, which its seller has not done", id), s.op)
		}
		for _, op := range j.places[id] {
			if saysWithdrawn(op) && !j.withdrewBefore(id, op) {
				j.notWithdrawn(id, fmt.Sprintf("ticket %s was refused as withdrawn, and its seller has not withdrawn it", id), op)
			}
		}
	}
	for _, id := range sorted(j.orders) {
		s, found := earliest(j.orders[id], func(o api.Order) bool { return isCancelled(o) && o.Reason == api.TicketWithdrawn })
		if found && !j.withdrewBefore(s.state.Ticket.ID, s.op) {
			j.notWithdrawn(s.state.Ticket.ID, fmt.Sprintf("order %s was cancelled as of a withdrawn ticket, and the seller has not withdrawn it", id), s.op)
		}
	}
}

// staysWithdrawn finds a ticket that's on the market after its withdrawal was acknowledged.
func (j *judge) staysWithdrawn(id string) {
	for _, op := range j.withdrawals[id] {
		if op.Outcome != history.OK {
			continue
		}
		for _, s := range j.tickets[id] {
			if s.op.Call > op.Return && !isWithdrawn(s.state) && !isSold(s.state) {
				j.broken(P2, fmt.Sprintf("ticket %s was withdrawn, and then it is %s", id, s.state.Status), op, s.op)
				return
			}
		}
		for _, edit := range j.edits[id] {
			if edit.Kind == history.Edit && edit.Outcome == history.OK && edit.Call > op.Return {
				j.broken(P2, fmt.Sprintf("ticket %s was edited after it was withdrawn", id), op, edit)
				return
			}
		}
	}
}

// withdrewBefore reports whether a request that may have withdrawn a ticket was sent before another was answered.
func (j *judge) withdrewBefore(ticket string, seen history.Op) bool {
	return slices.ContainsFunc(j.withdrawals[ticket], func(op history.Op) bool { return mayHaveWorked(op) && op.Call < seen.Return })
}

// notWithdrawn adds a violation for a ticket that its seller hasn't withdrawn: of P6 if a stranger tried to.
func (j *judge) notWithdrawn(ticket, what string, seen history.Op) {
	promise, ops := P2, append(slices.Clone(j.withdrawals[ticket]), seen)
	for _, op := range j.h.Ops {
		if op.Kind == history.Pry && op.Tried == history.Withdraw && op.Ticket == ticket {
			promise, ops = P6, append(ops, op)
		}
	}
	j.broken(promise, what, ops...)
}

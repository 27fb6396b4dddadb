package check

import (
	"fmt"
	"net/http"
	"slices"

	"ticketing.dev/common/money"
	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
)

// nobodyAsked finds what happened though it was refused, or though nobody asked for it.
func (j *judge) nobodyAsked() {
	for _, id := range sorted(j.tickets) {
		// A sold ticket shows what its order shows, which P7 covers.
		s, found := earliest(j.tickets[id], func(t api.Ticket) bool { return !isSold(t) && !j.mayOffer(id, t.Title, t.Price) })
		if found {
			j.notOffered("ticket "+id, s.state.Title, s.state.Price, s.op)
		}
	}
	for _, id := range sorted(j.orders) {
		s, found := earliest(j.orders[id], func(o api.Order) bool { return !j.mayOffer(o.Ticket.ID, o.Ticket.Title, o.Ticket.Price) })
		if found {
			j.notOffered("order "+id, s.state.Ticket.Title, s.state.Ticket.Price, s.op)
		}
	}
	j.uncalledOrders()
	for _, id := range sorted(j.charges) {
		s, found := earliest(j.charges[id], func(c api.Charge) bool { return c.ID != "" })
		declined := func(op history.Op) bool { return op.Status == http.StatusPaymentRequired || mayHaveWorked(op) }
		if found && !slices.ContainsFunc(j.pays[id], declined) {
			j.strangers(P4, id, fmt.Sprintf("order %s has a charge, and no payment of it was taken", id), append(slices.Clone(j.pays[id]), s.op)...)
		}
	}
}

// notOffered adds a violation for a title or price that no seller asked for: of P6 if a stranger did.
func (j *judge) notOffered(what, title string, price money.Dollars, seen history.Op) {
	promise, ops := P2, []history.Op{seen}
	for _, op := range j.h.Ops {
		if op.Title == title && (op.Kind == history.Pry || op.Kind == history.List || op.Kind == history.Edit) {
			ops = append(ops, op)
			if op.Kind == history.Pry {
				promise = P6
			}
		}
	}
	j.broken(promise, fmt.Sprintf("%s says %q for %s, which nobody was allowed to make of it", what, title, price.Cents), ops...)
}

// uncalledOrders finds orders that no request of their buyer can have placed.
func (j *judge) uncalledOrders() {
	type wish struct{ buyer, ticket string }
	answered := make(map[string]history.Op) // by order
	open := make(map[wish][]history.Op)     // requests without an answer
	for _, ticket := range sorted(j.places) {
		for _, op := range j.places[ticket] {
			switch op.Outcome {
			case history.OK:
				if other, twice := answered[op.Order]; twice {
					j.broken(P2, fmt.Sprintf("order %s is the answer to two requests", op.Order), other, op)
				}
				answered[op.Order] = op
			case history.Unknown:
				w := wish{op.User, ticket}
				open[w] = append(open[w], op)
			}
		}
	}
	uncalled := make(map[wish]int)
	for _, id := range sorted(j.orders) {
		if _, called := answered[id]; called {
			continue
		}
		s, _ := earliest(j.orders[id], always)
		w := wish{s.state.UserID, s.state.Ticket.ID}
		if uncalled[w]++; uncalled[w] > len(open[w]) {
			j.broken(P2, fmt.Sprintf("order %s was placed by nobody: its buyer has sent no request that could have made it", id), append(slices.Clone(open[w]), s.op)...)
		}
	}
	for _, id := range sorted(j.orders) {
		s, found := earliest(j.orders[id], func(o api.Order) bool { return isCancelled(o) && o.Reason == api.ByUser })
		if found && !slices.ContainsFunc(j.cancels[id], mayHaveWorked) {
			j.strangers(P2, id, fmt.Sprintf("order %s was cancelled as by its buyer, who has not done so", id), append(slices.Clone(j.cancels[id]), s.op)...)
		}
	}
}

// strangers adds a violation for what nobody entitled asked for: of P6 if a stranger did.
func (j *judge) strangers(promise, order, what string, ops ...history.Op) {
	for _, op := range j.h.Ops {
		if op.Kind == history.Pry && op.Order == order && op.Tried != history.ReadOrder && op.Tried != history.ReadCharge {
			promise = P6
			ops = append(ops, op)
		}
	}
	j.broken(promise, what, ops...)
}

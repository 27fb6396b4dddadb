package check

import (
	"fmt"
	"net/http"
	"slices"

	"ticketing.dev/common/money"
	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
)

// unrequested finds changes that no request made, or that a refused request made.
func (j *judge) unrequested() {
	for _, id := range sorted(j.tickets) {
		// P7 covers sold tickets, which show the ordered title and price.
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
	j.unplacedOrders()
	for _, id := range sorted(j.charges) {
		s, found := earliest(j.charges[id], func(c api.Charge) bool { return c.ID != "" })
		declined := func(op history.Op) bool { return op.Status == http.StatusPaymentRequired || mayHaveWorked(op) }
		if found && !slices.ContainsFunc(j.pays[id], declined) {
			j.notByOwner(P4, id, fmt.Sprintf("order %s has a charge without an accepted payment request", id), append(slices.Clone(j.pays[id]), s.op)...)
		}
	}
}

// notOffered reports a title or price that its seller never requested: P6 if another user did, P2 otherwise.
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
	j.broken(promise, fmt.Sprintf("%s has the title %q and the price %s, which its seller never requested", what, title, price.Cents), ops...)
}

// unplacedOrders finds orders that no request of their buyer can have placed.
func (j *judge) unplacedOrders() {
	type wish struct{ buyer, ticket string }
	answered := make(map[string]history.Op) // by order
	open := make(map[wish][]history.Op)     // requests without a response
	for _, ticket := range sorted(j.places) {
		for _, op := range j.places[ticket] {
			switch op.Outcome {
			case history.OK:
				if other, twice := answered[op.Order]; twice {
					j.broken(P2, fmt.Sprintf("two requests returned order %s", op.Order), other, op)
				}
				answered[op.Order] = op
			case history.Unknown:
				w := wish{op.User, ticket}
				open[w] = append(open[w], op)
			}
		}
	}
	unplaced := make(map[wish]int)
	for _, id := range sorted(j.orders) {
		if _, placed := answered[id]; placed {
			continue
		}
		s, _ := earliest(j.orders[id], always)
		w := wish{s.state.UserID, s.state.Ticket.ID}
		if unplaced[w]++; unplaced[w] > len(open[w]) {
			j.broken(P2, fmt.Sprintf("no request of its buyer can have placed order %s", id), append(slices.Clone(open[w]), s.op)...)
		}
	}
	for _, id := range sorted(j.orders) {
		s, found := earliest(j.orders[id], func(o api.Order) bool { return isCancelled(o) && o.Reason == api.ByUser })
		if found && !slices.ContainsFunc(j.cancels[id], mayHaveWorked) {
			j.notByOwner(P2, id, fmt.Sprintf("order %s was cancelled by its buyer, who sent no such request", id), append(slices.Clone(j.cancels[id]), s.op)...)
		}
	}
}

// notByOwner reports a change that its owner never requested: P6 if another user did, the given promise otherwise.
func (j *judge) notByOwner(promise, order, what string, ops ...history.Op) {
	for _, op := range j.h.Ops {
		if op.Kind == history.Pry && op.Order == order && op.Tried != history.ReadOrder && op.Tried != history.ReadCharge {
			promise = P6
			ops = append(ops, op)
		}
	}
	j.broken(promise, what, ops...)
}

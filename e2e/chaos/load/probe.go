package load

import (
	"context"
	"time"

	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
)

// orderPatience is how long a free ticket is tried to be ordered.
const orderPatience = 10 * time.Second

// probe orders every ticket that is free, as it now is, and cancels the order: a ticket that nobody holds
// and nobody can get, or of whose last change orders was never told, is otherwise not seen. It returns
// what is wrong.
func (l *Load) probe(ctx context.Context, r *reading) (wrong []string) {
	var free []api.Ticket
	for _, t := range r.final.Tickets {
		if t.Status == api.Available {
			free = append(free, t)
		}
	}
	found := make(chan string, len(free))
	each(free, func(t api.Ticket) {
		if complaint := l.tryToOrder(ctx, t); complaint != "" {
			found <- "ticket " + t.ID + ": " + complaint
		}
	})
	close(found)
	for complaint := range found {
		wrong = append(wrong, complaint)
	}
	return wrong
}

// tryToOrder orders a ticket, which has to be as it says to be at the first time: to order it and cancel
// makes tickets tell of it anew, so another time would show nothing.
func (l *Load) tryToOrder(ctx context.Context, t api.Ticket) (complaint string) {
	patience, cancel := context.WithTimeout(ctx, l.orderPatience)
	defer cancel()
	b := l.buyers[0]
	for {
		op := b.place(ctx, t.ID)
		if op.Outcome == history.OK {
			insist(ctx, func() history.Op { return b.cancel(ctx, op.Order) })
			if op.OrderState.Ticket.Title != t.Title || op.OrderState.Ticket.Price != t.Price {
				return "orders has not heard of its last change"
			}
			return ""
		}
		switch {
		case sleep(patience, pollEvery):
		case ctx.Err() != nil:
			return "" // the round's own patience has ended, which says nothing of the ticket
		default:
			return "it is free, and cannot be ordered: " + op.Message
		}
	}
}

package load

import (
	"context"
	"sync"
	"time"

	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
)

// orderPatience is how long a free ticket may take to be ordered.
const orderPatience = 10 * time.Second

// probe orders and cancels every free ticket. That finds tickets that nobody can get, and those whose last
// change orders never heard of.
func (l *Load) probe(ctx context.Context, r *reading) (wrong []string) {
	var free []api.Ticket
	for _, t := range r.final.Tickets {
		if t.Status == api.Available {
			free = append(free, t)
		}
	}
	var mu sync.Mutex
	each(free, func(t api.Ticket) {
		if problem := l.tryToOrder(ctx, t); problem != "" {
			mu.Lock()
			defer mu.Unlock()
			wrong = append(wrong, "ticket "+t.ID+": "+problem)
		}
	})
	return wrong
}

// tryToOrder orders a ticket, whose order must show its current title and price the first time: ordering and
// cancelling publishes the ticket again.
func (l *Load) tryToOrder(ctx context.Context, t api.Ticket) (problem string) {
	patience, cancel := context.WithTimeout(ctx, l.orderPatience)
	defer cancel()
	b := l.buyers[0]
	for {
		op := b.place(ctx, t.ID)
		if op.Outcome == history.OK {
			retry(ctx, func() history.Op { return b.cancel(ctx, op.Order) })
			if op.OrderState.Ticket.Title != t.Title || op.OrderState.Ticket.Price != t.Price {
				return "orders has not heard of its last change"
			}
			return ""
		}
		switch {
		case sleep(patience, pollEvery):
		case ctx.Err() != nil:
			return "" // the wait for quiet is over, which says nothing about the ticket
		default:
			return "it is free, and cannot be ordered: " + op.Message
		}
	}
}

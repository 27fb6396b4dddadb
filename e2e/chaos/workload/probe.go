package workload

import (
	"context"
	"sync"
	"time"

	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
)

// orderPatience is how long it may take until an available ticket can be ordered.
const orderPatience = 10 * time.Second

// probe orders and cancels every available ticket. That finds tickets that can't be ordered, and tickets whose last
// change never reached orders.
func (l *Workload) probe(ctx context.Context, r *reading) (wrong []string) {
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
func (l *Workload) tryToOrder(ctx context.Context, t api.Ticket) (problem string) {
	patience, cancel := context.WithTimeout(ctx, l.orderPatience)
	defer cancel()
	b := l.buyers[0]
	for {
		op := b.place(ctx, t.ID)
		if op.Outcome == history.OK {
			retry(ctx, func() history.Op { return b.cancel(ctx, op.Order) })
			if op.OrderState.Ticket.Title != t.Title || op.OrderState.Ticket.Price != t.Price {
				return "its last change never reached orders"
			}
			return ""
		}
		switch {
		case sleep(patience, pollEvery):
		case ctx.Err() != nil:
			return "" // out of time, which proves nothing
		default:
			return "it is available, but can't be ordered: " + op.Message
		}
	}
}

package workload

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
)

// orderPatience is how long it may take until an available ticket can be ordered.
const orderPatience = 10 * time.Second

// probe orders and cancels every available ticket, and tries to order every withdrawn one. That finds tickets that can't
// be ordered, and tickets whose last change never reached orders.
func (l *Workload) probe(ctx context.Context, r *reading) (wrong []string) {
	var unsold []api.Ticket
	for _, t := range r.final.Tickets {
		if t.Status == api.Available || t.Status == api.Withdrawn {
			unsold = append(unsold, t)
		}
	}
	try := map[string]func(context.Context, api.Ticket) string{api.Available: l.tryToOrder, api.Withdrawn: l.tryWithdrawn}
	var mu sync.Mutex
	each(unsold, func(t api.Ticket) {
		if problem := try[t.Status](ctx, t); problem != "" {
			mu.Lock()
			defer mu.Unlock()
			wrong = append(wrong, "ticket "+t.ID+": "+problem)
		}
	})
	return wrong
}

// tryWithdrawn orders a withdrawn ticket, which must be refused. It tries for a while, since orders may not know yet.
func (l *Workload) tryWithdrawn(ctx context.Context, t api.Ticket) (problem string) {
	patience, cancel := context.WithTimeout(ctx, l.orderPatience)
	defer cancel()
	b := l.buyers[0]
	for {
		op := b.placeAndCancel(ctx, t.ID)
		switch {
		case op.Outcome == history.Refused && op.Status == http.StatusBadRequest && strings.Contains(op.Message, "withdrawn"):
			return ""
		case sleep(patience, pollEvery):
		case ctx.Err() != nil:
			return "" // as in tryToOrder
		default:
			return "it is withdrawn, and orders does not refuse it: " + op.Message
		}
	}
}

// placeAndCancel orders a ticket and, if that succeeds, cancels the order.
func (c *client) placeAndCancel(ctx context.Context, ticket string) history.Op {
	op := c.place(ctx, ticket)
	if op.Outcome == history.OK {
		retry(ctx, func() history.Op { return c.cancel(ctx, op.Order) })
	}
	return op
}

// tryToOrder orders a ticket, whose order must show its current title and price the first time: ordering and
// cancelling publishes the ticket again.
func (l *Workload) tryToOrder(ctx context.Context, t api.Ticket) (problem string) {
	patience, cancel := context.WithTimeout(ctx, l.orderPatience)
	defer cancel()
	b := l.buyers[0]
	for {
		op := b.placeAndCancel(ctx, t.ID)
		if op.Outcome == history.OK {
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

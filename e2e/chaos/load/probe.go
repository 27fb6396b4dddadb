package load

import (
	"context"
	"time"

	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
)

// newsPatience is how long orders may take to hear of a change of a ticket once nothing is hurt any more.
// The broker delivers again what was not acknowledged after 15 seconds, perhaps more than once.
const newsPatience = 45 * time.Second

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

// tryToOrder orders a ticket until it gets it as it says to be.
func (l *Load) tryToOrder(ctx context.Context, t api.Ticket) (complaint string) {
	patience, cancel := context.WithTimeout(ctx, l.newsPatience)
	defer cancel()
	b := l.buyers[0]
	for {
		op := b.place(ctx, t.ID)
		switch {
		case op.Outcome != history.OK:
			complaint = "it is free, and cannot be ordered: " + op.Message
		case op.OrderState.Ticket.Title != t.Title || op.OrderState.Ticket.Price != t.Price:
			complaint = "orders has not heard of its last change"
		default:
			complaint = ""
		}
		if op.Outcome == history.OK {
			insist(ctx, func() history.Op { return b.cancel(ctx, op.Order) })
		}
		if complaint == "" || ctx.Err() != nil {
			return ""
		}
		if !sleep(patience, pollEvery) {
			return complaint
		}
	}
}

package workload

import (
	"context"
	"fmt"
	"time"

	"ticketing.dev/e2e/chaos/history"
)

// watcher reads public pages, requests other users' objects, and now and then signs up a friend, or a guest who leaves.
type watcher struct {
	l *Workload
	*client
	random
}

func (w *watcher) run(ctx context.Context) {
	for n := 0; w.think(ctx, 200*time.Millisecond, 700*time.Millisecond); n++ {
		switch at := w.IntN(100); {
		case at < 25:
			w.send(ctx, history.Op{Kind: history.Market})
		case at < 50:
			if ticket, ok := w.l.board.ticketNotOf("", w.random); ok {
				w.readTicket(ctx, ticket)
			}
		case at < 55:
			w.bringFriend(ctx, n)
		case at < 58:
			w.bringGuest(ctx, n)
		case at < 65:
			if ticket, ok := w.l.board.ticketNotOf(w.user.ID, w.random); ok {
				w.send(ctx, history.Op{Kind: history.Pry, Tried: history.Edit, Ticket: ticket, Title: fmt.Sprintf("Taken %d by %s", n, w.email), Price: 1234})
			}
		case at < 68:
			if ticket, ok := w.l.board.ticketNotOf(w.user.ID, w.random); ok {
				w.send(ctx, history.Op{Kind: history.Pry, Tried: history.Withdraw, Ticket: ticket})
			}
		default:
			if order, ok := w.l.board.orderNotOf(w.user.ID, w.random); ok {
				tried := []history.Kind{history.ReadOrder, history.Cancel, history.Pay, history.ReadCharge}[w.IntN(4)]
				w.send(ctx, history.Op{Kind: history.Pry, Tried: tried, Order: order, Token: "tok_visa"})
			}
		}
	}
}

// bringFriend signs up a user, who must still exist at the end.
func (w *watcher) bringFriend(ctx context.Context, n int) {
	friend := w.l.client(fmt.Sprintf("friend-%d-of-%s", n, w.email))
	ctx, cancel := w.withTimeout(ctx, requestTimeout)
	defer cancel()
	if friend.signUp(ctx) != nil {
		return
	}
	w.l.mu.Lock()
	defer w.l.mu.Unlock()
	w.l.friends = append(w.l.friends, friend)
}

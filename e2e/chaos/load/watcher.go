package load

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"ticketing.dev/common/money"
	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
)

// watcher looks at what everybody may see, tries what nobody may, and now and then brings a friend.
type watcher struct {
	l *Load
	*client
	choices
}

func (w *watcher) run(ctx context.Context) {
	for n := 0; w.think(ctx, 200*time.Millisecond, 700*time.Millisecond); n++ {
		switch at := w.IntN(100); {
		case at < 25:
			w.market(ctx)
		case at < 50:
			if ticket, ok := w.l.board.anyTicket(w.choices, ""); ok {
				w.readTicket(ctx, ticket)
			}
		case at < 55:
			w.bringFriend(ctx, n)
		case at < 65:
			w.pryTicket(ctx, n)
		default:
			w.pryOrder(ctx)
		}
	}
}

// bringFriend signs somebody up, who must still be known in the end.
func (w *watcher) bringFriend(ctx context.Context, n int) {
	friend := w.l.client(fmt.Sprintf("friend-%d-of-%s", n, w.email))
	ctx, cancel := w.request(ctx, requestTimeout)
	defer cancel()
	if friend.signUp(ctx) != nil {
		return
	}
	w.l.mu.Lock()
	defer w.l.mu.Unlock()
	w.l.extra = append(w.l.extra, friend)
}

func (w *watcher) pryTicket(ctx context.Context, n int) {
	ticket, ok := w.l.board.anyTicket(w.choices, w.user.ID)
	if !ok {
		return
	}
	var t api.Ticket
	title, price := fmt.Sprintf("Taken %d by %s", n, w.email), int64(1234)
	w.do(ctx, requestTimeout, history.Op{Kind: history.Pry, Tried: history.Edit, Ticket: ticket, Title: title, Price: price},
		http.MethodPut, "/api/tickets/"+ticket, offer{title, money.Cents(price).Dollars()}, &t,
		func(op *history.Op) { op.TicketState = &t })
}

func (w *watcher) pryOrder(ctx context.Context) {
	order, ok := w.l.board.foreignOrder(w.choices, w.user.ID)
	if !ok {
		return
	}
	var (
		o       api.Order
		charge  api.Charge
		charges []api.Charge
	)
	op := history.Op{Kind: history.Pry, Order: order}
	try := func(what history.Kind, method, path string, body, answer any, keep func(*history.Op)) {
		op.Tried = what
		w.do(ctx, requestTimeout, op, method, path, body, answer, keep)
	}
	switch w.IntN(4) {
	case 0:
		try(history.ReadOrder, http.MethodGet, "/api/orders/"+order, nil, &o, func(op *history.Op) { op.OrderState = &o })
	case 1:
		try(history.Cancel, http.MethodDelete, "/api/orders/"+order, nil, nil, nothing)
	case 2:
		try(history.Pay, http.MethodPost, "/api/payments", payment{order, "tok_visa"}, &charge, func(op *history.Op) { op.ChargeState = &charge })
	case 3: // the only one that is not refused: a list, of which nothing is one's own
		try(history.ReadCharge, http.MethodGet, "/api/payments?orderId="+order, nil, &charges, func(op *history.Op) { op.ChargeStates = charges })
	}
}

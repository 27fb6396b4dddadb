package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
	"ticketing.dev/local/sandbox/remote"
)

const (
	payers  = 8
	readers = 16
)

// pay lets every winner pay.
func (c *crowd) pay(ctx context.Context) error {
	return each(ctx, payers, c.won, func(ctx context.Context, w claim) error {
		op := c.retry(ctx, func() history.Op {
			return c.ask(ctx, history.Op{Kind: history.Pay, Order: w.order, Token: "tok_visa"}, w.buyer, http.MethodPost,
				c.site.url("payments", "/api/payments"), fmt.Sprintf(`{"orderId":%q,"token":"tok_visa"}`, w.order),
				func(op *history.Op, text []byte) error { return json.Unmarshal(text, &op.ChargeState) })
		})
		if op.Outcome != history.OK {
			return fmt.Errorf("pay order %s: %d %s", w.order, op.Status, op.Message)
		}
		return nil
	})
}

// retry sends a request again while it isn't answered or the thing isn't known yet, for some time.
func (c *crowd) retry(ctx context.Context, send func() history.Op) history.Op {
	for deadline := time.Now().Add(quietPatience); ; pause(ctx, again) {
		op := send()
		missing := op.Outcome == history.Unknown || op.Status == http.StatusNotFound
		if !missing || ctx.Err() != nil || time.Now().After(deadline) {
			return op
		}
	}
}

// final reads what there is once everything has ended: the tickets, and every buyer's orders and payments.
func (c *crowd) final(ctx context.Context) (f history.Final, err error) {
	if err := c.site.quiet(ctx); err != nil {
		return f, err
	}
	for deadline := time.Now().Add(quietPatience); ; pause(ctx, again) {
		if f, err = c.read(ctx); err != nil {
			return f, err
		}
		if f.Quiet = c.settled(f); f.Quiet || time.Now().After(deadline) {
			break
		}
	}
	f.Ledger, err = remote.Sandbox{URL: c.site.Stripe.URL, HTTP: c.client.http}.Ledger(ctx)
	f.At = c.record.Now()
	return f, err
}

// settled reports whether every winner has bought the ticket.
func (c *crowd) settled(f history.Final) bool {
	sold := 0
	for _, t := range f.Tickets {
		if t.Status == api.Sold && f.Orders[t.OrderID].Status == api.Complete {
			sold++
		}
	}
	return sold == len(c.won)
}

func (c *crowd) read(ctx context.Context) (history.Final, error) {
	f := history.Final{Tickets: make(map[string]api.Ticket), Orders: make(map[string]api.Order), Charges: make(map[string]api.Charge)}
	var mu sync.Mutex
	keep := func(op history.Op) {
		mu.Lock()
		defer mu.Unlock()
		for _, t := range op.Tickets() {
			f.Tickets[t.ID] = t
		}
		for _, o := range op.Orders() {
			f.Orders[o.ID] = o
		}
		for _, charge := range op.Charges() {
			f.Charges[charge.OrderID] = charge
		}
	}
	err := each(ctx, readers, c.tickets, func(ctx context.Context, id string) error {
		return c.get(ctx, history.Op{Kind: history.ReadTicket, Ticket: id}, c.seller, c.site.url("tickets", "/api/tickets/"+id),
			func(op *history.Op) any { return &op.TicketState }, keep)
	})
	if err != nil {
		return f, err
	}
	err = each(ctx, readers, c.buyers, func(ctx context.Context, b user) error {
		return c.get(ctx, history.Op{Kind: history.MyOrders}, b, c.site.url("orders", "/api/orders?limit=1000"),
			func(op *history.Op) any { return &op.OrderStates }, keep)
	})
	if err != nil {
		return f, err
	}
	return f, each(ctx, readers, c.won, func(ctx context.Context, w claim) error {
		return c.get(ctx, history.Op{Kind: history.MyCharges}, w.buyer, c.site.url("payments", "/api/payments?limit=1000"),
			func(op *history.Op) any { return &op.ChargeStates }, keep)
	})
}

// get reads something, which must work.
func (c *crowd) get(ctx context.Context, op history.Op, as user, url string, into func(*history.Op) any, keep func(history.Op)) error {
	op = c.retry(ctx, func() history.Op {
		return c.ask(ctx, op, as, http.MethodGet, url, "", func(op *history.Op, text []byte) error { return json.Unmarshal(text, into(op)) })
	})
	if op.Outcome != history.OK {
		return fmt.Errorf("read %s: %d %s", url, op.Status, op.Message)
	}
	keep(op)
	return nil
}

// each calls do for each element, some at once, until one fails.
func each[T any](ctx context.Context, atOnce int, all []T, do func(context.Context, T) error) error {
	calls, ctx := errgroup.WithContext(ctx)
	calls.SetLimit(atOnce)
	for _, one := range all {
		calls.Go(func() error { return do(ctx, one) })
	}
	return calls.Wait()
}

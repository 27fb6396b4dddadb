package api

import (
	"context"
	"fmt"
	"time"
)

const awaitPause = 50 * time.Millisecond

// AwaitOrder waits until an order has a status, or ctx ends.
func (c *Client) AwaitOrder(ctx context.Context, id, status string) (Order, error) {
	return await(ctx, "order", status, func() (Order, string, error) {
		o, err := c.Order(ctx, id)
		return o, o.Status, err
	})
}

// AwaitTicket waits until a ticket has a status, or ctx ends.
func (c *Client) AwaitTicket(ctx context.Context, id, status string) (Ticket, error) {
	return await(ctx, "ticket", status, func() (Ticket, string, error) {
		t, err := c.Ticket(ctx, id)
		return t, t.Status, err
	})
}

// AwaitCharge waits until the payment of an order has a status, or ctx ends.
func (c *Client) AwaitCharge(ctx context.Context, orderID, status string) (Charge, error) {
	return await(ctx, "charge", status, func() (Charge, string, error) {
		charge, err := c.Charge(ctx, orderID)
		return charge, charge.Status, err
	})
}

// await reads something until it has the status that is wanted. The error at the end of ctx says
// which one it had last.
func await[T any](ctx context.Context, what, status string, read func() (T, string, error)) (T, error) {
	last := "unknown"
	for {
		thing, now, err := read()
		switch {
		case ctx.Err() != nil:
			return thing, fmt.Errorf("the %s was to be %s and is %s: %w", what, status, last, context.Cause(ctx))
		case err != nil:
			return thing, err
		case now == status:
			return thing, nil
		}
		last = now
		select {
		case <-time.After(awaitPause):
		case <-ctx.Done():
		}
	}
}

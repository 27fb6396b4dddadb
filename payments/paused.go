package payments

import (
	"context"
	"errors"
	"time"

	"ticketing.dev/common/bus"
	"ticketing.dev/common/idempotency"
	"ticketing.dev/common/problem"
)

// The broker stores a payment's start before Stripe is asked for money, and orders handles what the broker
// has stored before it expires any order. So an outage never costs a buyer a paid ticket.

// startedWithin is how long a payment waits for the broker to store payment:started.
const startedWithin = 5 * time.Second

// ErrPaused refuses a payment while the broker is away. Nothing was asked of Stripe.
var ErrPaused = &problem.Error{
	Kind:       problem.Unavailable,
	Details:    []problem.Detail{{Message: "Payments are paused. Your ticket stays reserved, and you haven't been charged."}},
	RetryAfter: 5 * time.Second,
}

// Pause leaves a payment that can't start for the next POST to resume.
func (c *Charge) Pause() {
	if c.Status == Pending && c.StripeID == "" {
		c.Paused = true
	}
}

// Resume takes over a paused payment for another request, and reports whether it could.
func (c *Charge) Resume(request *idempotency.Request, now time.Time) bool {
	if !c.Paused || c.Status != Pending {
		return false
	}
	c.Paused, c.Request, c.OpenedAt = false, request, now.UTC().Truncate(time.Millisecond)
	return true
}

// waits reports whether a payment may still be resumed.
func (c *Charge) waits(now time.Time) bool { return c.Paused && now.Before(c.ExpiresAt) }

// accepting refuses payments while the broker is away.
func (s *Service) accepting() error {
	if bus.SessionOf(s.bus).Out() {
		return ErrPaused
	}
	return nil
}

// order finds the order to pay. While the broker is away, an unknown order may just not have arrived yet.
func (s *Service) order(ctx context.Context, id string) (*Order, error) {
	o, err := s.orders.get(ctx, id)
	if paused := s.accepting(); errors.Is(err, problem.ErrNotFound) && paused != nil {
		return nil, paused
	}
	return o, err
}

// resume takes over a paused payment. The request that paused it was refused, so its idempotency key has no
// response to repeat. A key that created something else is refused.
func (s *Service) resume(ctx context.Context, o *Order, c *Charge, token string, request *idempotency.Request) (*Charge, bool, error) {
	if _, _, err := s.charges.Prior(ctx, request); err != nil {
		return nil, false, err
	}
	method, err := s.admit(ctx, o, token)
	if err != nil {
		return nil, false, err
	}
	resumed := false
	c, err = s.charges.Update(ctx, c.ID, func(c *Charge) error { resumed = c.Resume(request, s.now()); return nil })
	if err != nil {
		return nil, false, err
	}
	if !resumed { // another request was faster
		return s.earlier(ctx, request, c, nil)
	}
	return s.begin(ctx, c, s.charges.Publish(ctx, c, startedWithin), method)
}

// begin captures a payment whose start the broker has stored, and pauses any other.
func (s *Service) begin(ctx context.Context, c *Charge, started bool, method string) (*Charge, bool, error) {
	if !started {
		if _, err := s.change(ctx, c, (*Charge).Pause); err != nil {
			return nil, false, err
		}
		return nil, false, ErrPaused
	}
	c, err := s.capture(ctx, c, method)
	return s.answer(ctx, s.known(c, err)), true, nil
}

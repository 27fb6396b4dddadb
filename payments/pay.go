package payments

import (
	"context"
	"errors"
	"time"

	"github.com/stripe/stripe-go/v76"

	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/bus"
	"ticketing.dev/common/idempotency"
	"ticketing.dev/common/problem"
)

const (
	// payTimeout bounds a POST that pays. The reconciler picks up whatever it leaves open.
	payTimeout = 25 * time.Second
	// startedWithin is how long a payment waits for the broker to store payment:started.
	startedWithin = 5 * time.Second
	// letGoTimeout bounds the write that lets a payment go, even if the request's own time is up.
	letGoTimeout = 3 * time.Second
)

// ErrPaused refuses a payment while the broker is away. Nothing was asked of Stripe.
var ErrPaused = &problem.Error{
	Kind:       problem.Unavailable,
	Name:       "payments-paused",
	Details:    []problem.Detail{{Message: "Payments are paused. Your ticket stays reserved, and you haven't been charged."}},
	RetryAfter: 5 * time.Second,
}

// pay takes an order's payment. opened reports whether this request's idempotency key, or this call, opened
// the charge; otherwise the order was already being paid, and the result is how that payment stands.
//
// The process may die after any step. The next POST, a webhook or the reconciler continues from what it finds
// (docs/architecture.md).
func (s *Service) pay(ctx context.Context, o *Order, token string, request *idempotency.Request) (c *Charge, opened bool, err error) {
	c, retry, err := s.find(ctx, o.ID, request)
	if err != nil {
		return nil, false, err
	}
	if c != nil && !c.resumable(s.now()) {
		return s.answerExisting(ctx, c, retry)
	}
	giveBack, err := s.guesses.takeDecline(o.UserID)
	if err != nil {
		return nil, false, err
	}
	defer func() {
		if c == nil || c.Status != Failed {
			giveBack()
		}
	}()
	// 1. Turn the token into a payment method. A refused request opens nothing.
	method, err := s.admit(ctx, o, token)
	if err != nil {
		return nil, false, err
	}
	// 2. Open the charge, or take over one that another request let go: only one of several payments can. The broker stores
	// payment:started before Stripe is asked for money, and orders handles what the broker has stored before it
	// expires an order. So an outage never costs a buyer a paid ticket.
	c, started, err := s.start(ctx, o, c, request)
	switch {
	case errors.Is(err, aggregate.ErrDuplicate):
		c, retry, err = s.find(ctx, o.ID, request)
		if c == nil || err != nil {
			return nil, false, err
		}
		return s.answerExisting(ctx, c, retry)
	case err != nil:
		s.letGo(ctx, c)
		return nil, false, err
	case !started:
		s.letGo(ctx, c)
		return nil, false, ErrPaused
	}
	c, err = s.capture(ctx, c, method)
	if err != nil && c.StripeID == "" {
		s.log.Warn("payment not started", "order", c.ID, "error", err)
		s.letGo(ctx, c)
		return nil, false, ErrStripeAway
	}
	return s.recordAnswer(ctx, s.logUnknown(c, err)), true, nil
}

// letGo pauses a payment that this request opened and can't start, so that the next POST takes it on with its
// own token. If this fails too, the next POST can do so once this request must be over.
func (s *Service) letGo(ctx context.Context, opened *Charge) {
	if opened == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), letGoTimeout)
	defer cancel()
	_, err := s.update(ctx, opened, func(c *Charge) {
		if c.OpenedAt.Equal(opened.OpenedAt) {
			c.Pause()
		}
	})
	if err != nil && !errors.Is(err, problem.ErrNotFound) {
		s.log.Warn("payment not paused", "order", opened.ID, "error", err)
	}
}

// capture takes an open charge through Stripe. On an error the outcome is unknown, and the charge that it
// returns is the last known state.
func (s *Service) capture(ctx context.Context, c *Charge, method string) (*Charge, error) {
	// 3. Create a PaymentIntent without confirming it.
	intent, err := s.stripe.open(ctx, c.ID, c.Amount, method)
	if e, definite := refusal(err); definite {
		reason := s.refusalReason(c, e)
		return s.update(ctx, c, func(c *Charge) { c.FailUnasked(reason) })
	}
	if err != nil {
		return c, err
	}
	// 4. Store its id before anyone can be charged.
	c, err = s.update(ctx, c, func(c *Charge) { c.Attach(intent) })
	if err != nil || c.StripeID != intent {
		return c, err
	}
	// 5. Confirm it. If the answer gets lost, resolve asks for the outcome by the stored id.
	err = s.stripe.confirm(ctx, intent)
	if e, definite := refusal(err); definite {
		return s.resolveRefused(ctx, c, e)
	}
	if err != nil {
		s.log.Warn("no answer to the confirmation of a payment", "order", c.ID, "error", err)
	}
	return s.resolve(ctx, c)
}

// admit checks that the order can be paid now, and turns the token into a payment method.
func (s *Service) admit(ctx context.Context, o *Order, token string) (method string, err error) {
	if err := o.Payable(s.now()); err != nil {
		return "", err
	}
	if err := s.accepting(); err != nil {
		return "", err
	}
	giveBack, err := s.guesses.take(o)
	if err != nil {
		return "", err
	}
	method, err = s.stripe.method(ctx, token)
	if e, definite := refusal(err); definite {
		s.log.Info("Stripe refused a token", "order", o.ID, "user", o.UserID, "code", e.Code, "request", e.RequestID)
		return "", problem.Field("token", e.Msg)
	}
	giveBack()
	if s.outage.Report(err); err != nil {
		return "", ErrStripeAway
	}
	return method, nil
}

// accepting refuses payments while the broker is away.
func (s *Service) accepting() error {
	if bus.SessionOf(s.bus).Out() {
		return ErrPaused
	}
	return nil
}

// start opens an order's charge, or takes over one that another request let go. started reports whether the broker has stored
// payment:started. The error is aggregate.ErrDuplicate if another request got there first.
func (s *Service) start(ctx context.Context, o *Order, prior *Charge, request *idempotency.Request) (c *Charge, started bool, err error) {
	if prior == nil {
		c = Open(o, s.now())
		c.Request = request
		started, err = s.charges.InsertAndPublish(ctx, c, startedWithin)
		return c, started, err
	}
	resumed := false
	c, err = s.charges.Update(ctx, o.ID, func(c *Charge) error {
		resumed = c.Resume(request, s.now())
		return nil
	})
	switch {
	case err != nil:
		return nil, false, err
	case !resumed:
		return nil, false, aggregate.ErrDuplicate
	}
	return c, s.charges.Publish(ctx, c, startedWithin), nil
}

// find returns the charge of an order or of an idempotency key, or nil if there's none. retry reports that the
// key opened it. The order's charge is read first: if the key opens it in between, the key still finds it.
func (s *Service) find(ctx context.Context, order string, request *idempotency.Request) (c *Charge, retry bool, err error) {
	c, err = s.charges.Get(ctx, order)
	if errors.Is(err, problem.ErrNotFound) {
		c, err = nil, nil
	}
	if err != nil {
		return nil, false, err
	}
	opened, retry, err := s.charges.Prior(ctx, request)
	switch {
	case err != nil:
		return nil, false, err
	case retry:
		return opened, true, nil
	}
	return c, false, nil
}

// answerExisting answers a payment of an order that has a charge already. A retry of the request that opened
// the charge gets the first response; if that request's process died, the retry resolves the payment.
func (s *Service) answerExisting(ctx context.Context, c *Charge, retry bool) (*Charge, bool, error) {
	if !retry || !c.Answered() {
		c = s.logUnknown(s.resolve(ctx, c))
	}
	switch {
	case !retry:
		return c, false, nil
	case !c.Answered():
		return nil, false, idempotency.ErrInProgress
	}
	return s.recordAnswer(ctx, c), true, nil
}

// recordAnswer records the response to a request with an idempotency key. Every retry gets the first recorded
// response.
func (s *Service) recordAnswer(ctx context.Context, c *Charge) *Charge {
	if c.Request == nil || c.Request.HasAnswer() {
		return c
	}
	return s.logUnknown(s.update(ctx, c, (*Charge).Answer))
}

// logUnknown logs that a charge's outcome is unknown. The reconciler will find out.
func (s *Service) logUnknown(c *Charge, err error) *Charge {
	if err != nil {
		s.log.Warn("payment outcome unknown, left to the reconciler", "order", c.ID, "error", err)
	}
	return c
}

// refusalReason explains a refusal to the payer. If it isn't about the card, Stripe's own words go
// to the log.
func (s *Service) refusalReason(c *Charge, e *stripe.Error) string {
	if e.Type != stripe.ErrorTypeCard {
		s.log.Warn("Stripe refused a payment for a reason other than its card", "order", c.ID,
			"code", e.Code, "reason", e.Msg, "request", e.RequestID)
	}
	return toPayer(e)
}

// order finds the order to pay. While the broker is away, an unknown order may just not have arrived yet.
func (s *Service) order(ctx context.Context, id string) (*Order, error) {
	o, err := s.orders.get(ctx, id)
	if paused := s.accepting(); errors.Is(err, problem.ErrNotFound) && paused != nil {
		return nil, paused
	}
	return o, err
}

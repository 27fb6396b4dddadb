package payments

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/stripe/stripe-go/v76"

	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/idempotency"
	"ticketing.dev/common/problem"
)

const (
	// payTimeout ends a POST that pays. What it leaves open is for the reconciler.
	payTimeout = 25 * time.Second
	// patience is how long a charge may be under way before the reconciler takes it that the process
	// which began it is dead. It is longer than payTimeout.
	patience = time.Minute
	// grace is what the bank gets after the order's time is up.
	grace = time.Minute
)

// pay takes the payment of an order, at most one for each: where there is a charge already, its state
// now is the answer. Every step may be the last one of a process that dies; the reconciler goes on
// from whatever it finds.
//
// A retry with the idempotency key that opened the charge gets the first response.
func (s *Service) pay(ctx context.Context, o *Order, token string, request *idempotency.Request) (*Charge, bool, error) {
	c, missing := s.charges.Get(ctx, o.ID)
	if missing == nil && c.waits(s.now()) {
		return s.resume(ctx, o, c, token, request)
	}
	if c, opened, err := s.earlier(ctx, request, c, missing); !errors.Is(err, problem.ErrNotFound) {
		return c, opened, err
	}
	// 1. A refused request opens nothing.
	method, err := s.admit(ctx, o, token)
	if err != nil {
		return nil, false, err
	}
	// 2. The order's id as the charge's lets one of several payments in. Its start is with the broker
	// before Stripe is asked for money.
	c = Open(o, s.now())
	c.Request = request
	started, err := s.charges.InsertAndPublish(ctx, c, startedWithin)
	if errors.Is(err, aggregate.ErrDuplicate) {
		c, err = s.charges.Get(ctx, o.ID)
		return s.earlier(ctx, request, c, err)
	}
	if err != nil {
		return nil, false, err
	}
	return s.begin(ctx, c, started, method)
}

// admit refuses a payment that isn't allowed now or with this token, and turns the token into a payment
// method.
func (s *Service) admit(ctx context.Context, o *Order, token string) (method string, err error) {
	if err := o.Payable(s.now()); err != nil {
		return "", err
	}
	if err := s.accepting(); err != nil {
		return "", err
	}
	method, err = s.stripe.method(ctx, token)
	if e, definite := refusal(err); definite {
		return "", problem.Field("token", e.Msg)
	}
	if s.away.Report(err); err != nil {
		return "", ErrStripeAway
	}
	return method, nil
}

// repeat answers a retry of the request that opened a charge. If that request's process died, the retry
// resolves the payment.
func (s *Service) repeat(ctx context.Context, c *Charge, err error) (*Charge, bool, error) {
	if err == nil && !c.Answered() {
		c, _, err = s.again(ctx, c, nil)
	}
	switch {
	case err != nil:
		return nil, false, err
	case !c.Answered():
		return nil, false, idempotency.ErrInProgress
	}
	return s.answer(ctx, c), true, nil
}

// answer records the response to a request with an idempotency key. The first recorded response is the one
// that every retry gets.
func (s *Service) answer(ctx context.Context, c *Charge) *Charge {
	if c.Request == nil || c.Request.HasAnswer() {
		return c
	}
	c, err := s.change(ctx, c, (*Charge).Answer)
	return s.known(c, err)
}

// earlier answers a payment whose idempotency key or whose order already has a charge; problem.ErrNotFound
// means that neither has. c and missing are the result of reading the order's charge, which must come
// first: it may be the charge that this key is opening, and then the key finds it.
func (s *Service) earlier(ctx context.Context, request *idempotency.Request, c *Charge, missing error) (*Charge, bool, error) {
	if opened, found, err := s.charges.Prior(ctx, request); found || err != nil {
		return s.repeat(ctx, opened, err)
	}
	return s.again(ctx, c, missing)
}

// again answers a payment that is repeated: with the charge as Stripe says that it stands, or as it
// is known to stand if Stripe does not say.
func (s *Service) again(ctx context.Context, c *Charge, err error) (*Charge, bool, error) {
	if err != nil {
		return nil, false, err
	}
	c, err = s.resolve(ctx, c)
	return s.known(c, err), false, nil
}

// capture takes an open charge through Stripe. An error leaves its outcome unknown, and the charge that
// comes with it is what is known of it: this holds for all that follows.
func (s *Service) capture(ctx context.Context, c *Charge, method string) (*Charge, error) {
	// 3. A PaymentIntent that is not confirmed yet,
	intent, err := s.stripe.open(ctx, c.ID, c.Amount, method)
	if e, definite := refusal(err); definite {
		reason := s.reason(c, e)
		return s.change(ctx, c, func(c *Charge) { c.FailUnasked(reason) })
	}
	if err != nil {
		return c, err
	}
	// 4. whose id is stored before anybody can be charged.
	c, err = s.change(ctx, c, func(c *Charge) { c.Attach(intent) })
	if err != nil || c.StripeID != intent {
		return c, err
	}
	// 5. From here on it can be asked by its id how it stands, so the answer need not arrive.
	err = s.stripe.confirm(ctx, intent)
	if e, definite := refusal(err); definite {
		return s.refused(ctx, c, e)
	}
	if err != nil {
		s.log.Warn("payment confirmed without an answer", "order", c.ID, "error", err)
	}
	// 6. and 7.
	return s.resolve(ctx, c)
}

// change commits a change of a charge and returns it as it now is. If that fails, what comes back is
// the charge as it was known.
func (s *Service) change(ctx context.Context, c *Charge, change func(*Charge)) (*Charge, error) {
	now, err := s.charges.Update(ctx, c.ID, func(c *Charge) error { change(c); return nil })
	if err != nil {
		return c, err
	}
	return now, nil
}

// known leaves a charge whose outcome could not be found out to the reconciler, and answers with what
// is known of it.
func (s *Service) known(c *Charge, err error) *Charge {
	if err != nil {
		s.log.Warn("outcome of the payment unknown, the reconciler will ask", "order", c.ID, "error", err)
	}
	return c
}

// refused judges a charge whose confirmation Stripe has refused: what counts is how the PaymentIntent
// stands, as another process or the bank may have been there first.
func (s *Service) refused(ctx context.Context, c *Charge, e *stripe.Error) (*Charge, error) {
	intent, err := s.intent(ctx, c)
	switch {
	case err != nil:
		return c, err
	case intent.Status == stripe.PaymentIntentStatusRequiresConfirmation:
		return s.abandon(ctx, c, s.reason(c, e))
	}
	return s.conclude(ctx, c, intent)
}

// reason is what the payer is told of a refusal. Stripe's own words are in the log where they are not
// for payers.
func (s *Service) reason(c *Charge, e *stripe.Error) string {
	if e.Type != stripe.ErrorTypeCard {
		s.log.Warn("payment refused by Stripe, and not for its card", "order", c.ID,
			"code", e.Code, "reason", e.Msg, "request", e.RequestID)
	}
	return toPayer(e)
}

// resolve asks Stripe how a pending charge stands, and writes what it says.
func (s *Service) resolve(ctx context.Context, c *Charge) (*Charge, error) {
	if c.Status != Pending {
		return c, nil
	}
	overtime := s.now().After(c.OpenedAt.Add(patience))
	if c.StripeID == "" {
		if !overtime || c.waits(s.now()) {
			return c, nil
		}
		return s.change(ctx, c, func(c *Charge) { c.FailUnasked("The payment was interrupted") })
	}
	intent, err := s.intent(ctx, c)
	if err != nil {
		return c, err
	}
	switch {
	case intent.Status == stripe.PaymentIntentStatusRequiresConfirmation && overtime:
		return s.abandon(ctx, c, "The payment was interrupted")
	case intent.Status == stripe.PaymentIntentStatusRequiresAction && s.now().After(c.ExpiresAt.Add(grace)):
		return s.abandon(ctx, c, "The bank's question was not answered in time")
	}
	return s.conclude(ctx, c, intent)
}

// intent reads the PaymentIntent of a charge as it now stands.
func (s *Service) intent(ctx context.Context, c *Charge) (*stripe.PaymentIntent, error) {
	intent, err := s.stripe.read(ctx, c.StripeID)
	if err != nil {
		return nil, fmt.Errorf("read %s of order %s: %w", c.StripeID, c.ID, err)
	}
	return intent, nil
}

// conclude writes what a PaymentIntent says of its charge.
func (s *Service) conclude(ctx context.Context, c *Charge, intent *stripe.PaymentIntent) (*Charge, error) {
	switch intent.Status {
	case stripe.PaymentIntentStatusSucceeded:
		return s.succeed(ctx, c)
	case stripe.PaymentIntentStatusCanceled:
		return s.change(ctx, c, func(c *Charge) { c.Fail(decline(intent)) })
	case stripe.PaymentIntentStatusRequiresPaymentMethod:
		return s.abandon(ctx, c, decline(intent))
	case stripe.PaymentIntentStatusRequiresAction:
		return s.change(ctx, c, func(c *Charge) { c.AskPayer(intent.ClientSecret) })
	}
	return c, nil
}

// abandon ends a payment that shall not be. Its PaymentIntent is cancelled first, or the payer could
// still confirm it at the bank and pay for an order that is cancelled.
func (s *Service) abandon(ctx context.Context, c *Charge, reason string) (*Charge, error) {
	return s.abandonAs(ctx, c, "", reason)
}

// abandonAs also tells Stripe why, if it has a word for that. Another process may record the end before this
// one does, and then takes the reason from there.
func (s *Service) abandonAs(ctx context.Context, c *Charge, why stripe.PaymentIntentCancellationReason, reason string) (*Charge, error) {
	intent, err := s.stripe.cancel(ctx, c.StripeID, why)
	if err != nil {
		return c, fmt.Errorf("cancel %s of order %s: %w", c.StripeID, c.ID, err)
	}
	switch intent.Status {
	case stripe.PaymentIntentStatusCanceled:
		return s.change(ctx, c, func(c *Charge) { c.Fail(reason) })
	case stripe.PaymentIntentStatusSucceeded:
		return s.succeed(ctx, c)
	}
	return c, fmt.Errorf("cancel %s of order %s: it is %s", c.StripeID, c.ID, intent.Status)
}

func (s *Service) succeed(ctx context.Context, c *Charge) (*Charge, error) {
	c, err := s.change(ctx, c, (*Charge).Succeed)
	if err != nil {
		return c, err
	}
	settled, err := s.settle(ctx, c.ID)
	if err != nil {
		s.log.Warn("charge not settled yet, the reconciler will", "order", c.ID, "error", err)
		return c, nil
	}
	return settled, nil
}

// settle ends what money is there for an order: a complete order keeps it, a cancelled one gives it
// back. It looks at both as they are now, so it may be called at any time and again.
func (s *Service) settle(ctx context.Context, order string) (*Charge, error) {
	c, err := s.charges.Get(ctx, order)
	if err != nil || c.Status != Succeeded || c.Settled {
		return c, err
	}
	o, err := s.orders.get(ctx, order)
	if err != nil {
		return c, err
	}
	switch o.Status {
	case orderComplete:
		return s.change(ctx, c, (*Charge).Settle)
	case orderCancelled:
		switch {
		case c.chargedBack():
			return s.change(ctx, c, (*Charge).Settle)
		case c.Dispute.withdrawn():
			return c, nil
		}
		refund, err := s.stripe.refund(ctx, c.StripeID, c.Amount)
		if err != nil {
			return s.refuseRefund(ctx, c, err)
		}
		return s.change(ctx, c, func(c *Charge) { c.Refund(refund) })
	}
	return c, nil
}

// decline is what the payer is told of the last attempt.
func decline(intent *stripe.PaymentIntent) string {
	switch {
	case intent.CancellationReason == stripe.PaymentIntentCancellationReasonRequestedByCustomer:
		return payerCancelled
	case intent.LastPaymentError != nil:
		return toPayer(intent.LastPaymentError)
	}
	return "The payment was cancelled"
}

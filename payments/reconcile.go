package payments

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/stripe/stripe-go/v76"

	"ticketing.dev/common/events"
	"ticketing.dev/common/web"
)

const (
	// reconcileEvery is how often the reconciler looks for charges that no request is working on.
	reconcileEvery = 10 * time.Second
	// patience is how long a charge may be pending before the reconciler assumes that the process that opened
	// it is dead. It's longer than payTimeout.
	patience = time.Minute
	// settleAfter is how old a succeeded charge is before the reconciler settles it. Usually the order's event
	// does that first.
	settleAfter = 10 * time.Second
	// grace is how long the bank may take after the order has expired.
	grace = time.Minute
)

// payerCancelled is the reason shown to payers who cancelled the payment themselves.
const payerCancelled = "You cancelled the payment"

// resolvePending resolves charges that have been pending for too long.
func (s *Service) resolvePending(ctx context.Context) error {
	return s.checkDue(ctx, check{Pending, patience, s.resolve})
}

// settleSucceeded settles charges that succeeded. It's a task of its own: a bank that's slow to answer about
// pending charges doesn't delay it.
func (s *Service) settleSucceeded(ctx context.Context) error {
	return s.checkDue(ctx, check{Succeeded, settleAfter, func(ctx context.Context, c *Charge) (*Charge, error) { return s.settle(ctx, c.ID) }})
}

// resolve brings a pending charge up to date with Stripe. This is step 6 of a payment, and also how webhooks,
// repeated POSTs and the reconciler continue one.
//
// As everywhere in this file, an error means that the outcome is unknown, and the charge that comes with it is
// the last known state.
func (s *Service) resolve(ctx context.Context, c *Charge) (*Charge, error) {
	if c.Status != Pending {
		return c, nil
	}
	if c.StripeID == "" {
		if !c.interrupted(s.now()) || c.waits(s.now()) {
			return c, nil
		}
		return s.update(ctx, c, func(c *Charge) { c.FailUnasked("The payment was interrupted") })
	}
	intent, err := s.intent(ctx, c)
	if err != nil {
		return c, err
	}
	return s.record(ctx, c, intent)
}

// resolveRefused resolves a charge whose confirmation Stripe refused. The PaymentIntent decides: another process
// or the bank may have been faster.
func (s *Service) resolveRefused(ctx context.Context, c *Charge, e *stripe.Error) (*Charge, error) {
	intent, err := s.intent(ctx, c)
	if err != nil {
		return c, err
	}
	if intent.Status == stripe.PaymentIntentStatusRequiresConfirmation {
		return s.abandon(ctx, c, "", s.refusalReason(c, e))
	}
	return s.record(ctx, c, intent)
}

// giveUp cancels a payment that's waiting for the payer's bank, at the payer's request. Any other payment
// stays as it is: it's either decided or still being processed by Stripe.
func (s *Service) giveUp(ctx context.Context, c *Charge) (*Charge, error) {
	if c.Status != Pending || c.StripeID == "" {
		return c, nil
	}
	intent, err := s.intent(ctx, c)
	if err != nil {
		s.outage.Report(err)
		return c, ErrStripeAway
	}
	if intent.Status == stripe.PaymentIntentStatusRequiresAction {
		return s.abandon(ctx, c, stripe.PaymentIntentCancellationReasonRequestedByCustomer, payerCancelled)
	}
	return s.record(ctx, c, intent)
}

// intent reads a charge's PaymentIntent.
func (s *Service) intent(ctx context.Context, c *Charge) (*stripe.PaymentIntent, error) {
	intent, err := s.stripe.read(ctx, c.StripeID)
	if err != nil {
		return nil, fmt.Errorf("read %s of order %s: %w", c.StripeID, c.ID, err)
	}
	return intent, nil
}

// record stores what a PaymentIntent says about its charge, and ends payments that took too long.
func (s *Service) record(ctx context.Context, c *Charge, intent *stripe.PaymentIntent) (*Charge, error) {
	switch intent.Status {
	case stripe.PaymentIntentStatusSucceeded:
		return s.succeed(ctx, c, cardOf(intent))
	case stripe.PaymentIntentStatusCanceled:
		return s.update(ctx, c, func(c *Charge) { c.Fail(declineReason(intent)) })
	case stripe.PaymentIntentStatusRequiresPaymentMethod:
		return s.abandon(ctx, c, "", declineReason(intent))
	case stripe.PaymentIntentStatusRequiresConfirmation:
		if c.interrupted(s.now()) {
			return s.abandon(ctx, c, "", "The payment was interrupted")
		}
	case stripe.PaymentIntentStatusRequiresAction:
		if !s.now().Before(c.endsAt()) {
			return s.abandon(ctx, c, "", "The bank's question was not answered in time")
		}
		return s.update(ctx, c, func(c *Charge) { c.AskPayer(intent.ClientSecret) })
	}
	return c, nil
}

// abandon cancels a payment at Stripe and fails its charge, in this order: the payer could otherwise still
// confirm the PaymentIntent at the bank, and pay for a cancelled order. why is Stripe's word for the reason, if
// it has one; another process may fail the charge first, and then finds it there.
func (s *Service) abandon(ctx context.Context, c *Charge, why stripe.PaymentIntentCancellationReason, reason string) (*Charge, error) {
	intent, err := s.stripe.cancel(ctx, c.StripeID, why)
	if err != nil {
		return c, fmt.Errorf("cancel %s of order %s: %w", c.StripeID, c.ID, err)
	}
	switch intent.Status {
	case stripe.PaymentIntentStatusCanceled:
		return s.update(ctx, c, func(c *Charge) { c.Fail(reason) })
	case stripe.PaymentIntentStatusSucceeded:
		return s.succeed(ctx, c, cardOf(intent))
	}
	return c, fmt.Errorf("cancel %s of order %s: status is %s", c.StripeID, c.ID, intent.Status)
}

// succeed records that Stripe has captured the money, then settles the charge.
func (s *Service) succeed(ctx context.Context, c *Charge, card *Card) (*Charge, error) {
	c, err := s.update(ctx, c, func(c *Charge) { c.SucceedWith(card, s.now()) })
	if err != nil {
		return c, err
	}
	settled, err := s.settle(ctx, c.ID)
	if err != nil {
		s.log.Warn("charge not settled, left to the reconciler", "order", c.ID, "error", err)
		return c, nil
	}
	return settled, nil
}

// settle decides about captured money: a complete order keeps it, a cancelled one gets a refund. It reads both
// as they are now, so it can run at any time and repeatedly.
func (s *Service) settle(ctx context.Context, order string) (*Charge, error) {
	c, err := s.charges.Get(ctx, order)
	if err != nil || c.Status != Succeeded || c.Settled {
		return c, err
	}
	o, err := s.orders.get(ctx, order)
	if err != nil {
		return c, err
	}
	switch {
	case o.Status == events.StatusComplete:
		return s.update(ctx, c, (*Charge).Settle)
	case o.Status != events.StatusCancelled:
		return c, nil
	case c.chargedBack():
		return s.update(ctx, c, (*Charge).Settle)
	case c.Dispute.withdrawn():
		return c, nil
	}
	refund, err := s.stripe.refund(ctx, c.StripeID, c.Amount)
	if e, definite := refusal(err); definite && e.Code == stripe.ErrorCodeChargeDisputed {
		return s.checkReturns(ctx, c)
	}
	if err != nil {
		return c, fmt.Errorf("refund %s of order %s: %w", c.StripeID, c.ID, err)
	}
	return s.update(ctx, c, func(c *Charge) { c.Refund(refund) })
}

// update changes a charge and returns its new state, or the last known state with an error.
func (s *Service) update(ctx context.Context, c *Charge, change func(*Charge)) (*Charge, error) {
	var before Status
	updated, err := s.charges.Update(ctx, c.ID, func(c *Charge) error { before = c.Status; change(c); return nil })
	if err != nil {
		return c, err
	}
	s.auditMoney(ctx, before, updated)
	return updated, nil
}

// auditMoney writes a charge that was paid or refunded to the security log.
func (s *Service) auditMoney(ctx context.Context, before Status, c *Charge) {
	if c.Status != before && (c.Status == Succeeded || c.Status == Refunded) {
		web.AuditTo(ctx, s.log, "charge-"+string(c.Status), slog.String("order", c.ID), slog.String("user", c.UserID),
			slog.String("stripe", c.StripeID), slog.Int64("cents", int64(c.Amount)))
	}
}

// declineReason tells the payer why a payment ended.
func declineReason(intent *stripe.PaymentIntent) string {
	switch {
	case intent.CancellationReason == stripe.PaymentIntentCancellationReasonRequestedByCustomer:
		return payerCancelled
	case intent.LastPaymentError != nil:
		return toPayer(intent.LastPaymentError)
	}
	return "The payment was cancelled"
}

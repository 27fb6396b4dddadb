package payments

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/bson"

	"ticketing.dev/common/events"
	"ticketing.dev/common/problem"
	"ticketing.dev/common/service"
)

// pollEvery is how often each replica reads Stripe's events. Webhooks are faster; this makes up for lost ones.
const pollEvery = 15 * time.Second

// errChanged means that a charge changed while Stripe was asked about it.
var errChanged = errors.New("the charge has changed meanwhile")

// moneyMoved checks where the money of a refund, dispute or charge at Stripe is. It ignores payments that
// aren't ours.
func (s *Service) moneyMoved(ctx context.Context, object, id string) error {
	intent, err := s.stripe.intentBehind(ctx, object, id)
	if _, unknown := refusal(err); unknown || err == nil && intent == "" {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read %s %s: %w", object, id, err)
	}
	c, err := s.charges.First(ctx, bson.M{"stripeId": intent})
	if errors.Is(err, problem.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	// The capture may not be recorded yet.
	c, err = s.resolve(ctx, c)
	if err != nil {
		return err
	}
	_, err = s.checkReturns(ctx, c)
	return err
}

// checkReturns records where Stripe says a charge's money is. It writes only if the charge hasn't changed since
// it was read: otherwise another check may have recorded something newer.
func (s *Service) checkReturns(ctx context.Context, c *Charge) (*Charge, error) {
	for {
		if c.Status != Succeeded && c.Status != Refunded {
			return c, nil
		}
		returns, err := s.stripe.returns(ctx, c.StripeID)
		if err != nil {
			return c, fmt.Errorf("read refunds and disputes of order %s: %w", c.ID, err)
		}
		if c.awaitsRefund(returns) {
			return c, fmt.Errorf("a refund of order %s failed before it was recorded", c.ID)
		}
		updated, err := s.recordReturns(ctx, c, returns)
		if !errors.Is(err, errChanged) {
			return updated, err
		}
		if c, err = s.charges.Get(ctx, c.ID); err != nil {
			return c, err
		}
	}
}

// recordReturns records what was read at Stripe after the charge was read, and alerts the operator.
func (s *Service) recordReturns(ctx context.Context, read *Charge, returns Returns) (*Charge, error) {
	o, err := s.orders.get(ctx, read.ID)
	if err != nil && !errors.Is(err, problem.ErrNotFound) {
		return read, err
	}
	cancelled := err == nil && o.Status == events.StatusCancelled
	var alerts Alerts
	var before Status
	c, err := s.charges.Update(ctx, read.ID, func(c *Charge) error {
		if c.Version != read.Version+1 { // Update has already counted this change
			return errChanged
		}
		before = c.Status
		alerts = c.RecordReturns(returns, cancelled, s.now())
		return nil
	})
	if err != nil {
		return read, err
	}
	s.auditMoney(ctx, before, c)
	s.alert(c, alerts)
	return c, nil
}

// alert logs what needs an operator's attention.
func (s *Service) alert(c *Charge, a Alerts) {
	if a.RefundFailed {
		s.log.Error("refund failed at Stripe, return the money by hand",
			"order", c.ID, "refund", c.FailedRefund.ID, "reason", c.FailedRefund.Reason, "amount", c.Amount.String())
	}
	if a.Refunded {
		s.log.Error("payment refunded at Stripe by hand, decide about the order",
			"order", c.ID, "refunded", c.RefundedAmount.String(), "amount", c.Amount.String())
	}
	if d := c.Dispute; a.Disputed {
		s.log.Error("payment disputed", "order", c.ID, "dispute", d.ID, "status", d.Status,
			"reason", d.Reason, "amount", d.Amount.String())
	}
}

// pollStripe handles the refund and dispute events since the last poll, as if their webhooks arrived now. An
// event that fails doesn't block the others, and is read again.
func (s *Service) pollStripe(ctx context.Context) error {
	began := s.now()
	since, err := s.cursor.since(ctx, began)
	if err != nil {
		return err
	}
	subjects, err := s.stripe.moneyMovedSince(ctx, since)
	if err != nil {
		return fmt.Errorf("list Stripe's events: %w", err)
	}
	var failed error
	for _, about := range subjects {
		failed = errors.Join(failed, s.moneyMoved(ctx, about.Object, about.ID))
	}
	if failed != nil {
		return failed
	}
	return s.cursor.advance(ctx, began)
}

// after delays the start of a task.
func after(d time.Duration, task service.Task) service.Task {
	return func(ctx context.Context) error {
		select {
		case <-time.After(d):
			return task(ctx)
		case <-ctx.Done():
			return nil
		}
	}
}

package payments

import (
	"context"
	"errors"
	"fmt"

	"github.com/stripe/stripe-go/v76"
	"go.mongodb.org/mongo-driver/bson"

	"ticketing.dev/common/problem"
)

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
	if c, err = s.resolve(ctx, c); err != nil { // the capture may not be noted yet
		return err
	}
	_, err = s.look(ctx, c)
	return err
}

// look records where Stripe says the money of a charge is. It writes only if the charge hasn't changed since
// it was read: otherwise another look may have recorded something newer.
func (s *Service) look(ctx context.Context, c *Charge) (*Charge, error) {
	for {
		if c.Status != Succeeded && c.Status != Refunded {
			return c, nil
		}
		returns, err := s.stripe.returns(ctx, c.StripeID)
		if err != nil {
			return c, fmt.Errorf("read what became of the money of order %s: %w", c.ID, err)
		}
		if c.awaitsRefund(returns) {
			return c, fmt.Errorf("a refund of order %s failed before it was noted", c.ID)
		}
		noted, err := s.note(ctx, c, returns)
		if !errors.Is(err, errChanged) {
			return noted, err
		}
		if c, err = s.charges.Get(ctx, c.ID); err != nil {
			return c, err
		}
	}
}

// note records what was read at Stripe after the charge was, and raises the alarms.
func (s *Service) note(ctx context.Context, read *Charge, returns Returns) (*Charge, error) {
	o, err := s.orders.get(ctx, read.ID)
	if err != nil && !errors.Is(err, problem.ErrNotFound) {
		return read, err
	}
	cancelled := err == nil && o.Status == orderCancelled
	var news News
	c, err := s.charges.Update(ctx, read.ID, func(c *Charge) error {
		if c.Version != read.Version+1 { // that of this change
			return errChanged
		}
		news = c.Note(returns, cancelled, s.now())
		return nil
	})
	if err != nil {
		return read, err
	}
	s.tell(c, news)
	return c, nil
}

// tell logs an alarm for the operator.
func (s *Service) tell(c *Charge, news News) {
	if news.RefundFailed {
		s.log.Error("refund failed at Stripe, the money has to be returned by hand",
			"order", c.ID, "refund", c.FailedRefund.ID, "reason", c.FailedRefund.Reason, "amount", c.Amount.String())
	}
	if news.Refunded {
		s.log.Error("payment refunded at Stripe by hand, decide what becomes of the order",
			"order", c.ID, "refunded", c.RefundedAmount.String(), "amount", c.Amount.String())
	}
	if d := c.Dispute; news.Disputed {
		s.log.Error("payment disputed", "order", c.ID, "dispute", d.ID, "status", d.Status,
			"reason", d.Reason, "amount", d.Amount.String())
	}
}

// refuseRefund handles a refund that Stripe refused. There's nothing to refund while the payer disputes the
// charge, or once the bank has taken the money back.
func (s *Service) refuseRefund(ctx context.Context, c *Charge, err error) (*Charge, error) {
	if e, definite := refusal(err); definite && e.Code == stripe.ErrorCodeChargeDisputed {
		return s.look(ctx, c)
	}
	return c, fmt.Errorf("refund %s of order %s: %w", c.StripeID, c.ID, err)
}

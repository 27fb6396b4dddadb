package payments

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/stripe/stripe-go/v76"
	"go.mongodb.org/mongo-driver/bson"

	"ticketing.dev/common/problem"
)

// refundChanged looks whether the money of a refunded charge is still given back: the bank may send it
// back days later, and a person may give it again.
func (s *Service) refundChanged(ctx context.Context, id string) error {
	refund, err := s.stripe.readRefund(ctx, id)
	if _, unknown := refusal(err); unknown || err == nil && refund.PaymentIntent == nil {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read refund %s: %w", id, err)
	}
	c, err := s.charges.First(ctx, bson.M{"stripeId": refund.PaymentIntent.ID})
	if errors.Is(err, problem.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	given, err := s.stripe.refunded(ctx, c.StripeID, c.Amount)
	switch {
	case err != nil:
		return fmt.Errorf("find the refunds of order %s: %w", c.ID, err)
	case given != "":
		_, err = s.change(ctx, c, func(c *Charge) { c.ReturnAtStripe(given, s.now()) })
		return err
	case !undone(refund):
		return nil
	case c.Status == Succeeded && !c.Settled:
		return fmt.Errorf("refund %s of order %s failed before it was noted", id, c.ID)
	}
	return s.refundFailed(ctx, c, refund)
}

// refundFailed raises the alarm, once for each refund.
func (s *Service) refundFailed(ctx context.Context, c *Charge, refund *stripe.Refund) error {
	reason, news := cmp.Or(string(refund.FailureReason), string(refund.Status)), false
	_, err := s.change(ctx, c, func(c *Charge) { news = c.FailRefund(refund.ID, reason, s.now()) })
	if err == nil && news {
		s.log.Error("refund failed at Stripe, the money has to be returned by hand",
			"order", c.ID, "refund", refund.ID, "reason", reason, "amount", c.Amount.String())
	}
	return err
}

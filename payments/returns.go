package payments

import (
	"slices"
	"time"

	"ticketing.dev/common/money"
)

// Returns describe how captured money went back at Stripe: by this service, by its operator in Stripe's
// dashboard, or by the payer's bank.
type Returns struct {
	// Refunded is what refunds have given back, without those that failed or were canceled, and Refund the
	// newest of them.
	Refunded money.Cents
	Refund   string
	// Failed are the refunds that failed or were canceled, newest first.
	Failed []FailedRefund
	// Dispute is the newest dispute, if there is one.
	Dispute *Dispute
}

// Dispute is a payer's request to the bank for the money back.
type Dispute struct {
	ID string `bson:"id"`
	// Status and Reason are in Stripe's words (https://docs.stripe.com/api/disputes/object).
	Status string      `bson:"status"`
	Reason string      `bson:"reason"`
	Amount money.Cents `bson:"amount"`
}

// The statuses of disputes that matter here. The other one is warning_under_review.
const (
	disputeOpen     = "needs_response"
	disputeReviewed = "under_review"
	disputeLost     = "lost"
	disputeWon      = "won"
	inquiryOpen     = "warning_needs_response"
	inquiryDropped  = "warning_closed"
)

// waits reports whether the dispute needs an operator.
func (d *Dispute) waits() bool {
	return slices.Contains([]string{disputeOpen, inquiryOpen, disputeLost}, d.Status)
}

// withdrawn reports whether the bank has the money for now, so that it can't be refunded.
func (d *Dispute) withdrawn() bool {
	return d != nil && (d.Status == disputeOpen || d.Status == disputeReviewed)
}

// over reports whether the dispute has ended and the money stays.
func (d *Dispute) over() bool { return d.Status == disputeWon || d.Status == inquiryDropped }

// Review asks an operator what to do about an order whose money went back, or may go back.
type Review struct {
	Since time.Time `bson:"since"`
	// DoneAt is when an operator decided, or when there was nothing left to decide.
	DoneAt time.Time `bson:"doneAt,omitempty"`
}

// Alerts say what needs an operator's attention.
type Alerts struct{ RefundFailed, Refunded, Disputed bool }

// RecordReturns records where the money is. A cancelled order's money has to go back, so refunding it raises no
// alert.
func (c *Charge) RecordReturns(r Returns, cancelled bool, now time.Time) (a Alerts) {
	if c.Status != Succeeded && c.Status != Refunded {
		return a
	}
	if r.Refunded < c.refunded() {
		a.RefundFailed = c.failAnother(r.Failed, now)
	}
	if r.Refunded > c.RefundedAmount && (c.Status == Succeeded || r.Refunded == c.Amount) {
		c.ReturnAtStripe(r.Refund, now)
	}
	a.Refunded = c.Status == Succeeded && r.Refunded > c.RefundedAmount && !cancelled
	a.Disputed = c.recordDispute(r.Dispute, now)
	c.RefundedAmount = r.Refunded
	if a.Refunded || a.Disputed {
		c.Review = &Review{Since: now.UTC().Truncate(time.Millisecond)}
	}
	if r.Refunded >= c.Amount {
		c.Refund(r.Refund)
	}
	return a
}

// recordDispute reports whether the dispute is new to the operator, and waits for one.
func (c *Charge) recordDispute(d *Dispute, now time.Time) (isNew bool) {
	if d == nil || c.Dispute != nil && *c.Dispute == *d {
		return false
	}
	c.Dispute, c.CheckAt = d, time.Time{} // settling may have waited for the bank
	if d.over() && c.RefundedAmount == 0 {
		c.decide(now)
	}
	return d.waits()
}

// awaitsRefund reports whether a refund failed that a process may have made but not recorded yet.
func (c *Charge) awaitsRefund(r Returns) bool {
	return c.Status == Succeeded && !c.Settled && len(r.Failed) > 0 && r.Refunded < c.Amount && r.Dispute == nil
}

// failAnother records the newest failed refund that isn't recorded yet.
func (c *Charge) failAnother(failed []FailedRefund, now time.Time) (isNew bool) {
	for _, f := range failed {
		if c.FailRefund(f.ID, f.Reason, now) {
			return true
		}
	}
	return false
}

// refunded is the amount that refunds at Stripe had returned when they were last recorded.
func (c *Charge) refunded() money.Cents {
	if c.Status == Refunded && c.FailedRefund == nil {
		return c.Amount
	}
	return c.RefundedAmount
}

// GivenBack is how much of the charge was refunded, or returned in place of a failed refund.
func (c *Charge) GivenBack() money.Cents {
	if c.Status == Refunded && !c.owed() {
		return c.Amount
	}
	return c.RefundedAmount
}

// Decide records an operator's decision: the money of a failed refund was returned another way, or an order
// whose money went back was dealt with.
func (c *Charge) Decide(now time.Time) error {
	if c.FailedRefund == nil && c.Review == nil {
		return ErrNotOwed
	}
	c.decide(now)
	if c.owed() {
		return c.Return(now)
	}
	return nil
}

func (c *Charge) decide(now time.Time) {
	if c.undecided() {
		c.Review.DoneAt = now.UTC().Truncate(time.Millisecond)
	}
}

// undecided reports whether an operator still has to decide about the order.
func (c *Charge) undecided() bool { return c.Review != nil && c.Review.DoneAt.IsZero() }

// chargedBack reports whether the payer's bank has permanently taken back whatever wasn't refunded.
func (c *Charge) chargedBack() bool {
	return c.Dispute != nil && c.Dispute.Status == disputeLost && c.Dispute.Amount+c.RefundedAmount >= c.Amount
}

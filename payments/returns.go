package payments

import (
	"slices"
	"time"

	"ticketing.dev/common/money"
)

// Returns are what has become of captured money at Stripe, whoever gave it back: this service, its operator
// in Stripe's dashboard, or the payer's bank.
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

// Dispute is a payer who asks the bank for the money back.
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

// waits reports whether a person has to do something about the dispute.
func (d *Dispute) waits() bool {
	return slices.Contains([]string{disputeOpen, inquiryOpen, disputeLost}, d.Status)
}

// withdrawn reports whether the bank has the money for now, so that it can't be refunded.
func (d *Dispute) withdrawn() bool {
	return d != nil && (d.Status == disputeOpen || d.Status == disputeReviewed)
}

// over reports whether the dispute has ended and the money stays.
func (d *Dispute) over() bool { return d.Status == disputeWon || d.Status == inquiryDropped }

// Review asks a person to decide what becomes of an order whose money went back, or may go back.
type Review struct {
	Since time.Time `bson:"since"`
	// DoneAt is when somebody had decided, or when there was nothing left to decide.
	DoneAt time.Time `bson:"doneAt,omitempty"`
}

// News is what Note found that a person has to know.
type News struct{ RefundFailed, Refunded, Disputed bool }

// Note takes over what has become of the money. A cancelled order's money has to go back, so its refunds are
// no news.
func (c *Charge) Note(r Returns, cancelled bool, now time.Time) (news News) {
	if c.Status != Succeeded && c.Status != Refunded {
		return news
	}
	if r.Refunded < c.refunded() {
		news.RefundFailed = c.failAnother(r.Failed, now)
	}
	if r.Refunded > c.RefundedAmount && (c.Status == Succeeded || r.Refunded == c.Amount) {
		c.ReturnAtStripe(r.Refund, now)
	}
	news.Refunded = c.Status == Succeeded && r.Refunded > c.RefundedAmount && !cancelled
	news.Disputed = c.noteDispute(r.Dispute, now)
	c.RefundedAmount = r.Refunded
	if news.Refunded || news.Disputed {
		c.Review = &Review{Since: now.UTC().Truncate(time.Millisecond)}
	}
	if r.Refunded >= c.Amount {
		c.Refund(r.Refund)
	}
	return news
}

// noteDispute returns whether a person has to know.
func (c *Charge) noteDispute(d *Dispute, now time.Time) (news bool) {
	if d == nil || c.Dispute != nil && *c.Dispute == *d {
		return false
	}
	c.Dispute = d
	if d.over() && c.RefundedAmount == 0 {
		c.decide(now)
	}
	return d.waits()
}

// awaitsRefund reports whether a refund has failed that a process may have made, and not noted yet.
func (c *Charge) awaitsRefund(r Returns) bool {
	return c.Status == Succeeded && !c.Settled && len(r.Failed) > 0 && r.Refunded < c.Amount && r.Dispute == nil
}

// failAnother notes the newest failed refund that isn't noted yet.
func (c *Charge) failAnother(failed []FailedRefund, now time.Time) (news bool) {
	for _, f := range failed {
		if c.FailRefund(f.ID, f.Reason, now) {
			return true
		}
	}
	return false
}

// refunded is what refunds at Stripe had given back when they were last noted.
func (c *Charge) refunded() money.Cents {
	if c.Status == Refunded && c.FailedRefund == nil {
		return c.Amount
	}
	return c.RefundedAmount
}

// GivenBack is how much of the charge its payer has back by refunds, or by what replaced them.
func (c *Charge) GivenBack() money.Cents {
	if c.Status == Refunded && !c.owed() {
		return c.Amount
	}
	return c.RefundedAmount
}

// Decide notes that a person has seen to a charge: that the money of a failed refund was given back in
// another way, and what becomes of an order whose money went back.
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

// undecided reports whether a person has to decide what becomes of the order.
func (c *Charge) undecided() bool { return c.Review != nil && c.Review.DoneAt.IsZero() }

// chargedBack reports whether the payer's bank has taken back what refunds have not, for good.
func (c *Charge) chargedBack() bool {
	return c.Dispute != nil && c.Dispute.Status == disputeLost && c.Dispute.Amount+c.RefundedAmount >= c.Amount
}

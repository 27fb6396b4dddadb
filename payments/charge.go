package payments

import (
	"errors"
	"time"

	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/events"
	"ticketing.dev/common/idempotency"
	"ticketing.dev/common/money"
	"ticketing.dev/common/problem"
)

// Status says where a charge stands.
type Status string

const (
	// Pending means that the outcome is not known yet: the payment is under way, or the bank asks.
	Pending   Status = "pending"
	Succeeded Status = "succeeded"
	Failed    Status = "failed"
	Refunded  Status = "refunded"
)

// ErrNotOwed means that a charge needs no decision.
var ErrNotOwed = errors.New("no refund has failed, and nothing is waiting for a decision")

// Charge is the one payment of an order; its id is the order's. It has one PaymentIntent, which
// captures at most once.
type Charge struct {
	aggregate.Root `bson:",inline"`

	UserID string      `bson:"userId"`
	Status Status      `bson:"status"`
	Amount money.Cents `bson:"amount"`
	// OpenedAt is when the payment began, and ExpiresAt until when its order is reserved for it.
	OpenedAt  time.Time `bson:"openedAt"`
	ExpiresAt time.Time `bson:"expiresAt"`
	// StripeID is the PaymentIntent, once it is stored. Only a stored one is ever confirmed.
	StripeID       string `bson:"stripeId,omitempty"`
	StripeRefundID string `bson:"stripeRefundId,omitempty"`
	// Paused means that the broker went away before it stored the payment's start. Stripe hasn't been
	// asked for anything, and the next POST resumes the payment.
	Paused bool `bson:"paused,omitempty"`
	// ClientSecret lets the payer answer the bank. It is there only while the bank asks.
	ClientSecret string `bson:"clientSecret,omitempty"`
	// FailedFor explains to the payer why the charge failed.
	FailedFor string `bson:"failedFor,omitempty"`
	// Settled means that the charge succeeded and nothing is left to do: the order is complete, or the
	// payer's bank took back the money of a cancelled one.
	Settled bool `bson:"settled"`
	// FailedRefund is the last refund that has not reached the payer, if one has not.
	FailedRefund *FailedRefund `bson:"failedRefund,omitempty"`
	// RefundedAmount is what refunds at Stripe have given back, as far as it is known. A charge that was
	// refunded before this was kept has none: GivenBack knows.
	RefundedAmount money.Cents `bson:"refundedAmount,omitempty"`
	// Dispute is the payer's latest dispute with the bank, if any.
	Dispute *Dispute `bson:"dispute,omitempty"`
	// Review is set once the charge has needed a decision by an operator.
	Review *Review `bson:"review,omitempty"`
}

// FailedRefund is a refund that Stripe had taken and that was not carried out. It is not repeated by
// itself, since what kept it back does not go away: a person has to give the money back.
type FailedRefund struct {
	ID     string    `bson:"id"`
	Reason string    `bson:"reason"` // in Stripe's words
	At     time.Time `bson:"at"`
	// ReturnedAt is when the money had been given back all the same.
	ReturnedAt time.Time `bson:"returnedAt,omitempty"`
}

// Open makes the charge of an order.
func Open(o *Order, now time.Time) *Charge {
	c := &Charge{
		Root:      aggregate.Root{ID: o.ID},
		UserID:    o.UserID,
		Status:    Pending,
		Amount:    o.Price,
		OpenedAt:  now.UTC().Truncate(time.Millisecond),
		ExpiresAt: o.ExpiresAt,
	}
	c.Record(events.PaymentStarted{Payment: c.payment()})
	return c
}

// OwnedBy refuses everyone but the payer.
func (c *Charge) OwnedBy(user string) error {
	if c.UserID != user {
		return problem.ErrNotOwner
	}
	return nil
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

// waits reports whether a paused payment can still be resumed.
func (c *Charge) waits(now time.Time) bool { return c.Paused && now.Before(c.ExpiresAt) }

// interrupted reports whether the process that opened a pending charge must be dead by now.
func (c *Charge) interrupted(now time.Time) bool { return now.After(c.OpenedAt.Add(patience)) }

// Attach stores the PaymentIntent, where the charge is still pending and has none.
func (c *Charge) Attach(intent string) {
	if c.Status == Pending && c.StripeID == "" {
		c.StripeID = intent
	}
}

// AskPayer notes that the bank waits for the payer.
func (c *Charge) AskPayer(clientSecret string) {
	if c.Status == Pending {
		c.ClientSecret = clientSecret
	}
}

// Succeed notes that Stripe has captured the money.
func (c *Charge) Succeed() {
	if c.Status != Pending {
		return
	}
	c.Status, c.ClientSecret = Succeeded, ""
	c.Record(events.PaymentCreated{Payment: c.payment(), StripeID: c.StripeID, Amount: c.Amount})
}

// Fail ends a charge whose PaymentIntent has been cancelled at Stripe: no one can confirm it any more.
// The reason is for the payer to read.
func (c *Charge) Fail(reason string) {
	if c.Status != Pending {
		return
	}
	c.Status, c.ClientSecret, c.FailedFor, c.Paused = Failed, "", reason, false
	c.Record(events.PaymentFailed{Payment: c.payment(), Reason: reason})
}

// FailUnasked ends a charge for which no PaymentIntent is stored. One that is made all the same is
// never confirmed, since it cannot be attached any more.
func (c *Charge) FailUnasked(reason string) {
	if c.StripeID == "" {
		c.Fail(reason)
	}
}

// Refund notes that the money has been given back.
func (c *Charge) Refund(refund string) {
	if c.Status != Succeeded {
		return
	}
	c.Status, c.StripeRefundID, c.RefundedAmount = Refunded, refund, c.Amount
	c.Record(events.PaymentRefunded{Payment: c.payment(), StripeRefundID: refund, Amount: c.Amount})
}

// FailRefund notes that a refund of the charge has not been carried out, and says whether that is news.
func (c *Charge) FailRefund(refund, reason string, now time.Time) (news bool) {
	if c.Status != Refunded && c.RefundedAmount == 0 || c.FailedRefund != nil && c.FailedRefund.ID == refund {
		return false
	}
	c.FailedRefund = &FailedRefund{ID: refund, Reason: reason, At: now.UTC().Truncate(time.Millisecond)}
	return true
}

// ReturnAtStripe notes that the money of a refund that has failed was given back by another one.
func (c *Charge) ReturnAtStripe(refund string, now time.Time) {
	if c.owed() {
		if c.Status == Refunded {
			c.StripeRefundID = refund
		}
		c.FailedRefund.ReturnedAt = now.UTC().Truncate(time.Millisecond)
	}
}

// Return notes that the money of a refund that has failed was given back in another way.
func (c *Charge) Return(now time.Time) error {
	if c.FailedRefund == nil {
		return ErrNotOwed
	}
	if c.owed() {
		c.FailedRefund.ReturnedAt = now.UTC().Truncate(time.Millisecond)
	}
	return nil
}

// owed says whether the payer waits for money that Stripe could not give back.
func (c *Charge) owed() bool { return c.FailedRefund != nil && c.FailedRefund.ReturnedAt.IsZero() }

// Settle records that the order is complete, or that no money is left to return.
func (c *Charge) Settle() {
	if c.Status == Succeeded {
		c.Settled = true
	}
}

// Answer records, once, the response to the request that opened the charge. A failed charge needs none,
// since it stores its own reason.
func (c *Charge) Answer() {
	if c.Status != Failed {
		c.Request = c.Request.Answered(show(c))
	}
}

// Answered says whether the request that opened the charge has an outcome to be answered with: a
// recorded one, or the state is final or asks something of the payer.
func (c *Charge) Answered() bool {
	return c.Request.HasAnswer() || c.Status != Pending || c.ClientSecret != ""
}

// Declined says whether the request that opened the charge is answered that it has failed. One that was
// answered while the outcome wasn't known stays answered so.
func (c *Charge) Declined() bool { return c.Status == Failed && !c.Request.HasAnswer() }

func (c *Charge) payment() events.Payment { return events.Payment{ID: c.ID, OrderID: c.ID} }

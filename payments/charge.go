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

// Status is the status of a charge.
type Status string

const (
	// Pending means that the outcome isn't known yet: the payment is under way, or the bank asks the payer.
	Pending   Status = "pending"
	Succeeded Status = "succeeded"
	Failed    Status = "failed"
	Refunded  Status = "refunded"
)

// ErrNotOwed means that a charge needs no decision.
var ErrNotOwed = errors.New("no refund has failed, and nothing is waiting for a decision")

// Charge is the only payment of an order and has the order's id. It has one PaymentIntent, which captures at
// most once.
type Charge struct {
	aggregate.Root `bson:",inline"`

	UserID string      `bson:"userId"`
	Status Status      `bson:"status"`
	Amount money.Cents `bson:"amount"`
	// OpenedAt is the start of the payment, and ExpiresAt the end of its order's reservation.
	OpenedAt  time.Time `bson:"openedAt"`
	ExpiresAt time.Time `bson:"expiresAt"`
	// CheckAt is when the reconciler looks at the charge next, and the end of its lease while it does. Without
	// it, as in older documents, the charge's age decides.
	CheckAt time.Time `bson:"checkAt,omitempty"`
	// StripeID is the PaymentIntent. It's only confirmed after it's stored here.
	StripeID       string `bson:"stripeId,omitempty"`
	StripeRefundID string `bson:"stripeRefundId,omitempty"`
	// PaidAt is when payments learned that the charge succeeded, and Card what it was paid with. Charges of earlier
	// releases lack them.
	PaidAt time.Time `bson:"paidAt,omitempty"`
	Card   *Card     `bson:"card,omitempty"`
	// Paused means that the broker went away before it stored the payment's start. Stripe hasn't been
	// asked for anything, and the next POST resumes the payment.
	Paused bool `bson:"paused,omitempty"`
	// ClientSecret lets the payer answer the bank. It's set only while the bank asks.
	ClientSecret string `bson:"clientSecret,omitempty"`
	// FailedFor explains to the payer why the charge failed.
	FailedFor string `bson:"failedFor,omitempty"`
	// Settled means that the charge succeeded and nothing is left to do: the order is complete, or the
	// payer's bank took back the money of a cancelled one.
	Settled bool `bson:"settled"`
	// FailedRefund is the latest refund that didn't reach the payer, if any.
	FailedRefund *FailedRefund `bson:"failedRefund,omitempty"`
	// RefundedAmount is the amount of the known refunds at Stripe. Older documents lack it; see GivenBack.
	RefundedAmount money.Cents `bson:"refundedAmount,omitempty"`
	// Dispute is the payer's latest dispute with the bank, if any.
	Dispute *Dispute `bson:"dispute,omitempty"`
	// Review is set once the charge has needed a decision by an operator.
	Review *Review `bson:"review,omitempty"`
}

// Card is what a receipt says of a card.
type Card struct {
	Brand string `bson:"brand" json:"brand"` // as Stripe names it, such as visa
	Last4 string `bson:"last4" json:"last4"`
}

// FailedRefund is a refund that Stripe accepted but didn't carry out. It isn't retried, because the cause, such
// as a closed account, doesn't go away: an operator has to return the money.
type FailedRefund struct {
	ID     string    `bson:"id"`
	Reason string    `bson:"reason"` // in Stripe's words
	At     time.Time `bson:"at"`
	// ReturnedAt is when the money was returned in another way.
	ReturnedAt time.Time `bson:"returnedAt,omitempty"`
}

// Open creates the charge of an order.
func Open(o *Order, now time.Time) *Charge {
	c := &Charge{
		Root:      aggregate.Root{ID: o.ID},
		UserID:    o.UserID,
		Status:    Pending,
		Amount:    o.Price,
		OpenedAt:  now.UTC().Truncate(time.Millisecond),
		ExpiresAt: o.ExpiresAt,
	}
	c.CheckAt = c.OpenedAt.Add(patience)
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

// Resume takes over a payment for another request, and reports whether it could.
func (c *Charge) Resume(request *idempotency.Request, now time.Time) bool {
	if !c.resumable(now) {
		return false
	}
	c.Paused, c.Request, c.OpenedAt = false, request, now.UTC().Truncate(time.Millisecond)
	c.CheckAt = c.OpenedAt.Add(patience)
	return true
}

// resumable reports whether another request can take the payment on. Without a stored PaymentIntent no card has been
// charged, and the request that opened the charge has given up or must be over.
func (c *Charge) resumable(now time.Time) bool {
	over := c.Paused || now.After(c.OpenedAt.Add(payTimeout))
	return c.Status == Pending && c.StripeID == "" && over && now.Before(c.ExpiresAt)
}

// waits reports whether a payment is paused and its order's time isn't up.
func (c *Charge) waits(now time.Time) bool { return c.Paused && now.Before(c.ExpiresAt) }

// interrupted reports whether the process that opened a pending charge must be dead by now.
func (c *Charge) interrupted(now time.Time) bool { return now.After(c.OpenedAt.Add(patience)) }

// Attach stores the PaymentIntent of a pending charge that has none.
func (c *Charge) Attach(intent string) {
	if c.Status == Pending && c.StripeID == "" {
		c.StripeID = intent
	}
}

// AskPayer records that the bank waits for the payer.
func (c *Charge) AskPayer(clientSecret string) {
	if c.Status == Pending {
		c.ClientSecret = clientSecret
	}
}

// Succeed records that Stripe captured the money.
func (c *Charge) Succeed() {
	if c.Status != Pending {
		return
	}
	c.Status, c.ClientSecret, c.CheckAt = Succeeded, "", time.Time{}
	c.Record(events.PaymentCreated{Payment: c.payment(), StripeID: c.StripeID, Amount: c.Amount})
}

// SucceedWith records that Stripe captured the money, when that was learned, and the card for the receipt.
func (c *Charge) SucceedWith(card *Card, now time.Time) {
	if c.Status == Pending {
		c.Card, c.PaidAt = card, now.UTC().Truncate(time.Millisecond)
	}
	c.Succeed()
}

// Fail ends a charge whose PaymentIntent is canceled at Stripe and can't be confirmed anymore. The payer reads
// the reason.
func (c *Charge) Fail(reason string) {
	if c.Status != Pending {
		return
	}
	c.Status, c.ClientSecret, c.FailedFor, c.Paused = Failed, "", reason, false
	c.Record(events.PaymentFailed{Payment: c.payment(), Reason: reason})
}

// FailUnasked ends a charge without a stored PaymentIntent. One that's created later can't be attached, so it's
// never confirmed.
func (c *Charge) FailUnasked(reason string) {
	if c.StripeID == "" {
		c.Fail(reason)
	}
}

// Refund records that the money was returned.
func (c *Charge) Refund(refund string) {
	if c.Status != Succeeded {
		return
	}
	c.Status, c.StripeRefundID, c.RefundedAmount = Refunded, refund, c.Amount
	c.Record(events.PaymentRefunded{Payment: c.payment(), StripeRefundID: refund, Amount: c.Amount})
}

// FailRefund records that a refund of the charge failed, and reports whether that's new.
func (c *Charge) FailRefund(refund, reason string, now time.Time) (news bool) {
	if c.Status != Refunded && c.RefundedAmount == 0 || c.FailedRefund != nil && c.FailedRefund.ID == refund {
		return false
	}
	c.FailedRefund = &FailedRefund{ID: refund, Reason: reason, At: now.UTC().Truncate(time.Millisecond)}
	return true
}

// ReturnAtStripe records that another refund returned the money of a failed one.
func (c *Charge) ReturnAtStripe(refund string, now time.Time) {
	if c.owed() {
		if c.Status == Refunded {
			c.StripeRefundID = refund
		}
		c.FailedRefund.ReturnedAt = now.UTC().Truncate(time.Millisecond)
	}
}

// Return records that the money of a failed refund was returned in another way.
func (c *Charge) Return(now time.Time) error {
	if c.FailedRefund == nil {
		return ErrNotOwed
	}
	if c.owed() {
		c.FailedRefund.ReturnedAt = now.UTC().Truncate(time.Millisecond)
	}
	return nil
}

// owed reports whether the payer waits for money that Stripe couldn't return.
func (c *Charge) owed() bool { return c.FailedRefund != nil && c.FailedRefund.ReturnedAt.IsZero() }

// Settle records that the order is complete, or that no money is left to return.
func (c *Charge) Settle() {
	if c.Status == Succeeded {
		c.Settled = true
	}
}

// Answer records, once, the response to the request that opened the charge. A failed charge stores its reason
// instead.
func (c *Charge) Answer() {
	if c.Status != Failed {
		c.Request = c.Request.Answered(show(c))
	}
}

// Answered reports whether the request that opened the charge can be answered: a response is recorded, the
// status is final, or the bank asks the payer.
func (c *Charge) Answered() bool {
	return c.Request.HasAnswer() || c.Status != Pending || c.ClientSecret != ""
}

// Declined reports whether the response to the request that opened the charge is a failure. A response given
// before the outcome was known stays the same.
func (c *Charge) Declined() bool { return c.Status == Failed && !c.Request.HasAnswer() }

func (c *Charge) payment() events.Payment { return events.Payment{ID: c.ID, OrderID: c.ID} }

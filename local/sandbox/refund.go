package sandbox

import (
	"cmp"
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/stripe/stripe-go/v76"
)

// refund is money given back. Stripe: https://docs.stripe.com/api/refunds/object.
type refund struct {
	ID            string            `json:"id"`
	Object        string            `json:"object"`
	Amount        int64             `json:"amount"` // in cents
	Charge        string            `json:"charge"`
	Created       int64             `json:"created"`
	Currency      string            `json:"currency"`
	FailureReason string            `json:"failure_reason,omitempty"`
	Metadata      map[string]string `json:"metadata"`
	PaymentIntent string            `json:"payment_intent"`
	Reason        string            `json:"reason,omitempty"`
	Status        string            `json:"status"`
}

// fail records that the bank sent the money back, and reports whether that's new.
// Stripe: https://docs.stripe.com/refunds#failed-refunds.
func (re *refund) fail() bool {
	if re.Status != succeeded {
		return false
	}
	re.Status = "failed"
	re.FailureReason = "expired_or_canceled_card"
	return true
}

func createRefund(c *call) action {
	intentID := c.required("payment_intent")
	amount, metadata := c.integer("amount"), c.dict("metadata")
	reason := c.oneOf("reason", "duplicate", "fraudulent", "requested_by_customer")
	return func(tx *tx) (any, error) {
		ch, err := latestCharge(tx, intentID)
		if err != nil {
			return nil, err
		}
		if back, err := chargedBack(tx, ch.ID); back || err != nil {
			return nil, cmp.Or(err, error(invalid("", stripe.ErrorCodeChargeDisputed, "Charge %s has been charged back; cannot issue a refund.", ch.ID)))
		}
		amount, err := ch.refund(amount)
		if err != nil {
			return nil, err
		}
		re := &refund{
			ID:            tx.newID(refunds),
			Object:        "refund",
			Amount:        amount,
			Charge:        ch.ID,
			Created:       tx.now.Unix(),
			Currency:      ch.Currency,
			Metadata:      metadata,
			PaymentIntent: ch.PaymentIntent,
			Reason:        reason,
			Status:        succeeded,
		}
		put(tx, charges, ch.ID, ch)
		put(tx, refunds, re.ID, re)
		tx.emit("refund.created", re)
		tx.emit("charge.refunded", ch)
		return re, nil
	}
}

// latestCharge returns the charge of an intent, or one that can't be refunded if there's none.
func latestCharge(tx *tx, intentID string) (*charge, error) {
	in, err := find[paymentIntent](tx, paymentIntents, intentID)
	if err != nil {
		return nil, asParam("payment_intent", err)
	}
	if in.LatestCharge == "" {
		return &charge{PaymentIntent: in.ID}, nil
	}
	return find[charge](tx, charges, in.LatestCharge)
}

// failRefund is POST /sandbox/refunds/{id}/fail: the bank sends the money back days after the refund.
func (s *Sandbox) failRefund(w http.ResponseWriter, r *http.Request) error {
	return s.reply(w, http.StatusOK, func(tx *tx) (any, error) {
		re, err := find[refund](tx, refunds, chi.URLParam(r, "id"))
		if err != nil || !re.fail() {
			return re, err
		}
		ch, err := find[charge](tx, charges, re.Charge)
		if err != nil {
			return nil, err
		}
		ch.takeBack(re.Amount)
		put(tx, charges, ch.ID, ch)
		put(tx, refunds, re.ID, re)
		tx.emit("charge.refund.updated", re)
		tx.emit("refund.updated", re)
		return re, nil
	})
}

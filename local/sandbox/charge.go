package sandbox

import (
	"fmt"
	"time"

	"github.com/stripe/stripe-go/v76"
)

// charge is one attempt to take the money of a PaymentIntent.
// Stripe: https://docs.stripe.com/api/charges/object.
type charge struct {
	ID                   string               `json:"id"`
	Object               string               `json:"object"`
	Amount               int64                `json:"amount"` // in cents
	AmountCaptured       int64                `json:"amount_captured"`
	AmountRefunded       int64                `json:"amount_refunded"`
	Captured             bool                 `json:"captured"`
	Created              int64                `json:"created"`
	Currency             string               `json:"currency"`
	Disputed             bool                 `json:"disputed"`
	Metadata             map[string]string    `json:"metadata"`
	Paid                 bool                 `json:"paid"`
	PaymentIntent        string               `json:"payment_intent"`
	PaymentMethod        string               `json:"payment_method"`
	PaymentMethodDetails paymentMethodDetails `json:"payment_method_details"`
	Refunded             bool                 `json:"refunded"` // in full
	Status               string               `json:"status"`
}

type paymentMethodDetails struct {
	Card card `json:"card"`
}

func newCharge(id string, in *paymentIntent, pm *paymentMethod, now time.Time) *charge {
	return &charge{
		ID:                   id,
		Object:               "charge",
		Amount:               in.Amount,
		Created:              now.Unix(),
		Currency:             in.Currency,
		Metadata:             in.Metadata,
		PaymentIntent:        in.ID,
		PaymentMethod:        pm.ID,
		PaymentMethodDetails: paymentMethodDetails{pm.Card},
		Status:               "pending",
	}
}

func (ch *charge) capture() {
	ch.AmountCaptured = ch.Amount
	ch.Captured = true
	ch.Paid = true
	ch.Status = succeeded
}

// refund refunds an amount, or everything that's left if it's 0, and returns the amount.
func (ch *charge) refund(amount int64) (int64, error) {
	left := ch.AmountCaptured - ch.AmountRefunded
	switch {
	case ch.Status != succeeded:
		return 0, invalid("", "", "This PaymentIntent (%s) does not have a successful charge to refund.", ch.PaymentIntent)
	case ch.Refunded:
		return 0, invalid("", stripe.ErrorCodeChargeAlreadyRefunded, "Charge %s has already been refunded.", ch.ID)
	case amount > left:
		return 0, invalid("amount", "", "Refund amount (%s) is greater than unrefunded amount on charge (%s)", dollars(amount), dollars(left))
	case amount == 0:
		amount = left
	}
	ch.AmountRefunded += amount
	ch.Refunded = ch.AmountRefunded == ch.AmountCaptured
	return amount, nil
}

// takeBack undoes a failed refund, which can then be retried.
func (ch *charge) takeBack(amount int64) {
	ch.AmountRefunded -= amount
	ch.Refunded = false
}

func dollars(cents int64) string { return fmt.Sprintf("$%d.%02d", cents/100, cents%100) }

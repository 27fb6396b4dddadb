package sandbox

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v76"
)

// The states of a PaymentIntent that is captured automatically.
// Stripe: https://docs.stripe.com/payments/paymentintents/lifecycle.
const (
	requiresPaymentMethod = "requires_payment_method"
	requiresConfirmation  = "requires_confirmation"
	requiresAction        = "requires_action"
	succeeded             = "succeeded"
	canceled              = "canceled"
)

// The least and the most that Stripe charges, in cents of a dollar.
// Stripe: https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts.
const (
	minAmount = 50
	maxAmount = 99_999_999
)

// paymentIntent is one payment. It can be tried with several cards and is captured at most once.
// Stripe: https://docs.stripe.com/api/payment_intents/object.
type paymentIntent struct {
	ID                 string            `json:"id"`
	Object             string            `json:"object"`
	Amount             int64             `json:"amount"` // in cents
	AmountReceived     int64             `json:"amount_received"`
	CanceledAt         *int64            `json:"canceled_at"`
	CancellationReason string            `json:"cancellation_reason,omitempty"`
	ClientSecret       string            `json:"client_secret"`
	Created            int64             `json:"created"`
	Currency           string            `json:"currency"`
	LastPaymentError   *apiError         `json:"last_payment_error"`
	LatestCharge       string            `json:"latest_charge,omitempty"`
	Metadata           map[string]string `json:"metadata"`
	NextAction         *nextAction       `json:"next_action"`
	PaymentMethod      string            `json:"payment_method,omitempty"`
	Status             string            `json:"status"`
}

// nextAction makes Stripe.js show the bank's page.
type nextAction struct {
	Type         string       `json:"type"`
	UseStripeSDK useStripeSDK `json:"use_stripe_sdk"`
}

type useStripeSDK struct {
	Type     string `json:"type"`
	StripeJS string `json:"stripe_js"` // the address of the page
}

func newPaymentIntent(id string, amount int64, metadata map[string]string, now time.Time) *paymentIntent {
	return &paymentIntent{
		ID:           id,
		Object:       "payment_intent",
		Amount:       amount,
		ClientSecret: id + "_secret_" + rand.Text(),
		Created:      now.Unix(),
		Currency:     "usd",
		Metadata:     metadata,
		Status:       requiresPaymentMethod,
	}
}

// admits refuses a wrong client secret. A secret key needs none.
func (in *paymentIntent) admits(key apiKey, secret string) error {
	if secret == in.ClientSecret || secret == "" && key.secret() {
		return nil
	}
	return invalid("client_secret", "", "The client_secret provided does not match the client_secret associated with the PaymentIntent.")
}

// use sets the card to confirm with.
func (in *paymentIntent) use(pm *paymentMethod) {
	in.PaymentMethod = pm.ID
	in.Status = requiresConfirmation
}

// mayConfirm refuses to confirm an ended payment.
func (in *paymentIntent) mayConfirm() error {
	switch in.Status {
	case succeeded:
		return in.unexpectedState("You cannot confirm this PaymentIntent because it has already succeeded after being previously confirmed.")
	case canceled:
		return in.unexpectedState("You cannot confirm this PaymentIntent because it has a status of canceled. " +
			"Only a PaymentIntent with one of the following statuses may be confirmed: requires_confirmation, requires_action.")
	}
	return nil
}

// askBank sends the payer to the bank's page.
func (in *paymentIntent) askBank(pm *paymentMethod, page string) {
	in.use(pm)
	in.Status = requiresAction
	in.LastPaymentError = nil
	in.NextAction = &nextAction{"use_stripe_sdk", useStripeSDK{"three_d_secure_redirect", page}}
}

// succeed ends the payment with the charge that captured it.
func (in *paymentIntent) succeed(ch *charge) {
	in.AmountReceived = ch.AmountCaptured
	in.LatestCharge = ch.ID
	in.PaymentMethod = ch.PaymentMethod
	in.LastPaymentError = nil
	in.NextAction = nil
	in.Status = succeeded
}

// decline removes the card and returns the error for the request that used it. The payer may try another.
func (in *paymentIntent) decline(ch *charge, pm *paymentMethod, card testCard) *apiError {
	reason := apiError{
		Status:        http.StatusPaymentRequired,
		Charge:        ch.ID,
		Code:          stripe.ErrorCodeCardDeclined,
		DeclineCode:   card.declineCode,
		Message:       card.message,
		PaymentMethod: pm,
		Type:          stripe.ErrorTypeCard,
	}
	in.LatestCharge = ch.ID
	in.fail(reason)
	reason.PaymentIntent = in.copy()
	return &reason
}

// failAuthentication removes the card because the payer refused at the bank.
func (in *paymentIntent) failAuthentication(pm *paymentMethod) {
	in.fail(apiError{
		Code: stripe.ErrorCodePaymentIntentAuthenticationFailure,
		Message: "The provided PaymentMethod has failed authentication. " +
			"You can provide payment_method_data or a new PaymentMethod to attempt to fulfill this PaymentIntent again.",
		PaymentMethod: pm,
		Type:          stripe.ErrorTypeInvalidRequest,
	})
}

func (in *paymentIntent) fail(reason apiError) {
	in.LastPaymentError = &reason
	in.PaymentMethod = ""
	in.NextAction = nil
	in.Status = requiresPaymentMethod
}

// cancel ends the payment for good.
func (in *paymentIntent) cancel(reason string, now time.Time) error {
	cancelable := []string{requiresPaymentMethod, "requires_capture", requiresConfirmation, requiresAction, "processing"}
	if !slices.Contains(cancelable, in.Status) {
		return in.unexpectedState(fmt.Sprintf("You cannot cancel this PaymentIntent because it has a status of %s. "+
			"Only a PaymentIntent with one of the following statuses may be canceled: %s.", in.Status, strings.Join(cancelable, ", ")))
	}
	in.CanceledAt = new(now.Unix())
	in.CancellationReason = reason
	in.NextAction = nil
	in.Status = canceled
	return nil
}

func (in *paymentIntent) unexpectedState(message string) error {
	refusal := invalid("", stripe.ErrorCodePaymentIntentUnexpectedState, "%s", message)
	refusal.PaymentIntent = in.copy()
	return refusal
}

// copy is a snapshot for an error, unaffected by later changes.
func (in *paymentIntent) copy() *paymentIntent { return new(*in) }

package payments

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/client"

	"ticketing.dev/common/money"
	"ticketing.dev/common/problem"
)

// callTimeout bounds one call to Stripe, including the library's retries. It's well under the bus's AckWait.
const callTimeout = 8 * time.Second

// processor is the part of Stripe's API that payments uses.
type processor struct {
	api     *client.API
	timeout time.Duration
}

// StripeConfig is how to reach Stripe. URL is empty for Stripe itself, or the sandbox's address.
type StripeConfig struct {
	Key string `env:"STRIPE_KEY,required,notEmpty"`
	// WebhookSecrets verify Stripe's webhooks, separated by commas: two while one replaces the other.
	WebhookSecrets webhookSecrets `env:"STRIPE_WEBHOOK_SECRET,required,notEmpty"`
	URL            string         `env:"STRIPE_API_URL"`
	// Timeout bounds one call; 0 means callTimeout.
	Timeout time.Duration
}

func newProcessor(c StripeConfig, transport http.RoundTripper, log *slog.Logger) processor {
	if c.Timeout == 0 {
		c.Timeout = callTimeout
	}
	backend := &stripe.BackendConfig{
		HTTPClient:    &http.Client{Timeout: c.Timeout, Transport: transport},
		LeveledLogger: stripeLog{log},
	}
	if c.URL != "" {
		backend.URL = stripe.String(strings.TrimSuffix(c.URL, "/"))
	}
	api := client.New(c.Key, &stripe.Backends{API: stripe.GetBackendWithConfig(stripe.APIBackend, backend)})
	return processor{api, c.Timeout}
}

// method creates a PaymentMethod from a token. A token that is a PaymentMethod already only has to exist.
func (p processor) method(ctx context.Context, token string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	if strings.HasPrefix(token, "pm_") {
		_, err := p.api.PaymentMethods.Get(token, &stripe.PaymentMethodParams{Params: stripe.Params{Context: ctx}})
		return token, err
	}
	method, err := p.api.PaymentMethods.New(&stripe.PaymentMethodParams{
		Params: stripe.Params{Context: ctx},
		Type:   stripe.String(string(stripe.PaymentMethodTypeCard)),
		Card:   &stripe.PaymentMethodCardParams{Token: stripe.String(token)},
	})
	if err != nil {
		return "", err
	}
	return method.ID, nil
}

// open creates an unconfirmed PaymentIntent. No money moves.
func (p processor) open(ctx context.Context, order string, amount money.Cents, method string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	intent, err := p.api.PaymentIntents.New(&stripe.PaymentIntentParams{
		Params:             stripe.Params{Context: ctx},
		Metadata:           map[string]string{"order_id": order},
		Amount:             stripe.Int64(int64(amount)),
		Currency:           stripe.String(string(stripe.CurrencyUSD)),
		PaymentMethod:      stripe.String(method),
		PaymentMethodTypes: stripe.StringSlice([]string{string(stripe.PaymentMethodTypeCard)}),
	})
	if err != nil {
		return "", err
	}
	return intent.ID, nil
}

// confirm asks the bank for the money. If the bank asks the payer, Stripe.js shows the bank's page in the
// payer's browser (use_stripe_sdk).
func (p processor) confirm(ctx context.Context, intent string) error {
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	_, err := p.api.PaymentIntents.Confirm(intent, &stripe.PaymentIntentConfirmParams{
		Params:       stripe.Params{Context: ctx},
		UseStripeSDK: stripe.Bool(true),
	})
	return err
}

// read fetches the current state of a PaymentIntent, with its latest charge.
func (p processor) read(ctx context.Context, intent string) (*stripe.PaymentIntent, error) {
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	params := &stripe.PaymentIntentParams{Params: stripe.Params{Context: ctx}}
	params.AddExpand("latest_charge")
	return p.api.PaymentIntents.Get(intent, params)
}

// cardOf is the card that a PaymentIntent was paid with, or nil if Stripe doesn't say.
func cardOf(intent *stripe.PaymentIntent) *Card {
	ch := intent.LatestCharge
	if ch == nil || ch.PaymentMethodDetails == nil || ch.PaymentMethodDetails.Card == nil {
		return nil
	}
	card := ch.PaymentMethodDetails.Card
	return &Card{Brand: string(card.Brand), Last4: card.Last4}
}

// cancel ends a PaymentIntent for good and returns how it ended: canceled, or succeeded if that came first.
// why may be empty.
func (p processor) cancel(ctx context.Context, intent string, why stripe.PaymentIntentCancellationReason) (*stripe.PaymentIntent, error) {
	bounded, stop := context.WithTimeout(ctx, p.timeout)
	defer stop()
	params := &stripe.PaymentIntentCancelParams{Params: stripe.Params{Context: bounded}}
	if why != "" {
		params.CancellationReason = stripe.String(string(why))
	}
	ended, err := p.api.PaymentIntents.Cancel(intent, params)
	if refusal, ok := errors.AsType[*stripe.Error](err); ok && refusal.Code == stripe.ErrorCodePaymentIntentUnexpectedState {
		return p.read(ctx, intent)
	}
	return ended, err
}

// refund returns the whole amount and the refund's id. It's idempotent: it finds an earlier refund.
func (p processor) refund(ctx context.Context, intent string, amount money.Cents) (string, error) {
	if id, err := p.refunded(ctx, intent, amount); id != "" || err != nil {
		return id, err
	}
	bounded, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	refund, err := p.api.Refunds.New(&stripe.RefundParams{
		Params:        stripe.Params{Context: bounded},
		PaymentIntent: stripe.String(intent),
	})
	if refusal, ok := errors.AsType[*stripe.Error](err); ok && refusal.Code == stripe.ErrorCodeChargeAlreadyRefunded {
		return p.refunded(ctx, intent, amount)
	}
	if err != nil {
		return "", err
	}
	return refund.ID, nil
}

// refunded finds the refund of a PaymentIntent whose whole amount was refunded.
func (p processor) refunded(ctx context.Context, intent string, amount money.Cents) (string, error) {
	r, err := p.refunds(ctx, intent)
	if err != nil || r.Refunded < amount {
		return "", err
	}
	return r.Refund, nil
}

// returns reads the refunds and the latest dispute of a PaymentIntent.
func (p processor) returns(ctx context.Context, intent string) (Returns, error) {
	r, err := p.refunds(ctx, intent)
	if err != nil {
		return r, err
	}
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	all := p.api.Disputes.List(&stripe.DisputeListParams{
		ListParams:    stripe.ListParams{Context: ctx, Limit: stripe.Int64(1), Single: true}, // the newest
		PaymentIntent: stripe.String(intent),
	})
	if all.Next() {
		d := all.Dispute()
		r.Dispute = &Dispute{ID: d.ID, Status: string(d.Status), Reason: string(d.Reason), Amount: money.Cents(d.Amount)}
	}
	return r, all.Err()
}

// refunds reads the refunds of a PaymentIntent, newest first, as Stripe lists them.
func (p processor) refunds(ctx context.Context, intent string) (r Returns, err error) {
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	all := p.api.Refunds.List(&stripe.RefundListParams{
		ListParams:    stripe.ListParams{Context: ctx},
		PaymentIntent: stripe.String(intent),
	})
	for all.Next() {
		switch refund := all.Refund(); {
		case !undone(refund):
			r.Refund = cmp.Or(r.Refund, refund.ID)
			r.Refunded += money.Cents(refund.Amount)
		default:
			r.Failed = append(r.Failed, FailedRefund{ID: refund.ID, Reason: cmp.Or(string(refund.FailureReason), string(refund.Status))})
		}
	}
	return r, all.Err()
}

// subject is the object of a Stripe event.
type subject struct{ ID, Object string }

// moneyMovedEvents are about refunds and disputes.
var moneyMovedEvents = []stripe.EventType{
	stripe.EventTypeChargeRefunded, stripe.EventTypeChargeRefundUpdated,
	stripe.EventTypeRefundCreated, stripe.EventTypeRefundUpdated,
	stripe.EventTypeChargeDisputeCreated, stripe.EventTypeChargeDisputeUpdated, stripe.EventTypeChargeDisputeClosed,
	stripe.EventTypeChargeDisputeFundsWithdrawn, stripe.EventTypeChargeDisputeFundsReinstated,
}

// moneyMovedSince reads the subjects of these events, without duplicates.
func (p processor) moneyMovedSince(ctx context.Context, since time.Time) (subjects []subject, err error) {
	params := &stripe.EventListParams{
		ListParams:   stripe.ListParams{Context: ctx, Limit: stripe.Int64(100)},
		CreatedRange: &stripe.RangeQueryParams{GreaterThanOrEqual: since.Unix()},
	}
	for _, kind := range moneyMovedEvents {
		params.Types = append(params.Types, stripe.String(string(kind)))
	}
	seen := make(map[subject]bool)
	all := p.api.Events.List(params)
	for all.Next() {
		var about subject
		if e := all.Event(); e.Data == nil || json.Unmarshal(e.Data.Raw, &about) != nil || seen[about] {
			continue
		}
		seen[about] = true
		subjects = append(subjects, about)
	}
	return subjects, all.Err()
}

// intentBehind reads the PaymentIntent of a refund, a dispute or a charge at Stripe. It may be empty.
func (p processor) intentBehind(ctx context.Context, object, id string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	params := stripe.Params{Context: ctx}
	var intent *stripe.PaymentIntent
	var err error
	switch object {
	case "refund":
		var r *stripe.Refund
		if r, err = p.api.Refunds.Get(id, &stripe.RefundParams{Params: params}); err == nil {
			intent = r.PaymentIntent
		}
	case "dispute":
		var d *stripe.Dispute
		if d, err = p.api.Disputes.Get(id, &stripe.DisputeParams{Params: params}); err == nil {
			intent = d.PaymentIntent
		}
	case "charge":
		var ch *stripe.Charge
		if ch, err = p.api.Charges.Get(id, &stripe.ChargeParams{Params: params}); err == nil {
			intent = ch.PaymentIntent
		}
	}
	if err != nil || intent == nil {
		return "", err
	}
	return intent.ID, nil
}

// undone reports whether a refund's money never left or came back, such as from a closed bank account.
func undone(r *stripe.Refund) bool {
	return r.Status == stripe.RefundStatusFailed || r.Status == stripe.RefundStatusCanceled
}

// refusal returns Stripe's definite refusal of a request. After anything else (no response, a 5xx, too many
// requests, a key in use, wrong credentials) the outcome is unknown.
func refusal(err error) (*stripe.Error, bool) {
	e, ok := errors.AsType[*stripe.Error](err)
	if !ok {
		return nil, false
	}
	switch e.HTTPStatusCode {
	case http.StatusBadRequest, http.StatusPaymentRequired, http.StatusNotFound:
		return e, true
	}
	return nil, false
}

// toPayer explains to the payer why a payment failed at Stripe. Stripe's messages about cards are meant for
// the cardholder, all others for developers (https://docs.stripe.com/api/errors).
func toPayer(e *stripe.Error) string {
	switch {
	case e.Code == stripe.ErrorCodePaymentIntentAuthenticationFailure:
		return "The payment was not confirmed at the bank"
	case e.Type == stripe.ErrorTypeCard && e.Msg != "":
		return e.Msg
	}
	return "The payment was refused"
}

// ErrStripeAway means that Stripe couldn't be asked about a token.
var ErrStripeAway = &problem.Error{
	Kind:       problem.Unavailable,
	Details:    []problem.Detail{{Message: "Payments aren't available right now. You haven't been charged."}},
	RetryAfter: 5 * time.Second,
}

// stripeLog logs stripe-go's lines at debug level. The callers log what matters.
type stripeLog struct{ log *slog.Logger }

func (l stripeLog) Debugf(string, ...any)            {}
func (l stripeLog) Infof(string, ...any)             {}
func (l stripeLog) Warnf(format string, args ...any) { l.log.Debug(fmt.Sprintf(format, args...)) }
func (l stripeLog) Errorf(format string, args ...any) {
	l.log.Debug(fmt.Sprintf(format, args...))
}

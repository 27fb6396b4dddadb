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

// callTimeout ends one call to Stripe, with the library's own repetitions. It is well under the bus's
// AckWait.
const callTimeout = 8 * time.Second

// processor is what payments asks of Stripe.
type processor struct {
	api     *client.API
	timeout time.Duration
}

// StripeConfig says how Stripe is reached. URL is another address than Stripe's own: the sandbox's.
type StripeConfig struct {
	Key           string `env:"STRIPE_KEY,required,notEmpty"`
	WebhookSecret string `env:"STRIPE_WEBHOOK_SECRET,required,notEmpty"`
	URL           string `env:"STRIPE_API_URL"`
	// Timeout ends one call. It is callTimeout where it is 0.
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

// method makes a PaymentMethod of a token. One that is a PaymentMethod already is taken as it is, once
// Stripe knows it.
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

// open makes a PaymentIntent that is not confirmed yet: no money moves.
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

// confirm asks the bank for the money. If the bank has to ask the payer, it is Stripe.js in the payer's
// browser that shows the bank's page: use_stripe_sdk.
func (p processor) confirm(ctx context.Context, intent string) error {
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	_, err := p.api.PaymentIntents.Confirm(intent, &stripe.PaymentIntentConfirmParams{
		Params:       stripe.Params{Context: ctx},
		UseStripeSDK: stripe.Bool(true),
	})
	return err
}

// read fetches a PaymentIntent as it now stands.
func (p processor) read(ctx context.Context, intent string) (*stripe.PaymentIntent, error) {
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	return p.api.PaymentIntents.Get(intent, &stripe.PaymentIntentParams{Params: stripe.Params{Context: ctx}})
}

// cancel makes sure that nobody confirms a PaymentIntent any more, and returns how it has ended:
// canceled, or succeeded if that came first. why may be empty.
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

// refund gives the whole amount back and returns the refund's id. It may be called again: what has
// been given back before is found and not given again.
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

// refunded finds the refund of a PaymentIntent, if the whole amount has been given back.
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

// refunds reads the refunds of a PaymentIntent, which Stripe lists newest first.
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

// subject is what an event at Stripe is about.
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

// intentBehind reads which PaymentIntent a refund, a dispute or a charge at Stripe is about. It is empty if
// there is none.
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

// undone says whether the money of a refund has stayed here or come back, as when the bank has closed
// the account behind the card.
func undone(r *stripe.Refund) bool {
	return r.Status == stripe.RefundStatusFailed || r.Status == stripe.RefundStatusCanceled
}

// refusal says whether Stripe has definitely refused what it was asked, and how. Everything else (no
// answer, a 5xx, too many requests, a key in use, credentials that are wrong) leaves the outcome open.
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

// toPayer explains to the payer why a payment failed at Stripe. What Stripe says of a card
// may be shown to its holder; all else it says to those who wrote the request
// (https://docs.stripe.com/api/errors).
func toPayer(e *stripe.Error) string {
	switch {
	case e.Code == stripe.ErrorCodePaymentIntentAuthenticationFailure:
		return "The payment was not confirmed at the bank"
	case e.Type == stripe.ErrorTypeCard && e.Msg != "":
		return e.Msg
	}
	return "The payment was refused"
}

// ErrStripeAway says that Stripe could not be asked about a token.
var ErrStripeAway = &problem.Error{
	Kind:       problem.Unavailable,
	Details:    []problem.Detail{{Message: "Payments aren't available right now. You haven't been charged."}},
	RetryAfter: 5 * time.Second,
}

// stripeLog leaves the lines of stripe-go to those who ask for them: what matters is logged where it
// is handled.
type stripeLog struct{ log *slog.Logger }

func (l stripeLog) Debugf(string, ...any)            {}
func (l stripeLog) Infof(string, ...any)             {}
func (l stripeLog) Warnf(format string, args ...any) { l.log.Debug(fmt.Sprintf(format, args...)) }
func (l stripeLog) Errorf(format string, args ...any) {
	l.log.Debug(fmt.Sprintf(format, args...))
}

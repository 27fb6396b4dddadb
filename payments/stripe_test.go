package payments

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"ticketing.dev/common/service/servicetest"
	"ticketing.dev/common/standin"
)

// stripe-mock checks requests against Stripe's own specification: what it accepts, Stripe does. It
// keeps no state, so the answers mean nothing.
func TestStripesOwnMockAcceptsEveryRequest(t *testing.T) {
	p := newProcessor(StripeConfig{Key: "sk_test_123", URL: standin.Start(t, "stripe-mock").URL, Timeout: 10 * time.Second}, nil, servicetest.Log(t))
	ctx := t.Context()
	method, err := p.method(ctx, "tok_visa")
	if err != nil {
		t.Fatal("make a payment method:", err)
	}
	if _, err := p.method(ctx, "pm_card_visa"); err != nil {
		t.Error("read a payment method:", err)
	}
	intent, err := p.open(ctx, "65a000000000000000000001", 1999, method)
	if err != nil {
		t.Fatal("make a PaymentIntent:", err)
	}
	if err := p.confirm(ctx, intent); err != nil {
		t.Error("confirm:", err)
	}
	if _, err := p.read(ctx, intent); err != nil {
		t.Error("read:", err)
	}
	for _, why := range []stripe.PaymentIntentCancellationReason{"", stripe.PaymentIntentCancellationReasonRequestedByCustomer} {
		if _, err := p.cancel(ctx, intent, why); err != nil {
			t.Errorf("cancel because of %q: %v", why, err)
		}
	}
	if _, err := p.refund(ctx, intent, 99999999); err != nil {
		t.Error("refund:", err)
	}
	for object, id := range map[string]string{"refund": "re_1", "dispute": "dp_1", "charge": "ch_1"} {
		if _, err := p.intentBehind(ctx, object, id); err != nil {
			t.Errorf("read a %s: %v", object, err)
		}
	}
	if _, err := p.returns(ctx, intent); err != nil {
		t.Error("list refunds and disputes:", err)
	}
	if _, err := p.moneyMovedSince(ctx, time.Now().Add(-eventsKept)); err != nil {
		t.Error("list events:", err)
	}
	if _, err := p.refunded(ctx, intent, 1); err != nil {
		t.Error("list refunds:", err)
	}
}

// Stripe wants to know who confirms on a server and lets Stripe.js show the bank's page.
func TestStripeKnowsThatTheClientShowsTheBanksPage(t *testing.T) {
	var told url.Values
	fake := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		told = r.PostForm
		_, _ = io.WriteString(w, "{}")
	}))
	defer fake.Close()
	p := newProcessor(StripeConfig{Key: "sk_test_123", URL: fake.URL}, nil, servicetest.Log(t))
	if err := p.confirm(t.Context(), "pi_1"); err != nil {
		t.Fatal(err)
	}
	if told.Get("use_stripe_sdk") != "true" {
		t.Errorf("the request to Stripe had %v, want use_stripe_sdk=true", told)
	}
}

func TestPayersSeeOnlyCardErrors(t *testing.T) {
	for _, c := range []struct {
		kind          stripe.ErrorType
		code          stripe.ErrorCode
		message, want string
	}{
		{"card_error", "card_declined", "Your card was declined.", "Your card was declined."},
		{"card_error", "card_declined", "", "The payment was refused"},
		{"invalid_request_error", "payment_intent_authentication_failure", "The provided PaymentMethod has failed authentication.", "The payment was not confirmed at the bank"},
		{"invalid_request_error", "resource_missing", "No such PaymentMethod: 'pm_1'", "The payment was refused"},
		{"api_error", "", "An unknown error occurred.", "The payment was refused"},
	} {
		if got := toPayer(&stripe.Error{Type: c.kind, Code: c.code, Msg: c.message}); got != c.want {
			t.Errorf("%s %s %q is shown as %q, want %q", c.kind, c.code, c.message, got, c.want)
		}
	}
}

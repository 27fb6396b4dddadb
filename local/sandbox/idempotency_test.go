package sandbox_test

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"ticketing.dev/local/sandbox"
)

// clock is a clock that a test moves.
type clock struct{ passed atomic.Int64 }

func (c *clock) now() time.Time           { return time.Now().Add(time.Duration(c.passed.Load())) }
func (c *clock) advance(d time.Duration)  { c.passed.Add(int64(d)) }
func replayed(r *stripe.APIResponse) bool { return r.Header.Get("Idempotent-Replayed") == "true" }
func keyed(key string) stripe.Params      { return stripe.Params{IdempotencyKey: stripe.String(key)} }
func (a *account) create(key string, cents int64) (*stripe.PaymentIntent, error) {
	return a.PaymentIntents.New(&stripe.PaymentIntentParams{Params: keyed(key), Amount: stripe.Int64(cents), Currency: stripe.String("usd")})
}

func TestTheSameKeyReplaysTheResponse(t *testing.T) {
	a := open(t, sandbox.Options{})
	first, err := a.create("key", 2000)
	a.must(err)
	again, err := a.create("key", 2000)
	a.must(err)
	if again.ID != first.ID || replayed(first.LastResponse) || !replayed(again.LastResponse) {
		t.Errorf("got %s and %s, replayed: %t and %t", first.ID, again.ID, replayed(first.LastResponse), replayed(again.LastResponse))
	}
	if entries := a.ledger().Entries; len(entries) != 1 {
		t.Errorf("made %d intents", len(entries))
	}
}

func TestTheSameKeyReplaysADecline(t *testing.T) {
	a := open(t, sandbox.Options{})
	in := a.intent("")
	confirm := func(method string) error {
		_, err := a.PaymentIntents.Confirm(in.ID, &stripe.PaymentIntentConfirmParams{Params: keyed("key"), PaymentMethod: stripe.String(method)})
		return err
	}
	first := refused(t, confirm("pm_card_chargeDeclined"), http.StatusPaymentRequired, "card_declined")
	again := refused(t, confirm("pm_card_chargeDeclined"), http.StatusPaymentRequired, "card_declined")
	if again.ChargeID != first.ChargeID || !replayed(again.LastResponse) {
		t.Errorf("the card was tried again: %s and %s", first.ChargeID, again.ChargeID)
	}
}

func TestAKeyCannotBeReusedForAnotherRequest(t *testing.T) {
	a := open(t, sandbox.Options{})
	in, err := a.create("key", 2000)
	a.must(err)
	_, err = a.create("key", 2001)
	refusal := refused(t, err, http.StatusBadRequest, "")
	want := "Keys for idempotent requests can only be used with the same parameters they were first used with. " +
		"Try using a key other than 'key' if you meant to execute a different request."
	if refusal.Type != stripe.ErrorTypeIdempotency || refusal.Msg != want {
		t.Errorf("got %s %q", refusal.Type, refusal.Msg)
	}
	_, err = a.PaymentIntents.Cancel(in.ID, &stripe.PaymentIntentCancelParams{Params: keyed("key")})
	if refusal := refused(t, err, http.StatusBadRequest, ""); refusal.Type != stripe.ErrorTypeIdempotency || !strings.Contains(refusal.Msg, "same endpoint") {
		t.Errorf("got %s %q", refusal.Type, refusal.Msg)
	}
	if status := a.status(in.ID); status != stripe.PaymentIntentStatusRequiresPaymentMethod {
		t.Errorf("got %s", status)
	}
}

func TestAKeyInUseIsRefused(t *testing.T) {
	a := open(t, sandbox.Options{})
	a.fault(sandbox.Fault{Operation: "payment_intents.create", Kind: "hang", Times: 1})
	ctx, leave := context.WithCancel(t.Context())
	left := make(chan error)
	go func() {
		params := &stripe.PaymentIntentParams{Params: keyed("key"), Amount: stripe.Int64(2000), Currency: stripe.String("usd")}
		params.Context = ctx
		_, err := a.PaymentIntents.New(params)
		left <- err
	}()
	eventually(t, "the first request hangs", func() bool { return len(a.faults()) == 0 })
	_, err := a.create("key", 2000)
	refused(t, err, http.StatusConflict, "idempotency_key_in_use")
	_, err = a.create("other", 2000)
	a.must(err)

	leave()
	if err := <-left; err == nil {
		t.Error("the hanging request was answered")
	}
	eventually(t, "the key is free again", func() bool {
		in, err := a.create("key", 2000)
		return err == nil && !replayed(in.LastResponse) // the hanging request had no effect
	})
}

func TestAKeyExpiresAfterADay(t *testing.T) {
	var clock clock
	a := open(t, sandbox.Options{Now: clock.now})
	first, err := a.create("key", 2000)
	a.must(err)
	clock.advance(23 * time.Hour)
	again, err := a.create("key", 2000)
	a.must(err)
	clock.advance(time.Hour)
	later, err := a.create("key", 3000)
	a.must(err)
	if again.ID != first.ID || later.ID == first.ID {
		t.Errorf("got %s, %s, %s", first.ID, again.ID, later.ID)
	}
}

func TestAnInvalidRequestDoesNotUseItsKey(t *testing.T) {
	a := open(t, sandbox.Options{})
	_, err := a.create("key", 49)
	refused(t, err, http.StatusBadRequest, "amount_too_small")
	in, err := a.create("key", 2000)
	a.must(err)
	if replayed(in.LastResponse) {
		t.Error("replayed")
	}
}

func TestAKeyHasNoEffectOnGet(t *testing.T) {
	a := open(t, sandbox.Options{})
	in := a.intent("pm_card_visa")
	get := func() *stripe.PaymentIntent {
		params := &stripe.PaymentIntentParams{}
		params.Headers = http.Header{"Idempotency-Key": {"key"}}
		got, err := a.PaymentIntents.Get(in.ID, params)
		a.must(err)
		return got
	}
	before := get()
	_, err := a.PaymentIntents.Confirm(in.ID, nil)
	a.must(err)
	if after := get(); after.Status == before.Status {
		t.Errorf("replayed %s", after.Status)
	}
}

package sandbox_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"ticketing.dev/local/sandbox"
)

func (a *account) faults() []sandbox.Fault {
	a.t.Helper()
	var list struct{ Faults []sandbox.Fault }
	a.admin("GET", "/sandbox/faults", nil, &list)
	return list.Faults
}

// outcome is the HTTP status of a call, or 0 without a response.
func outcome(in *stripe.PaymentIntent, err error) (status int) {
	if err == nil {
		return in.LastResponse.StatusCode
	}
	if refusal, ok := errors.AsType[*stripe.Error](err); ok {
		return refusal.HTTPStatusCode
	}
	return 0
}

func TestFaultsOfAnOperation(t *testing.T) {
	for _, test := range []struct {
		kind     string
		answered int  // 0 without a response
		effect   bool // before the request is repeated
		repeated int  // status of a second request with the same key
	}{
		{"slow", 200, true, 200},
		{"hang", 0, false, 200},
		{"error_before", 500, false, 200},
		{"hang_after", 0, true, 200},
		{"error_after", 500, true, 500},
		{"drop_after", 0, true, 200},
	} {
		t.Run(test.kind, func(t *testing.T) {
			a := open(t, sandbox.Options{})
			in := a.intent("pm_card_visa")
			confirm := func(timeout time.Duration) (*stripe.PaymentIntent, error) {
				ctx, cancel := context.WithTimeout(t.Context(), timeout)
				defer cancel()
				params := &stripe.PaymentIntentConfirmParams{Params: keyed("key")}
				params.Context = ctx
				return a.PaymentIntents.Confirm(in.ID, params)
			}
			timeout := 10 * time.Second
			if test.kind == "hang" || test.kind == "hang_after" {
				timeout = 200 * time.Millisecond
			}
			a.fault(sandbox.Fault{Operation: "payment_intents.confirm", Kind: test.kind, Times: 1, DelayMS: 30})
			start := time.Now()
			if got := outcome(confirm(timeout)); got != test.answered {
				t.Fatalf("answered %d", got)
			}
			if test.kind == "slow" && time.Since(start) < 30*time.Millisecond {
				t.Error("it was not slow")
			}
			if effect := a.status(in.ID) == stripe.PaymentIntentStatusSucceeded; effect != test.effect {
				t.Errorf("effect: %t", effect)
			}
			repeated := http.StatusConflict // until the sandbox notices the disconnect
			eventually(t, "the key is free", func() bool {
				repeated = outcome(confirm(10 * time.Second))
				return repeated != http.StatusConflict
			})
			if repeated != test.repeated {
				t.Errorf("repeated: %d", repeated)
			}
			if l := a.ledger(); l.Captured != 2000 || l.Entries[0].CapturedTimes != 1 {
				t.Errorf("got %+v", l)
			}
		})
	}
}

func TestASlowRequestTakesEffectAfterItsClientLeft(t *testing.T) {
	a := open(t, sandbox.Options{})
	in := a.intent("pm_card_visa")
	a.fault(sandbox.Fault{Operation: "payment_intents.confirm", Kind: "slow", Times: 1, DelayMS: 100})
	ctx, leave := context.WithCancel(t.Context())
	left := make(chan error)
	go func() {
		params := &stripe.PaymentIntentConfirmParams{}
		params.Context = ctx
		_, err := a.PaymentIntents.Confirm(in.ID, params)
		left <- err
	}()
	eventually(t, "the fault strikes", func() bool { return len(a.faults()) == 0 })
	leave()
	if err := <-left; err == nil {
		t.Fatal("it was answered before the client left")
	}
	eventually(t, "captured", func() bool { return a.status(in.ID) == stripe.PaymentIntentStatusSucceeded })
}

func TestFaultsAreCountedAndCleared(t *testing.T) {
	a := open(t, sandbox.Options{})
	broken := func() bool {
		_, err := a.create("", 2000)
		return err != nil
	}
	a.fault(sandbox.Fault{Operation: "payment_intents.create", Kind: "error_before", Times: 2})
	if !broken() || a.faults()[0].Times != 1 || !broken() || broken() {
		t.Error("a fault with times 2 did not strike twice")
	}
	a.fault(sandbox.Fault{Operation: "*", Kind: "error_before"})
	for range 3 {
		if !broken() {
			t.Fatal("a fault with times 0 ended")
		}
	}
	if _, err := a.PaymentMethods.Get("pm_card_visa", nil); err == nil {
		t.Error("* does not cover payment_methods.retrieve")
	}
	if status := a.admin("DELETE", "/sandbox/faults", nil, nil); status != http.StatusNoContent || broken() {
		t.Errorf("not cleared: %d", status)
	}
	a.fault(sandbox.Fault{Operation: "payment_intents.create", Kind: "error_before", Probability: 0.5})
	struck := 0
	for range 100 {
		if broken() {
			struck++
		}
	}
	if struck < 20 || struck > 80 { // outside once in 10^9 runs
		t.Errorf("struck %d times in 100", struck)
	}
}

func TestRefusesFaultsThatCouldNeverStrike(t *testing.T) {
	a := open(t, sandbox.Options{})
	for _, f := range []any{
		sandbox.Fault{Operation: "payment_intents.explode", Kind: "hang"},
		sandbox.Fault{Operation: "refunds.create", Kind: "drop"},
		sandbox.Fault{Operation: "webhooks", Kind: "hang"},
		sandbox.Fault{Operation: "refunds.create", Kind: "slow"},
		sandbox.Fault{Operation: "refunds.create", Kind: "hang", Times: -1},
		sandbox.Fault{Operation: "refunds.create", Kind: "hang", Probability: 1.5},
		map[string]string{"operaton": "refunds.create", "kind": "hang"},
	} {
		if status := a.admin("POST", "/sandbox/faults", f, nil); status != http.StatusBadRequest {
			t.Errorf("%+v: status %d", f, status)
		}
	}
	if faults := a.faults(); len(faults) != 0 {
		t.Errorf("got %v", faults)
	}
}

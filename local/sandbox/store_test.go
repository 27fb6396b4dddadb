package sandbox_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"ticketing.dev/local/sandbox"
)

func TestStateSurvivesARestart(t *testing.T) {
	o := sandbox.Options{Dir: t.TempDir()}
	a := open(t, o)
	paid := a.paid()
	declined := a.intent("pm_card_chargeDeclined")
	_, err := a.PaymentIntents.Confirm(declined.ID, nil)
	refused(t, err, http.StatusPaymentRequired, "card_declined")
	keyed, err := a.create("key", 2000)
	a.must(err)
	before := a.ledger()

	a.must(a.sandbox.Close())
	a = open(t, o)
	if after := a.ledger(); after.Captured != before.Captured || len(after.Entries) != len(before.Entries) {
		t.Errorf("got %+v, want %+v", after, before)
	}
	again, err := a.create("key", 2000)
	a.must(err)
	if again.ID != keyed.ID || !replayed(again.LastResponse) {
		t.Errorf("got %s, want %s", again.ID, keyed.ID)
	}
	got, err := a.PaymentIntents.Get(declined.ID, nil)
	a.must(err)
	if got.LastPaymentError == nil || got.LastPaymentError.Code != stripe.ErrorCodeCardDeclined {
		t.Errorf("got %+v", got.LastPaymentError)
	}
	_, err = a.PaymentIntents.Confirm(paid.ID, nil)
	refused(t, err, http.StatusBadRequest, "payment_intent_unexpected_state")
	_, err = a.Refunds.New(&stripe.RefundParams{PaymentIntent: stripe.String(paid.ID)})
	a.must(err)
}

// A copy of a running sandbox's file is what a killed sandbox would leave.
func TestAnAnswerIsOnDiskBeforeItIsSent(t *testing.T) {
	running, killed := t.TempDir(), t.TempDir()
	a := open(t, sandbox.Options{Dir: running})
	paid := a.paid()
	file, err := os.ReadFile(filepath.Join(running, "stripe.db"))
	a.must(err)
	a.must(os.WriteFile(filepath.Join(killed, "stripe.db"), file, 0o600))

	if status := open(t, sandbox.Options{Dir: killed}).status(paid.ID); status != stripe.PaymentIntentStatusSucceeded {
		t.Errorf("got %s", status)
	}
}

func TestTwoSandboxesCannotShareAState(t *testing.T) {
	o := sandbox.Options{Dir: t.TempDir()}
	open(t, o)
	if second, err := sandbox.Open(o); err == nil {
		t.Errorf("two sandboxes share one state; close: %v", second.Close())
	}
}

func TestAClosedSandboxAnswers500(t *testing.T) {
	a := open(t, sandbox.Options{})
	a.must(a.sandbox.Close())
	if status, _ := a.raw("GET", "/v1/refunds", "Bearer sk_test_1", ""); status != http.StatusInternalServerError {
		t.Errorf("got %d", status)
	}
}

func TestCloseReleasesHangingRequests(t *testing.T) {
	for _, kind := range []string{"hang", "hang_after", "slow"} {
		t.Run(kind, func(t *testing.T) {
			a := open(t, sandbox.Options{})
			a.fault(sandbox.Fault{Operation: "*", Kind: kind, Times: 1, DelayMS: time.Hour.Milliseconds()})
			ended := make(chan error)
			go func() {
				_, err := a.create("", 2000)
				ended <- err
			}()
			eventually(t, "the fault strikes", func() bool { return len(a.faults()) == 0 })
			a.must(a.sandbox.Close())
			if err := <-ended; err == nil {
				t.Error("answered")
			}
		})
	}
}

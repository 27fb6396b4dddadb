package remote_test

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/client"

	"ticketing.dev/common/money"
	"ticketing.dev/local/sandbox"
	"ticketing.dev/local/sandbox/remote"
)

func open(t *testing.T) (remote.Sandbox, *client.API) {
	t.Helper()
	s, err := sandbox.Open(sandbox.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		server.Close()
	})
	calls := client.New("sk_test_123", &stripe.Backends{API: stripe.GetBackendWithConfig(stripe.APIBackend, &stripe.BackendConfig{
		URL: stripe.String(server.URL), MaxNetworkRetries: stripe.Int64(0), LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull},
	})})
	return remote.Sandbox{URL: server.URL}, calls
}

func TestThePayerAnswersTheBank(t *testing.T) {
	s, calls := open(t)
	intent, err := calls.PaymentIntents.New(&stripe.PaymentIntentParams{
		Amount: stripe.Int64(1999), Currency: stripe.String("usd"), PaymentMethodTypes: stripe.StringSlice([]string{"card"}),
		PaymentMethod: stripe.String("pm_card_authenticationRequired"),
		Metadata:      map[string]string{"order_id": "o1"},
	})
	if err == nil {
		_, err = calls.PaymentIntents.Confirm(intent.ID, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	page, err := s.BankPage(t.Context(), intent.ID, intent.ClientSecret)
	if err != nil || !strings.Contains(page, "19.99") {
		t.Errorf("the bank shows %q, %v", page, err)
	}
	if err := s.Decide(t.Context(), intent.ID, intent.ClientSecret, remote.Approve); err != nil {
		t.Fatal(err)
	}
	ledger, err := s.Ledger(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if left, captures := remote.Kept(ledger, "o1"); left != 1999 || captures != 1 {
		t.Errorf("%s are kept of %d captures", left, captures)
	}
	if left, captures := remote.Kept(ledger, "o2"); left != 0 || captures != 0 {
		t.Errorf("%s of %d captures kept for an unpaid order", left, captures)
	}
}

func TestARefundFromTheDashboard(t *testing.T) {
	s, calls := open(t)
	intent, err := calls.PaymentIntents.New(&stripe.PaymentIntentParams{
		Amount: stripe.Int64(1999), Currency: stripe.String("usd"), PaymentMethod: stripe.String("pm_card_visa"),
		Metadata: map[string]string{"order_id": "o1"},
	})
	if err == nil {
		_, err = calls.PaymentIntents.Confirm(intent.ID, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, amount := range []money.Cents{500, 0} {
		if id, err := s.Refund(t.Context(), intent.ID, amount); err != nil || !strings.HasPrefix(id, "re_") {
			t.Errorf("refund %s: %q, %v", amount, id, err)
		}
	}
	ledger, err := s.Ledger(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if r := ledger.Entries[0].Refunds; len(r) != 2 || r[0].Amount != 500 || r[1].Amount != 1499 || r[0].Reason != remote.ByOperator {
		t.Errorf("the ledger says %+v", r)
	}
	if _, err := s.Refund(t.Context(), intent.ID, 0); err == nil {
		t.Error("what is given back is given back again")
	}
}

func TestFaultsAreAddedAndHealed(t *testing.T) {
	s, calls := open(t)
	if err := s.Fail(t.Context(), sandbox.Fault{Operation: "*", Kind: "error_before"}); err != nil {
		t.Fatal(err)
	}
	ask := func() error {
		_, err := calls.PaymentIntents.Get("pi_none", nil)
		return err
	}
	status := func(err error) int {
		refused, _ := errors.AsType[*stripe.Error](err)
		return refused.HTTPStatusCode
	}
	if got := status(ask()); got != http.StatusInternalServerError {
		t.Errorf("with a fault: %d", got)
	}
	if err := s.Heal(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := status(ask()); got != http.StatusNotFound {
		t.Errorf("healed: %d", got)
	}
}

func TestRefusalsHaveTheirStatus(t *testing.T) {
	s, _ := open(t)
	for what, err := range map[string]error{
		"a fault of nothing":       s.Fail(t.Context(), sandbox.Fault{Operation: "none", Kind: "slow", DelayMS: 1}),
		"an unknown PaymentIntent": s.Decide(t.Context(), "pi_none", "secret", remote.Refuse),
		"a slowness without delay": s.SlowDown(t.Context(), "*", 0),
	} {
		if refusal, ok := errors.AsType[*remote.Refusal](err); !ok || refusal.Status < 400 || refusal.Status >= 500 {
			t.Errorf("%s: %v", what, err)
		}
	}
}

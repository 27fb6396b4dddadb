package sandbox_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/client"

	"ticketing.dev/local/sandbox"
)

// patience bounds each wait, on a busy machine too.
const patience = time.Minute

// account is a sandbox behind a real HTTP server, with stripe-go in front of it.
type account struct {
	*client.API
	t       *testing.T
	sandbox *sandbox.Sandbox
	url     string
}

func open(t *testing.T, o sandbox.Options) *account {
	t.Helper()
	o.Log = slog.New(slog.DiscardHandler)
	s, err := sandbox.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	t.Cleanup(func() {
		if err := s.Close(); err != nil { // first: it releases requests that the server would wait for
			t.Errorf("close: %v", err)
		}
		server.Close()
	})
	return &account{API: stripeClient(server.URL, "sk_test_123"), t: t, sandbox: s, url: server.URL}
}

// stripeClient is stripe-go without retries. It does not reuse connections: net/http
// would repeat a dropped request that has an Idempotency-Key by itself.
func stripeClient(url, key string) *client.API {
	return client.New(key, &stripe.Backends{API: stripe.GetBackendWithConfig(stripe.APIBackend, &stripe.BackendConfig{
		URL:               stripe.String(url),
		HTTPClient:        &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
		MaxNetworkRetries: stripe.Int64(0),
		LeveledLogger:     &stripe.LeveledLogger{Level: stripe.LevelNull},
	})})
}

// intent makes a PaymentIntent of 20 dollars, with a card unless method is empty.
func (a *account) intent(method string) *stripe.PaymentIntent {
	a.t.Helper()
	params := &stripe.PaymentIntentParams{
		Amount:             stripe.Int64(2000),
		Currency:           stripe.String("usd"),
		PaymentMethodTypes: stripe.StringSlice([]string{"card"}),
		Metadata:           map[string]string{"order_id": "order-1"},
	}
	if method != "" {
		params.PaymentMethod = stripe.String(method)
	}
	in, err := a.PaymentIntents.New(params)
	a.must(err)
	return in
}

// paid makes a PaymentIntent that has been captured.
func (a *account) paid() *stripe.PaymentIntent {
	a.t.Helper()
	in, err := a.PaymentIntents.Confirm(a.intent("pm_card_visa").ID, nil)
	a.must(err)
	return in
}

func (a *account) status(id string) stripe.PaymentIntentStatus {
	a.t.Helper()
	in, err := a.PaymentIntents.Get(id, nil)
	a.must(err)
	return in.Status
}

func (a *account) ledger() (l sandbox.Ledger) {
	a.t.Helper()
	a.admin("GET", "/sandbox/ledger", nil, &l)
	return l
}

func (a *account) fault(f sandbox.Fault) {
	a.t.Helper()
	if status := a.admin("POST", "/sandbox/faults", f, nil); status != http.StatusCreated {
		a.t.Fatalf("fault %+v: status %d", f, status)
	}
}

// admin calls a route under /sandbox and decodes the answer into result.
func (a *account) admin(method, path string, body, result any) (status int) {
	a.t.Helper()
	encoded, err := json.Marshal(body)
	a.must(err)
	request, err := http.NewRequestWithContext(a.t.Context(), method, a.url+path, bytes.NewReader(encoded))
	a.must(err)
	response, err := http.DefaultClient.Do(request)
	a.must(err)
	defer response.Body.Close()
	if result != nil {
		a.must(json.NewDecoder(response.Body).Decode(result))
	}
	return response.StatusCode
}

// raw sends a form past stripe-go and returns the status and the error in the answer.
func (a *account) raw(method, path, authorization, form string) (int, *stripe.Error) {
	a.t.Helper()
	request, err := http.NewRequestWithContext(a.t.Context(), method, a.url+path, strings.NewReader(form))
	a.must(err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Authorization", authorization)
	response, err := http.DefaultClient.Do(request)
	a.must(err)
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	a.must(err)
	if response.Header.Get("Request-Id") == "" {
		a.t.Errorf("%s %s: no Request-Id", method, path)
	}
	var answer struct{ Error *stripe.Error }
	a.must(json.Unmarshal(data, &answer))
	return response.StatusCode, answer.Error
}

func (a *account) must(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}

// refused checks that err is Stripe's refusal with a status and a code.
func refused(t *testing.T, err error, status int, code string) *stripe.Error {
	t.Helper()
	refusal, ok := errors.AsType[*stripe.Error](err)
	if !ok {
		t.Fatalf("got %v, want Stripe's error %d %s", err, status, code)
	}
	if refusal.HTTPStatusCode != status || string(refusal.Code) != code {
		t.Fatalf("got %d %q (%s), want %d %q", refusal.HTTPStatusCode, refusal.Code, refusal.Msg, status, code)
	}
	return refusal
}

// eventually polls until a condition holds.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("still not: %s", what)
		}
	}
}

func TestAuthentication(t *testing.T) {
	a := open(t, sandbox.Options{})
	for _, test := range []struct {
		authorization string
		code          string
		message       string
	}{
		{"", "", "You did not provide an API key."},
		{"Bearer sk_live_0123456789", "", "Invalid API Key provided."},
		{"Bearer pk_test_1", "secret_key_required", "This API call cannot be made with a publishable API key."},
	} {
		status, refusal := a.raw("GET", "/v1/refunds", test.authorization, "")
		if status != http.StatusUnauthorized || string(refusal.Code) != test.code || !strings.HasPrefix(refusal.Msg, test.message) {
			t.Errorf("%q: got %d %q %q", test.authorization, status, refusal.Code, refusal.Msg)
		}
	}
	for _, authorization := range []string{"Bearer sk_test_1", "Basic c2tfdGVzdF8xOg=="} {
		if status, _ := a.raw("GET", "/v1/refunds", authorization, ""); status != http.StatusOK {
			t.Errorf("%q: got %d", authorization, status)
		}
	}
}

func TestUnknownURL(t *testing.T) {
	a := open(t, sandbox.Options{})
	for _, request := range []struct{ method, path string }{{"GET", "/v1/foo"}, {"DELETE", "/v1/refunds"}} {
		status, refusal := a.raw(request.method, request.path, "Bearer sk_test_1", "")
		want := "Unrecognized request URL (" + request.method + ": " + request.path + ")"
		if status != http.StatusNotFound || refusal.Type != stripe.ErrorTypeInvalidRequest || !strings.HasPrefix(refusal.Msg, want) {
			t.Errorf("got %d %s %q, want %q", status, refusal.Type, refusal.Msg, want)
		}
	}
}

func TestParameters(t *testing.T) {
	a := open(t, sandbox.Options{})
	const intents, good = "/v1/payment_intents", "amount=2000&currency=usd"
	for _, test := range []struct{ path, form, code, param, message string }{
		{intents, good + "&payment_method=", "parameter_invalid_empty", "payment_method", "You passed an empty string for 'payment_method'."},
		{intents, good + "&foo=1", "parameter_unknown", "foo", "Received unknown parameter: foo"},
		{intents, good + "&foo=1&bar[x]=1", "parameter_unknown", "bar[x]", "Received unknown parameters: bar[x], foo"},
		{intents, "currency=usd", "parameter_missing", "amount", "Missing required param: amount."},
		{intents, "amount=2000", "parameter_missing", "currency", "Missing required param: currency."},
		{intents, "amount=20.5&currency=usd", "parameter_invalid_integer", "amount", "Invalid integer: 20.5"},
		{intents, "amount=49&currency=usd", "amount_too_small", "amount", "Amount must be at least $0.50 usd"},
		{intents, "amount=100000000&currency=usd", "amount_too_large", "amount", "Amount must be no more than $999,999.99"},
		{intents, "amount=2000&currency=eur", "", "currency", "Invalid currency: eur."},
		{intents, good + "&payment_method_types[]=paypal", "", "payment_method_types", "Invalid payment_method_types"},
		{intents, good + "&payment_method=pm_nope", "resource_missing", "payment_method", "No such PaymentMethod: 'pm_nope'"},
		{"/v1/payment_methods", "type=card", "parameter_missing", "card", "Missing required param: card."},
		{"/v1/payment_methods", "type=card&card[token]=tok_nope", "resource_missing", "card[token]", "No such token: 'tok_nope'"},
		{"/v1/refunds", "", "parameter_missing", "payment_intent", "Missing required param: payment_intent."},
		{"/v1/refunds", "payment_intent=pi_nope", "resource_missing", "payment_intent", "No such payment_intent: 'pi_nope'"},
		{"/v1/refunds", "payment_intent=pi_nope&reason=whim", "", "reason", "Invalid reason"},
	} {
		status, refusal := a.raw("POST", test.path, "Bearer sk_test_1", test.form)
		if status != http.StatusBadRequest || string(refusal.Code) != test.code || refusal.Param != test.param || !strings.HasPrefix(refusal.Msg, test.message) {
			t.Errorf("%s %s: got %d %+v", test.path, test.form, status, refusal)
		}
	}
	if l := a.ledger(); len(l.Entries) != 0 {
		t.Errorf("a refused request left an intent behind: %+v", l.Entries)
	}
}

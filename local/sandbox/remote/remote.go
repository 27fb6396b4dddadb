// Package remote is a client of the sandbox's own routes: faults, the bank's page and the ledger.
package remote

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"ticketing.dev/common/money"
	"ticketing.dev/local/sandbox"
)

// The payer's decisions at the bank.
const (
	Approve = "approve"
	Refuse  = "refuse"
)

// ByOperator is the reason of refunds that Refund makes. Refunds by payments have none.
const ByOperator = "requested_by_customer"

// dashboardKey is the API key for refunds. The sandbox accepts any secret key.
const dashboardKey = "sk_test_dashboard"

// Sandbox is a running sandbox.
type Sandbox struct {
	URL string
	// HTTP defaults to http.DefaultClient.
	HTTP *http.Client
}

// Refusal is a response with a status of 400 or more.
type Refusal struct {
	Status int
	Body   string
}

func (r *Refusal) Error() string { return fmt.Sprintf("%d %s", r.Status, r.Body) }

// Fail adds a fault. A fault that could never strike is a *Refusal.
func (s Sandbox) Fail(ctx context.Context, f sandbox.Fault) error {
	body, err := json.Marshal(f)
	if err != nil {
		return err
	}
	_, err = s.send(ctx, http.MethodPost, "/sandbox/faults", "application/json", string(body))
	return err
}

// SlowDown delays the next call of an operation, such as payment_intents.confirm.
func (s Sandbox) SlowDown(ctx context.Context, operation string, delay time.Duration) error {
	return s.Fail(ctx, sandbox.Fault{Operation: operation, Kind: "slow", DelayMS: delay.Milliseconds(), Times: 1})
}

// Heal removes all faults.
func (s Sandbox) Heal(ctx context.Context) error {
	_, err := s.send(ctx, http.MethodDelete, "/sandbox/faults", "", "")
	return err
}

// BankPage is the HTML of the bank's page for a PaymentIntent.
func (s Sandbox) BankPage(ctx context.Context, intent, clientSecret string) (string, error) {
	query := url.Values{"client_secret": {clientSecret}}
	return s.send(ctx, http.MethodGet, bank(intent)+"?"+query.Encode(), "", "")
}

// Decide sends the payer's decision to the bank: Approve or Refuse.
func (s Sandbox) Decide(ctx context.Context, intent, clientSecret, decision string) error {
	form := url.Values{"client_secret": {clientSecret}, "decision": {decision}}
	_, err := s.send(ctx, http.MethodPost, bank(intent), "application/x-www-form-urlencoded", form.Encode())
	return err
}

// Refund refunds an amount of a PaymentIntent, or the rest if it's 0, like an operator in Stripe's dashboard. It
// returns the refund's id.
func (s Sandbox) Refund(ctx context.Context, intent string, amount money.Cents) (id string, err error) {
	form := url.Values{"payment_intent": {intent}, "reason": {ByOperator}}
	if amount > 0 {
		form.Set("amount", strconv.FormatInt(int64(amount), 10))
	}
	text, err := s.send(ctx, http.MethodPost, "/v1/refunds", "application/x-www-form-urlencoded", form.Encode())
	if err != nil {
		return "", err
	}
	var refund struct{ ID string }
	if err := json.Unmarshal([]byte(text), &refund); err != nil {
		return "", fmt.Errorf("decode the refund of %s: %w", intent, err)
	}
	return refund.ID, nil
}

func bank(intent string) string { return "/sandbox/authenticate/" + url.PathEscape(intent) }

// Ledger reads the sandbox's ledger.
func (s Sandbox) Ledger(ctx context.Context) (l sandbox.Ledger, err error) {
	text, err := s.send(ctx, http.MethodGet, "/sandbox/ledger", "", "")
	if err != nil {
		return l, err
	}
	if err := json.Unmarshal([]byte(text), &l); err != nil {
		return l, fmt.Errorf("decode the sandbox's ledger: %w", err)
	}
	return l, nil
}

// Kept returns how much of an order's money wasn't refunded, and how many captures it had.
func Kept(l sandbox.Ledger, order string) (left money.Cents, captures int) {
	for _, e := range l.Entries {
		if e.OrderID == order {
			captures += e.CapturedTimes
			left += money.Cents(e.Amount*int64(e.CapturedTimes) - e.Refunded)
		}
	}
	return left, captures
}

func (s Sandbox) send(ctx context.Context, method, path, contentType, body string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, method, s.URL+path, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", contentType)
	if strings.HasPrefix(path, "/v1/") {
		request.Header.Set("Authorization", "Bearer "+dashboardKey)
	}
	client := s.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	response, err := client.Do(request)
	if err != nil {
		return "", fmt.Errorf("sandbox: %w", err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode >= http.StatusBadRequest {
		err = &Refusal{response.StatusCode, string(answer)}
	}
	if err != nil {
		return "", fmt.Errorf("sandbox: %s %s: %w", method, path, err)
	}
	return string(answer), nil
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"ticketing.dev/common/money"
	"ticketing.dev/local/api"
	"ticketing.dev/local/sandbox"
)

// sandboxClient does at the Stripe sandbox what no user of the API can.
type sandboxClient struct{ url string }

// slowDown makes the next call of an operation take a time.
func (s *sandboxClient) slowDown(ctx context.Context, operation string, delay time.Duration) error {
	fault, err := json.Marshal(sandbox.Fault{Operation: operation, Kind: "slow", DelayMS: delay.Milliseconds(), Times: 1})
	if err != nil {
		return err
	}
	_, err = s.send(ctx, http.MethodPost, "/sandbox/faults", "application/json", string(fault))
	return err
}

// approve opens the page of the payer's bank and agrees to the payment.
func (s *sandboxClient) approve(ctx context.Context, c api.Charge) error {
	page := "/sandbox/authenticate/" + url.PathEscape(c.StripeID)
	form := url.Values{"client_secret": {c.ClientSecret}}
	shown, err := s.send(ctx, http.MethodGet, page+"?"+form.Encode(), "", "")
	if err != nil {
		return err
	}
	if !strings.Contains(string(shown), c.Amount.Cents.String()) {
		return fmt.Errorf("the bank's page does not name %s", c.Amount.Cents)
	}
	form.Set("decision", "approve")
	_, err = s.send(ctx, http.MethodPost, page, "application/x-www-form-urlencoded", form.Encode())
	return err
}

// accounts are what Stripe has taken and given back.
type accounts sandbox.Ledger

func (s *sandboxClient) ledger(ctx context.Context) (accounts, error) {
	var a accounts
	text, err := s.send(ctx, http.MethodGet, "/sandbox/ledger", "", "")
	if err != nil {
		return a, err
	}
	err = json.Unmarshal(text, &a)
	return a, err
}

// kept is what is left of what was taken for an order, and how often it was taken.
func (a accounts) kept(order string) (left money.Cents, captures int) {
	for _, e := range a.Entries {
		if e.OrderID == order {
			captures += e.CapturedTimes
			left += money.Cents(e.Amount*int64(e.CapturedTimes) - e.Refunded)
		}
	}
	return left, captures
}

func (s *sandboxClient) send(ctx context.Context, method, path, contentType, body string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, s.url+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", contentType)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode >= http.StatusBadRequest {
		err = errors.New(response.Status + " " + string(answer))
	}
	if err != nil {
		return nil, fmt.Errorf("sandbox: %s %s: %w", method, path, err)
	}
	return answer, nil
}

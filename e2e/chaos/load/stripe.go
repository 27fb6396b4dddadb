package load

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
	"ticketing.dev/local/sandbox"
)

// The payer's answers to the bank, as an Op tells them.
const (
	approve = "approve"
	fail    = "fail"
)

// stripe is the sandbox, as the payer's bank and as the one who knows where the money is.
type stripe struct {
	url  string
	http *http.Client
}

// decide sends the payer's answer to the bank.
func (s stripe) decide(ctx context.Context, op *history.Op, charge api.Charge) {
	decision := map[string]string{approve: "approve", fail: "refuse"}[op.Token]
	form := url.Values{"client_secret": {charge.ClientSecret}, "decision": {decision}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost,
		s.url+"/sandbox/authenticate/"+url.PathEscape(charge.StripeID), strings.NewReader(form.Encode()))
	if err != nil {
		op.Message = err.Error()
		return
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := s.http.Do(request)
	if err != nil {
		op.Message = err.Error()
		return
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		op.Message = err.Error()
		return
	}
	op.Status = response.StatusCode
	switch {
	case response.StatusCode < http.StatusBadRequest:
		op.Outcome = history.OK
	case response.StatusCode < http.StatusInternalServerError:
		op.Outcome = history.Refused
	}
}

// ledger is what became of the money.
func (s stripe) ledger(ctx context.Context) (ledger sandbox.Ledger, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/sandbox/ledger", nil)
	if err != nil {
		return ledger, err
	}
	response, err := s.http.Do(request)
	if err != nil {
		return ledger, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return ledger, fmt.Errorf("ledger: %s", response.Status)
	}
	err = json.NewDecoder(response.Body).Decode(&ledger)
	return ledger, err
}

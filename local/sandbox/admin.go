package sandbox

import (
	"encoding/json"
	"net/http"
)

// index says what this is, to whoever opens the address in a browser.
func (s *Sandbox) index(w http.ResponseWriter, _ *http.Request) error {
	var calls []string
	for _, op := range s.operations() {
		calls = append(calls, op.method+" "+op.path)
	}
	mustAnswer(http.StatusOK, map[string]any{
		"name":        "Stripe sandbox",
		"about":       "A stand-in for Stripe in test mode. No card is charged.",
		"api_version": apiVersion,
		"api":         calls,
		"sandbox": []string{
			"GET /sandbox/ledger",
			"GET /sandbox/requests?method=&path=&idempotency_key=",
			"GET /sandbox/faults",
			"POST /sandbox/faults",
			"DELETE /sandbox/faults",
			"POST /sandbox/refunds/{id}/fail",
			"POST /sandbox/disputes",
			"POST /sandbox/disputes/{id}",
		},
	}).write(w)
	return nil
}

// decodeJSON reads the body of a request to /sandbox.
func decodeJSON[T any](w http.ResponseWriter, r *http.Request) (v T, err error) {
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&v); err != nil {
		return v, invalid("", "", "The body could not be read: %s", err)
	}
	return v, nil
}

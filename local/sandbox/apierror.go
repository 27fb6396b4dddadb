package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/stripe/stripe-go/v76"
)

// apiError is an error in Stripe's shape, also a PaymentIntent's last_payment_error.
type apiError struct {
	Status        int              `json:"-"` // of HTTP
	Charge        string           `json:"charge,omitempty"`
	Code          stripe.ErrorCode `json:"code,omitempty"`
	DeclineCode   string           `json:"decline_code,omitempty"`
	Message       string           `json:"message"`
	Param         string           `json:"param,omitempty"`
	PaymentIntent *paymentIntent   `json:"payment_intent,omitempty"`
	PaymentMethod *paymentMethod   `json:"payment_method,omitempty"`
	Type          stripe.ErrorType `json:"type"`
}

func (e *apiError) Error() string { return e.Message }

// answer is the error's response.
func (e *apiError) answer() answer { return mustAnswer(e.Status, map[string]*apiError{"error": e}) }

// invalid refuses one parameter of a request.
func invalid(param string, code stripe.ErrorCode, format string, args ...any) *apiError {
	return &apiError{Status: http.StatusBadRequest, Type: stripe.ErrorTypeInvalidRequest, Code: code, Param: param, Message: fmt.Sprintf(format, args...)}
}

// internalError hides internal errors from the caller.
func internalError() *apiError {
	return &apiError{Status: http.StatusInternalServerError, Type: stripe.ErrorTypeAPI, Message: "An unknown error occurred."}
}

// missing is the error for an object that doesn't exist.
type missing struct {
	table table
	id    string
}

func (m *missing) Error() string { return fmt.Sprintf("No such %s: '%s'", m.table.noun, m.id) }

// asParam names the body parameter with the missing object's id, which is a 400 at Stripe. An id in the URL is
// a 404.
func asParam(param string, err error) error {
	if m, ok := errors.AsType[*missing](err); ok {
		return invalid(param, stripe.ErrorCodeResourceMissing, "%s", m)
	}
	return err
}

// asAPIError returns err as an apiError, if it is one.
func asAPIError(err error) (*apiError, bool) {
	if m, ok := errors.AsType[*missing](err); ok {
		refusal := invalid(m.table.param, stripe.ErrorCodeResourceMissing, "%s", m)
		refusal.Status = http.StatusNotFound
		return refusal, true
	}
	return errors.AsType[*apiError](err)
}

// answer is a response, as sent and as stored for replay.
type answer struct {
	Status int             `json:"status"`
	Body   json.RawMessage `json:"body"`
}

// mustAnswer encodes v. It panics on an error, which would be a bug in this package.
func mustAnswer(status int, v any) answer {
	body, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		panic(fmt.Sprintf("encode %T: %v", v, err))
	}
	return answer{status, body}
}

func (a answer) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(a.Status)
	_, _ = w.Write(append(a.Body, '\n')) // the caller may have disconnected
}

package sandbox

import (
	"context"
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/stripe/stripe-go/v76"
)

// maxBody is far above any request of the API.
const maxBody = 1 << 20

// operation is one call of Stripe's API.
type operation struct {
	name        string // in faults
	method      string
	path        string
	publishable bool // may be called with a publishable key
	prepare     func(*call) action
}

// action performs an operation whose parameters are well formed. An apiError commits the writes before it, so
// that a declined charge is recorded.
type action func(*tx) (any, error)

func (s *Sandbox) operations() []operation {
	return []operation{
		{"payment_methods.create", "POST", "/v1/payment_methods", true, createPaymentMethod},
		{"payment_methods.retrieve", "GET", "/v1/payment_methods/{id}", false, retrievePaymentMethod},
		{"payment_intents.create", "POST", "/v1/payment_intents", false, createPaymentIntent},
		{"payment_intents.retrieve", "GET", "/v1/payment_intents/{id}", true, retrievePaymentIntent},
		{"payment_intents.confirm", "POST", "/v1/payment_intents/{id}/confirm", true, confirmPaymentIntent},
		{"payment_intents.cancel", "POST", "/v1/payment_intents/{id}/cancel", false, cancelPaymentIntent},
		{"charges.retrieve", "GET", "/v1/charges/{id}", false, retrieve[charge](charges)},
		{"disputes.list", "GET", "/v1/disputes", false, listOf(disputes, func(d dispute) string { return d.PaymentIntent })},
		{"disputes.retrieve", "GET", "/v1/disputes/{id}", false, retrieve[dispute](disputes)},
		{"events.list", "GET", "/v1/events", false, listEvents},
		{"refunds.create", "POST", "/v1/refunds", false, createRefund},
		{"refunds.list", "GET", "/v1/refunds", false, listOf(refunds, func(re refund) string { return re.PaymentIntent })},
		{"refunds.retrieve", "GET", "/v1/refunds/{id}", false, retrieve[refund](refunds)},
	}
}

// call is one request.
type call struct {
	*params
	requestID string
	key       string // for idempotency; empty without one
	path      string
	object    string // the id in the path
	apiKey    apiKey
	bank      string // where a payer's browser reaches the sandbox
}

// serve handles requests for an operation.
func (s *Sandbox) serve(op operation) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		c, err := s.receive(w, r, op)
		if err != nil {
			return err
		}
		a, replayed, err := s.perform(r.Context(), op, c)
		if err != nil {
			return err
		}
		if c.key != "" {
			w.Header().Set("Idempotency-Key", c.key)
		}
		if replayed {
			w.Header().Set("Idempotent-Replayed", "true")
		}
		a.write(w)
		return nil
	}
}

// receive reads and authorizes a request.
func (s *Sandbox) receive(w http.ResponseWriter, r *http.Request, op operation) (*call, error) {
	key := keyOf(r)
	if err := key.mayCall(op); err != nil {
		return nil, err
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := r.ParseForm(); err != nil {
		return nil, invalid("", "", "The request could not be read: %s", err)
	}
	c := &call{
		params:    newParams(r.Form),
		requestID: w.Header().Get("Request-Id"),
		path:      r.URL.Path,
		object:    chi.URLParam(r, "id"),
		apiKey:    key,
		bank:      s.publicURL,
	}
	if c.bank == "" {
		c.bank = "http://" + r.Host
	}
	if r.Method == http.MethodPost { // Stripe: keys have no effect on GET, which is idempotent anyway
		c.key = r.Header.Get("Idempotency-Key")
	}
	return c, nil
}

// perform runs a call, or replays its response.
func (s *Sandbox) perform(client context.Context, op operation, c *call) (a answer, replayed bool, err error) {
	release, err := s.claim(c.key)
	if err != nil {
		return a, false, err
	}
	defer release()
	past, err := s.recall(c)
	if err != nil {
		return a, false, err
	}
	var do action
	if past == nil {
		do = op.prepare(c)
		if err := c.check(); err != nil {
			return a, false, err
		}
	}
	fault := s.faults.take(op.name)
	if err := fault.before(client); err != nil {
		return a, false, err
	}
	if past != nil {
		a = *past
	} else if a, err = s.execute(c, do, fault); err != nil {
		return a, false, err
	}
	release() // the response is stored, so a repeated request gets it
	return a, past != nil, fault.after(client)
}

// execute runs an action and stores its response for replay, in one transaction.
func (s *Sandbox) execute(c *call, do action, fault activeFault) (a answer, err error) {
	cause := &stripe.EventRequest{ID: c.requestID, IdempotencyKey: c.key}
	err = s.update(cause, func(tx *tx) error {
		result, err := do(tx)
		if err == nil {
			a = mustAnswer(http.StatusOK, result)
		} else {
			refusal, ok := asAPIError(err)
			if !ok {
				return err
			}
			a = refusal.answer()
		}
		a = fault.distort(a)
		remember(tx, c, a)
		return nil
	})
	return a, err
}

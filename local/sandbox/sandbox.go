package sandbox

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/stripe/stripe-go/v76"
)

// Options configure a sandbox. The zero value is a sandbox in memory without webhooks.
type Options struct {
	// Dir is the folder of the state file. Empty means in memory only.
	Dir string
	// WebhookURL and WebhookSecret are the only webhook endpoint. Without a URL no events are sent.
	WebhookURL    string
	WebhookSecret string
	// PublicURL is the sandbox's address for browsers. Empty means the Host of the request.
	PublicURL string
	// Now is the sandbox's clock. Nil means time.Now.
	Now func() time.Time
	// Log defaults to slog.Default.
	Log *slog.Logger
}

// Sandbox is one Stripe account in test mode, as an http.Handler.
type Sandbox struct {
	store     *store
	sender    *webhookSender
	faults    *faults
	keysInUse sync.Map // idempotency keys of running requests
	publicURL string
	log       *slog.Logger
	handler   http.Handler
	close     context.CancelFunc
}

// Open creates a sandbox with the state in Dir and resumes its pending webhook deliveries.
func Open(o Options) (*Sandbox, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	store, err := openStore(o.Dir, o.Now)
	if err != nil {
		return nil, fmt.Errorf("open sandbox: %w", err)
	}
	open, stop := context.WithCancel(context.Background())
	s := &Sandbox{
		store:     store,
		faults:    newFaults(open.Done()),
		publicURL: strings.TrimSuffix(o.PublicURL, "/"),
		log:       o.Log,
		close:     stop,
	}
	s.sender = newWebhookSender(open, o, store, s.faults)
	s.handler = s.routes()

	pending, err := s.recover()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open sandbox: %w", err), s.Close())
	}
	s.sender.send(pending)
	return s, nil
}

// recover returns the undelivered events and drops expired idempotency keys.
func (s *Sandbox) recover() (pending []stripe.Event, err error) {
	err = s.store.update(func(tx *tx) error {
		if err := forgetOldAnswers(tx); err != nil {
			return err
		}
		return each(tx, deliveries, func(_ string, e stripe.Event) error {
			pending = append(pending, e)
			return nil
		})
	})
	return pending, err
}

// Close interrupts webhook deliveries, which resume after the next Open, releases requests that a fault holds,
// and closes the state file.
func (s *Sandbox) Close() error {
	s.close()
	s.sender.close()
	return s.store.close()
}

func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

func (s *Sandbox) routes() http.Handler {
	r := chi.NewRouter()
	// Pages of other origins could otherwise make refunds and disputes in the browser of a developer who visits them.
	r.Use(nameRequest, http.NewCrossOriginProtection().Handler)
	for _, op := range s.operations() {
		r.Method(op.method, op.path, s.handle(s.serve(op)))
	}
	r.Get("/sandbox/ledger", s.handle(s.showLedger))
	r.Get("/sandbox/faults", s.handle(s.listFaults))
	r.Post("/sandbox/faults", s.handle(s.addFault))
	r.Delete("/sandbox/faults", s.handle(s.clearFaults))
	r.Post("/sandbox/refunds/{id}/fail", s.handle(s.failRefund))
	r.Post("/sandbox/disputes", s.handle(s.addDispute))
	r.Post("/sandbox/disputes/{id}", s.handle(s.decideDispute))
	r.Get("/sandbox/authenticate/{id}", s.handle(s.showBank))
	r.Post("/sandbox/authenticate/{id}", s.handle(s.decideAtBank))
	r.NotFound(s.handle(unrecognized))
	r.MethodNotAllowed(s.handle(unrecognized))
	return r
}

// nameRequest gives each request an id.
func nameRequest(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Request-Id", "req_"+rand.Text()[:14])
		next.ServeHTTP(w, r)
	})
}

// handler answers a request or returns an error.
type handler func(w http.ResponseWriter, r *http.Request) error

// handle is the one place where an error becomes a response.
func (s *Sandbox) handle(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := h(w, r)
		if err == nil {
			return
		}
		if errors.Is(err, errNoAnswer) {
			panic(http.ErrAbortHandler) // net/http then closes the connection without a response
		}
		refusal, ok := asAPIError(err)
		if !ok {
			s.log.Error("request failed", "method", r.Method, "path", r.URL.Path, "error", err)
			refusal = internalError()
		}
		refusal.answer().write(w)
	}
}

// update runs fn in one transaction and sends the events that it emitted. cause is the API request that caused
// them, or nil.
func (s *Sandbox) update(cause *stripe.EventRequest, fn func(*tx) error) error {
	var events []stripe.Event
	err := s.store.update(func(tx *tx) error {
		tx.cause = cause
		if err := fn(tx); err != nil {
			return err
		}
		if s.sender.url == "" {
			return nil
		}
		events = tx.events
		for _, e := range events {
			put(tx, deliveries, e.ID, e)
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.sender.send(events)
	return nil
}

// reply runs fn as update does, and answers with what it returns.
func (s *Sandbox) reply(w http.ResponseWriter, status int, fn func(*tx) (any, error)) error {
	var result any
	err := s.update(nil, func(tx *tx) (err error) {
		result, err = fn(tx)
		return err
	})
	if err == nil {
		mustAnswer(status, result).write(w)
	}
	return err
}

func unrecognized(_ http.ResponseWriter, r *http.Request) error {
	return &apiError{
		Status: http.StatusNotFound,
		Type:   stripe.ErrorTypeInvalidRequest,
		Message: fmt.Sprintf("Unrecognized request URL (%s: %s). If you are trying to list objects, remove the trailing slash. "+
			"If you are trying to retrieve an object, make sure you passed a valid (non-empty) identifier in your code.", r.Method, r.URL.Path),
	}
}

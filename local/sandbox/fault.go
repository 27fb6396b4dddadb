package sandbox

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Kinds of faults.
const (
	// Of an operation of the API.
	faultSlow        = "slow"         // waits, then has its effect, even if the client disconnects
	faultHang        = "hang"         // has no effect and doesn't respond until the client disconnects
	faultErrorBefore = "error_before" // responds 500 without an effect, and stores nothing under the idempotency key
	faultHangAfter   = "hang_after"   // has its effect, then doesn't respond until the client disconnects
	faultErrorAfter  = "error_after"  // has its effect, then responds 500, which the idempotency key replays
	faultDropAfter   = "drop_after"   // has its effect, then closes the connection without a response

	// Of the delivery of an event, besides slow.
	faultDrop      = "drop"      // the event is lost
	faultDuplicate = "duplicate" // the event is delivered twice
)

const (
	everyOperation = "*" // of the API, so not webhooks
	webhooks       = "webhooks"
)

var (
	operationFaults = []string{faultSlow, faultHang, faultErrorBefore, faultHangAfter, faultErrorAfter, faultDropAfter}
	webhookFaults   = []string{faultSlow, faultDrop, faultDuplicate}
)

// Fault is an injected fault, the body of POST /sandbox/faults.
type Fault struct {
	Operation string `json:"operation"` // such as "payment_intents.confirm", "webhooks", or "*" for the whole API
	Kind      string `json:"kind"`
	DelayMS   int64  `json:"delay_ms,omitempty"` // of "slow"
	// Times is how often it happens. 0 means until it's removed.
	Times int `json:"times"`
	// Probability is above 0 and up to 1. 0 means 1.
	Probability float64 `json:"probability,omitempty"`
}

// validate refuses a fault that could never happen: the test that injects it would pass without testing
// anything.
func (f Fault) validate(operations []string) error {
	kinds := operationFaults
	if f.Operation == webhooks {
		kinds = webhookFaults
	}
	switch {
	case !slices.Contains(operations, f.Operation):
		return invalid("operation", "", "Invalid operation: must be one of %s", strings.Join(operations, ", "))
	case !slices.Contains(kinds, f.Kind):
		return invalid("kind", "", "Invalid kind: must be one of %s", strings.Join(kinds, ", "))
	case f.Kind == faultSlow && f.DelayMS <= 0:
		return invalid("delay_ms", "", "Invalid delay_ms: slow takes a delay of at least 1")
	case f.Times < 0:
		return invalid("times", "", "Invalid times: must be 0 or more")
	case f.Probability < 0 || f.Probability > 1:
		return invalid("probability", "", "Invalid probability: must be between 0 and 1")
	}
	return nil
}

func (f Fault) strikes(operation string) bool {
	covers := f.Operation == operation || f.Operation == everyOperation && operation != webhooks
	return covers && (f.Probability == 0 || rand.Float64() < f.Probability)
}

// faults are the injected faults that aren't used up. A restart forgets them.
type faults struct {
	closing <-chan struct{}

	mu      sync.Mutex
	waiting []Fault
}

func newFaults(closing <-chan struct{}) *faults { return &faults{closing: closing} }

func (f *faults) add(fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waiting = append(f.waiting, fault)
}

func (f *faults) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waiting = nil
}

func (f *faults) list() []Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]Fault{}, f.waiting...)
}

// take returns the first fault that applies to an operation. The zero activeFault does nothing.
func (f *faults) take(operation string) activeFault {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, waiting := range f.waiting {
		if !waiting.strikes(operation) {
			continue
		}
		switch waiting.Times {
		case 0:
		case 1:
			f.waiting = slices.Delete(f.waiting, i, i+1)
		default:
			f.waiting[i].Times--
		}
		return activeFault{kind: waiting.Kind, delay: time.Duration(waiting.DelayMS) * time.Millisecond, closing: f.closing}
	}
	return activeFault{}
}

// errNoAnswer ends a request by closing its connection.
var errNoAnswer = errors.New("the connection is closed without an answer")

// activeFault is a fault that hits one request or delivery.
type activeFault struct {
	kind    string
	delay   time.Duration
	closing <-chan struct{}
}

// before runs ahead of the effect. After an error there must be no effect.
func (a activeFault) before(client context.Context) error {
	switch a.kind {
	case faultSlow:
		return a.wait()
	case faultHang:
		return a.hang(client)
	case faultErrorBefore:
		return internalError()
	}
	return nil
}

// distort replaces the response before it's stored.
func (a activeFault) distort(an answer) answer {
	if a.kind == faultErrorAfter {
		return internalError().answer()
	}
	return an
}

// after runs after the effect.
func (a activeFault) after(client context.Context) error {
	switch a.kind {
	case faultHangAfter:
		return a.hang(client)
	case faultDropAfter:
		return errNoAnswer
	}
	return nil
}

// wait waits for the delay, unless the sandbox is closed.
func (a activeFault) wait() error {
	select {
	case <-time.After(a.delay):
		return nil
	case <-a.closing:
		return fmt.Errorf("fault %s: %w", a.kind, errNoAnswer)
	}
}

func (a activeFault) hang(client context.Context) error {
	select {
	case <-client.Done():
	case <-a.closing:
	}
	return errNoAnswer
}

func (s *Sandbox) listFaults(w http.ResponseWriter, _ *http.Request) error {
	mustAnswer(http.StatusOK, map[string]any{"faults": s.faults.list()}).write(w)
	return nil
}

func (s *Sandbox) addFault(w http.ResponseWriter, r *http.Request) error {
	f, err := decodeJSON[Fault](w, r)
	if err != nil {
		return err
	}
	known := []string{everyOperation, webhooks}
	for _, op := range s.operations() {
		known = append(known, op.name)
	}
	if err := f.validate(known); err != nil {
		return err
	}
	s.faults.add(f)
	mustAnswer(http.StatusCreated, f).write(w)
	return nil
}

func (s *Sandbox) clearFaults(w http.ResponseWriter, _ *http.Request) error {
	s.faults.clear()
	w.WriteHeader(http.StatusNoContent)
	return nil
}

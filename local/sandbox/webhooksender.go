package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/stripe/stripe-go/v76"
)

// Stripe retries for up to three days (https://docs.stripe.com/webhooks#retries) with
// pauses that grow to hours. These pauses stay short.
const (
	firstPause     = time.Second
	longestPause   = time.Minute
	retriedFor     = 72 * time.Hour
	postTimeout    = 10 * time.Second
	maxPosts       = 8 // at once
	maxDrainedBody = 64 << 10
)

// webhookSender delivers events at least once, in no particular order, and retries until
// the endpoint accepts them. An event stays in the store until then.
type webhookSender struct {
	url, secret string
	open        context.Context // ends with the sandbox
	store       *store
	faults      *faults
	log         *slog.Logger
	client      *http.Client
	semaphore   chan struct{}
	deliveries  sync.WaitGroup

	mu     sync.Mutex
	closed bool
}

func newWebhookSender(open context.Context, o Options, store *store, faults *faults) *webhookSender {
	return &webhookSender{
		url:    o.WebhookURL,
		secret: o.WebhookSecret,
		open:   open,
		store:  store,
		faults: faults,
		log:    o.Log,
		client: &http.Client{
			Timeout:       postTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // a redirect is a failure at Stripe
		},
		semaphore: make(chan struct{}, maxPosts),
	}
}

// send starts to deliver stored events. After close they wait for the next Open.
func (s *webhookSender) send(events []stripe.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	for _, e := range events {
		s.deliveries.Go(func() { s.deliver(e) })
	}
}

// close waits for the deliveries, which end with the sandbox's context.
func (s *webhookSender) close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.deliveries.Wait()
}

func (s *webhookSender) deliver(e stripe.Event) {
	copies := 1
	switch fault := s.faults.take(webhooks); fault.kind {
	case faultSlow:
		if fault.wait() != nil {
			return
		}
	case faultDrop:
		copies = 0
	case faultDuplicate:
		copies = 2
	}
	for range copies {
		if !s.retry(e) {
			return
		}
	}
	err := s.store.update(func(tx *tx) error { return remove(tx, deliveries, e.ID) })
	if err != nil {
		s.log.Error("delivered webhook not removed, will send again", "event", e.ID, "error", err)
	}
}

// retry posts an event until it is accepted or three days old. It returns false if the
// sandbox is closed first.
func (s *webhookSender) retry(e stripe.Event) bool {
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		err := s.post(e)
		switch {
		case err == nil:
			return true
		case s.open.Err() != nil:
			return false
		case s.store.now().Sub(time.Unix(e.Created, 0)) >= retriedFor:
			s.log.Error("webhook dropped after 72 hours", "event", e.ID, "type", e.Type, "error", err)
			return true
		}
		s.log.Warn("webhook delivery failed", "event", e.ID, "type", e.Type, "retry_in", pause, "error", err)
		select {
		case <-time.After(pause):
		case <-s.open.Done():
			return false
		}
	}
}

// post sends an event once, signed now.
func (s *webhookSender) post(e stripe.Event) error {
	select {
	case s.semaphore <- struct{}{}:
		defer func() { <-s.semaphore }()
	case <-s.open.Done():
		return s.open.Err()
	}
	payload, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encode event: %w", err)
	}
	request, err := http.NewRequestWithContext(s.open, http.MethodPost, s.url, bytes.NewReader(payload))
	if err != nil {
		return fmt.Errorf("create webhook request: %w", err)
	}
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	request.Header.Set("Stripe-Signature", signature(payload, s.secret, s.store.now()))
	response, err := s.client.Do(request)
	if err != nil {
		return fmt.Errorf("post event: %w", err)
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, maxDrainedBody)) // only the status counts
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("post event: endpoint returned %s", response.Status)
	}
	return nil
}

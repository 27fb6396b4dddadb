package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// Stripe retries "for up to three days with an exponential back off"
// (https://docs.stripe.com/webhooks#retries). Its pauses grow to hours; these stay
// short, because someone on this machine is waiting.
const (
	firstPause    = time.Second
	longestPause  = time.Minute
	retriedFor    = 72 * time.Hour
	postTimeout   = 10 * time.Second
	postsAtOnce   = 8
	drainedAnswer = 64 << 10 // bytes of an answer read so that the connection can be used again
)

// endpoint is where events go.
type endpoint struct{ url, secret string }

// courier delivers events: each at least once, in no particular order, and again
// until the endpoint accepts it. An event is in the store until then.
type courier struct {
	open   context.Context // ends with the sandbox
	store  *store
	faults *faults
	log    *slog.Logger
	client *http.Client
	slots  chan struct{} // one for each post at once

	deliveries sync.WaitGroup

	mu       sync.Mutex
	closed   bool
	endpoint endpoint
	replaced chan struct{} // closed when another endpoint is set
}

func newCourier(open context.Context, store *store, faults *faults, log *slog.Logger) *courier {
	return &courier{
		open:   open,
		store:  store,
		faults: faults,
		log:    log,
		client: &http.Client{
			Timeout:       postTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // Stripe takes a redirect as a failure
		},
		slots:    make(chan struct{}, postsAtOnce),
		replaced: make(chan struct{}),
	}
}

func (c *courier) setEndpoint(e endpoint) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.endpoint = e
	close(c.replaced)
	c.replaced = make(chan struct{})
}

func (c *courier) current() (e endpoint, replaced <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.endpoint, c.replaced
}

func (c *courier) hasEndpoint() bool {
	e, _ := c.current()
	return e.url != ""
}

// send begins to deliver stored events. What comes after close waits for the next Open.
func (c *courier) send(events []event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	for _, e := range events {
		c.deliveries.Go(func() { c.deliver(e) })
	}
}

// close waits for the deliveries, which end because the sandbox is no longer open.
func (c *courier) close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.deliveries.Wait()
}

func (c *courier) deliver(e event) {
	copies := 1
	switch mishap := c.faults.take(webhooks); mishap.kind {
	case faultSlow:
		if mishap.wait() != nil {
			return
		}
	case faultDrop:
		copies = 0
	case faultDuplicate:
		copies = 2
	}
	for range copies {
		if !c.insist(e) {
			return
		}
	}
	err := c.store.update(func(tx *tx) error {
		remove(tx, deliveries, e.ID)
		return nil
	})
	if err != nil {
		c.log.Error("webhook delivered but not crossed off, it will come again", "event", e.ID, "error", err)
	}
}

// insist posts an event until it is accepted or three days old. It returns false if
// the sandbox was closed before that.
func (c *courier) insist(e event) bool {
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		endpoint, replaced := c.current()
		err := c.post(endpoint, e)
		switch {
		case err == nil:
			return true
		case c.open.Err() != nil:
			return false
		case c.store.now().Sub(time.Unix(e.Created, 0)) >= retriedFor:
			c.log.Error("webhook given up", "event", e.ID, "type", e.Type, "error", err)
			return true
		}
		c.log.Warn("webhook not accepted", "event", e.ID, "type", e.Type, "again_in", pause, "error", err)
		select {
		case <-time.After(pause):
		case <-replaced:
		case <-c.open.Done():
			return false
		}
	}
}

// post sends an event once, signed now.
func (c *courier) post(to endpoint, e event) error {
	if to.url == "" {
		return errors.New("no webhook endpoint is set")
	}
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-c.open.Done():
		return c.open.Err()
	}
	payload, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encode event: %w", err)
	}
	request, err := http.NewRequestWithContext(c.open, http.MethodPost, to.url, bytes.NewReader(payload))
	if err != nil {
		return fmt.Errorf("address event: %w", err)
	}
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	request.Header.Set("Stripe-Signature", signature(payload, to.secret, c.store.now()))
	response, err := c.client.Do(request)
	if err != nil {
		return fmt.Errorf("post event: %w", err)
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, drainedAnswer)) // only the status counts
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("post event: the endpoint answered %s", response.Status)
	}
	return nil
}

package payments

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/bus"
	"ticketing.dev/common/events"
	"ticketing.dev/common/idempotency"
	"ticketing.dev/common/service/servicetest"
)

// away stops the broker and waits until payments counts it as away.
func (s *system) away() {
	s.t.Helper()
	s.bus.Stop()
	servicetest.Eventually(s.t, "the outage to be noticed", func() bool { return bus.SessionOf(s.bus).Out() })
}

// refusedAsPaused sends a payment that the outage has to refuse.
func (s *system) refusedAsPaused(order string) {
	s.t.Helper()
	a := s.pay(order, "tok_visa")
	if a.Status != http.StatusServiceUnavailable || a.Header.Get("Retry-After") != "5" || !strings.Contains(string(a.Body), "Your ticket stays reserved") {
		s.t.Fatalf("answered %d %v %s", a.Status, a.Header, a.Body)
	}
}

func TestNoPaymentBeginsWhileTheBrokerIsAway(t *testing.T) {
	t.Parallel()
	s := start(t)
	paid, o := s.order(1999), s.order(2999)
	s.paid(paid.ID, "tok_visa", http.StatusCreated)
	s.away()

	s.refusedAsPaused(o.ID)
	if c, l := s.charge(o.ID), s.ledger(); c.ID != "" || len(l.Entries) != 1 {
		t.Errorf("the outage left %+v and %+v", c, l)
	}
	s.refusedAsPaused(aggregate.NewID()) // it may have been ordered during the outage
	if again := s.paid(paid.ID, "tok_visa", http.StatusOK); again.Status != "succeeded" {
		t.Errorf("repeating an earlier payment returned %+v", again)
	}
	if a := s.Do(bob, http.MethodPost, "/api/payments", payBody(o.ID, "tok_visa")); a.Status != http.StatusForbidden && a.Status != http.StatusUnauthorized {
		t.Errorf("paying for another user's order returned %d", a.Status)
	}

	s.bus.Start()
	s.paid(o.ID, "tok_visa", http.StatusCreated)
	s.pay(aggregate.NewID(), "tok_visa").Refused(t, http.StatusNotFound, "", "Not found")
}

// paused is an order under whose payment the broker goes away.
func (s *system) paused() events.Order {
	s.t.Helper()
	o := s.order(1999)
	s.bus.Stop()
	s.refusedAsPaused(o.ID)
	if c, l := s.charge(o.ID), s.ledger(); c.Status != "pending" || c.StripeID != "" || len(l.Entries) != 0 {
		s.t.Fatalf("it is %+v, and Stripe has %+v", c, l)
	}
	return o
}

func TestAPausedPaymentGoesOnOnce(t *testing.T) {
	t.Parallel()
	s := start(t)
	o := s.paused()
	s.later(2 * patience)
	s.reconcile()
	if c := s.charge(o.ID); c.Status != "pending" {
		t.Fatalf("while its order is reserved it is ended as %+v", c)
	}
	s.bus.Start()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if a := s.pay(o.ID, "tok_visa"); a.Status != http.StatusOK && a.Status != http.StatusCreated {
				t.Errorf("answered %d %s", a.Status, a.Body)
			}
		})
	}
	all.Wait()
	if c, l := s.charge(o.ID), s.ledger(); c.Status != "succeeded" || len(l.Entries) != 1 || l.Entries[0].CapturedTimes != 1 {
		t.Errorf("it is %+v, and Stripe has %+v", c, l)
	}
}

func TestAPausedPaymentEndsWithItsOrder(t *testing.T) {
	t.Parallel()
	s := start(t)
	o := s.paused()
	s.bus.Start()
	s.later(15*time.Minute + time.Second)
	s.pay(o.ID, "tok_visa")
	s.reconcile()
	if c, l := s.charge(o.ID), s.ledger(); c.Status != "failed" || len(l.Entries) != 0 {
		t.Errorf("it is %+v, and Stripe has %+v", c, l)
	}
	servicetest.Eventually(t, "payment:failed", func() bool {
		return len(servicetest.Published[events.PaymentFailed](t, s.bus)) == 1
	})
}

// asked calls before with what is asked of Stripe.
type asked func(operation string)

func (before asked) RoundTrip(r *http.Request) (*http.Response, error) {
	before(operation(r))
	return http.DefaultTransport.RoundTrip(r)
}

func TestTheBrokerKnowsOfAPaymentBeforeStripeDoes(t *testing.T) {
	s := prepare(t)
	confirmed := false
	s.Client = s.serve(s.open(asked(func(operation string) {
		known := len(servicetest.Published[events.PaymentStarted](t, s.bus)) > 0
		switch operation {
		case "open", "confirm":
			if confirmed = true; !known {
				t.Errorf("%s before the broker has payment:started", operation)
			}
		}
	})))
	s.paid(s.order(1999).ID, "tok_visa", http.StatusCreated)
	if !confirmed {
		t.Error("Stripe was asked for nothing")
	}
}

func TestPausingAndResuming(t *testing.T) {
	now := time.Now()
	c := Open(&Order{ID: "a", ExpiresAt: now.Add(time.Minute)}, now)
	if c.Resume(nil, now) {
		t.Error("a payment under way is taken up by another")
	}
	c.Pause()
	if !c.waits(now) || c.waits(now.Add(time.Minute)) {
		t.Error("it doesn't wait for as long as its order")
	}
	if !c.Resume(nil, now) || c.Resume(nil, now) {
		t.Error("it isn't taken up exactly once")
	}
	c.Attach("pi_1")
	if c.Pause(); c.Paused {
		t.Error("a payment that Stripe knows of is paused")
	}
}

// The first request was answered 503, so its key has no answer: the repetition pays, and later ones are
// answered as that.
func TestARepeatedRequestTakesUpAPausedPayment(t *testing.T) {
	t.Parallel()
	s := start(t)
	o := s.order(1999)
	s.bus.Stop()
	s.payWith("one", o.ID, "tok_visa").Refused(t, http.StatusServiceUnavailable, "", ErrPaused.Details[0].Message)
	s.bus.Start()
	first := s.payWith("one", o.ID, "tok_visa")
	if again := s.payWith("one", o.ID, "tok_visa"); first.Status != http.StatusCreated || again.Status != first.Status || again.Body != first.Body {
		t.Errorf("%d %s, then %d %s", first.Status, first.Body, again.Status, again.Body)
	}
	s.payWith("one", o.ID, "tok_mastercard").Refused(t, http.StatusUnprocessableEntity, "", idempotency.ErrReused.Error())
	if l := s.ledger(); l.Captured != 1999 {
		t.Errorf("the ledger has %+v", l)
	}
}

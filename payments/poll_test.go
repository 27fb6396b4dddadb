package payments

import (
	"net/http"
	"testing"
	"time"

	"ticketing.dev/common/service/servicetest"
)

// read reads Stripe's events, as each replica does by itself in a while.
func (s *system) read() {
	s.t.Helper()
	if err := s.service.pollStripe(s.t.Context()); err != nil {
		s.t.Error(err)
	}
}

// In these tests Stripe sends no webhooks at all.
func TestChangesWithoutAWebhookAreFound(t *testing.T) {
	s := start(t)
	whole, a := s.sold()
	part, b := s.sold()
	disputed, c := s.sold()
	s.read()
	refund := s.refundAtStripe(a.StripeID)
	failing := s.giveBack(b.StripeID, 500)
	d := s.dispute(c.StripeID, false)
	s.read()
	if c := s.charge(whole.ID); c.Status != "refunded" || c.StripeRefundID != refund {
		t.Errorf("a refund: %+v", c)
	}
	if c := s.charge(part.ID); c.RefundedAmount != "5" {
		t.Errorf("a partial refund: %+v", c)
	}
	if c := s.charge(disputed.ID); c.Dispute.Status != "needs_response" {
		t.Errorf("a dispute: %+v", c)
	}
	if len(s.stuck()) != 3 {
		t.Errorf("stuck are %+v", s.stuck())
	}

	s.sandboxed(http.MethodPost, "/sandbox/refunds/"+failing+"/fail", "", nil)
	s.decide(d, "lost")
	s.read()
	if c := s.charge(part.ID); !c.RefundFailed {
		t.Errorf("a refund that failed: %+v", c)
	}
	if c := s.charge(disputed.ID); c.Dispute.Status != "lost" {
		t.Errorf("a dispute that is lost: %+v", c)
	}
}

// The service itself polls Stripe for events.
func TestStripesEventsAreReadAgainAndAgain(t *testing.T) {
	t.Parallel() // it waits for the next poll
	s := attended(t)
	o, c := s.sold()
	s.refundAtStripe(c.StripeID)
	servicetest.Eventually(t, "the refund is noticed", func() bool { return s.charge(o.ID).Status == "refunded" })
}

func TestAnEventThatCannotBeHandledIsReadAgain(t *testing.T) {
	s := start(t)
	first, a := s.sold()
	second, b := s.sold()
	s.refundAtStripe(a.StripeID)
	s.refundAtStripe(b.StripeID)
	s.fault("disputes.list", "error_before", 6) // stripe-go asks three times for each of two events
	if err := s.service.pollStripe(t.Context()); err == nil {
		t.Error("the poll returned no error")
	}
	if (s.charge(first.ID).Status == "refunded") == (s.charge(second.ID).Status == "refunded") {
		t.Error("one keeps the other from being handled")
	}
	s.later(time.Hour) // it is far in the past by now
	s.read()
	for _, o := range []string{first.ID, second.ID} {
		if c := s.charge(o); c.Status != "refunded" {
			t.Errorf("then it is %+v", c)
		}
	}
}

// How far the events were read is kept with the data, for whichever replica comes next.
func TestReadingGoesOnWhereAnotherReplicaHasStopped(t *testing.T) {
	s := start(t)
	now := time.Now()
	at, err := s.service.cursor.since(t.Context(), now)
	if err != nil || now.Sub(at) != eventsKept {
		t.Errorf("the first reading begins at %v, %v", at, err)
	}
	for range 2 {
		s.read()
	}
	at, err = s.open(nil).cursor.since(t.Context(), time.Now())
	if age := time.Since(at); err != nil || age < pollOverlap || age > pollOverlap+time.Minute {
		t.Errorf("another replica begins at %v, %v", at, err)
	}
	// After a very long break, there is no more than what Stripe lists.
	late := time.Now().Add(2 * eventsKept)
	if at, err = s.service.cursor.since(t.Context(), late); err != nil || late.Sub(at) != eventsKept {
		t.Errorf("after a break it begins at %v, %v", at, err)
	}
}

package orders

import (
	"net/http"
	"testing"
	"time"

	"ticketing.dev/common/bus/memory"
	"ticketing.dev/common/events"
	"ticketing.dev/common/service/servicetest"
)

func TestAnEarlyExpirationComesAgain(t *testing.T) {
	s := start(t, memory.RetryAfter(20*time.Millisecond))
	o := s.order(ada, s.sell("Gig", 1999))
	before := s.looks.Load()
	servicetest.Publish(t, s.bus, events.ExpirationComplete{OrderID: o.ID})
	servicetest.Eventually(t, "it to be refused twice", func() bool { return s.looks.Load() >= before+2 })
	if got := s.get(ada, o.ID); got.Status != "created" {
		t.Fatalf("status %s before its time", got.Status)
	}
	s.later(15 * time.Minute)
	servicetest.Settled(t, s.bus)
	if got := s.get(ada, o.ID); got.Status != "cancelled" {
		t.Errorf("status %s after its time", got.Status)
	}
	servicetest.Eventually(t, "order:cancelled, for it has expired", func() bool {
		told := servicetest.Published[events.OrderCancelled](t, s.bus)
		return len(told) == 1 && told[0].Reason == "expired"
	})
}

// No timer comes: expiration, its Redis or the bus is gone.
func TestOverdueOrdersEndWithoutATimer(t *testing.T) {
	s := start(t)
	due, paying := s.order(ada, s.sell("Gig", 1999)), s.order(ada, s.sell("Play", 2500))
	s.tell(events.PaymentStarted{Payment: payment(paying.ID)})
	s.later(15*time.Minute + overdue - time.Second)
	if err := s.service.expireOverdue(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := s.get(ada, due.ID); got.Status != "created" {
		t.Errorf("status %s before it is overdue", got.Status)
	}
	s.later(15*time.Minute + overdue + time.Second)
	if err := s.service.expireOverdue(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := s.get(ada, due.ID); got.Status != "cancelled" {
		t.Errorf("overdue order is %s", got.Status)
	}
	if got := s.get(ada, paying.ID); got.Status != "awaiting:payment" {
		t.Errorf("order whose payment is in flight is %s", got.Status)
	}
	s.order(bob, due.Ticket.ID)
}

// The service runs the sweep as one of its tasks.
func TestOverdueOrdersEndByThemselves(t *testing.T) {
	t.Parallel() // it waits for the sweep
	s := start(t)
	o := s.order(ada, s.sell("Gig", 1999))
	s.later(15*time.Minute + overdue + time.Second)
	servicetest.Eventually(t, "the sweep", func() bool { return s.get(ada, o.ID).Status == "cancelled" })
}

// A cancels, B orders the same ticket, then A's timer fires.
func TestALateExpirationDoesNotEndTheNextOrder(t *testing.T) {
	s := start(t)
	ticket := s.sell("Gig", 1999)
	a := s.order(ada, ticket)
	s.Do(ada, http.MethodDelete, "/api/orders/"+a.ID, "")
	b := s.order(bob, ticket)
	servicetest.Publish(t, s.bus, events.ExpirationComplete{OrderID: a.ID})
	servicetest.Settled(t, s.bus)
	if got := s.get(bob, b.ID); got != b {
		t.Errorf("B's order became %+v", got)
	}
	s.Do(ada, http.MethodPost, "/api/orders", ticketBody(ticket)).Refused(t, 400, "", "Ticket is already reserved")
}

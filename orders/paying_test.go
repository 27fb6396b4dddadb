package orders

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/bus"
	"ticketing.dev/common/events"
	"ticketing.dev/common/service/servicetest"
)

func TestPaying(t *testing.T) {
	s := start(t)
	o := s.order(ada, s.sell("Gig", 1999))
	s.tell(events.PaymentStarted{Payment: payment(o.ID)})
	if got := s.get(ada, o.ID); got.Status != "awaiting:payment" {
		t.Fatalf("status %s", got.Status)
	}
	s.Do(ada, http.MethodDelete, "/api/orders/"+o.ID, "").Refused(t, 400, "", "A payment for this order is in progress")
	s.tell(paid(o.ID, 1999))
	if got := s.get(ada, o.ID); got.Status != "complete" {
		t.Fatalf("status %s", got.Status)
	}
	s.Do(ada, http.MethodDelete, "/api/orders/"+o.ID, "").Refused(t, 400, "", "A completed order can't be cancelled")
	s.Do(bob, http.MethodPost, "/api/orders", ticketBody(o.Ticket.ID)).Refused(t, 400, "", "Ticket is already reserved")
	servicetest.Eventually(t, "order:completed", func() bool { return len(servicetest.Published[events.OrderCompleted](t, s.bus)) == 1 })
}

func TestAFailedPaymentCancels(t *testing.T) {
	s := start(t)
	o := s.order(ada, s.sell("Gig", 1999))
	s.tell(events.PaymentFailed{Payment: payment(o.ID), Reason: "Your card was declined."})
	if got := s.get(ada, o.ID); got.Status != "cancelled" {
		t.Fatalf("status %s", got.Status)
	}
	s.order(bob, o.Ticket.ID)
	servicetest.Eventually(t, "order:cancelled", func() bool {
		told := servicetest.Published[events.OrderCancelled](t, s.bus)
		return len(told) == 1 && told[0].Reason == "payment-failed"
	})
}

func TestACancelledOrderSaysWhy(t *testing.T) {
	s := start(t)
	order := func() string { return s.order(ada, s.sell("Gig", 1999)).ID }
	expired := order()
	s.later(15 * time.Minute)
	s.tell(events.ExpirationComplete{OrderID: expired})
	s.later(0)
	created, paying, complete, declined, byUser := order(), order(), order(), order(), order()
	s.tell(events.PaymentStarted{Payment: payment(paying)})
	s.tell(paid(complete, 1999))
	s.tell(events.PaymentFailed{Payment: payment(declined), Reason: "Your card was declined."})
	s.Do(ada, http.MethodDelete, "/api/orders/"+byUser, "")

	want := map[string]any{
		created: nil, paying: nil, complete: nil, // absent
		expired: "expired", declined: "payment-failed", byUser: "user",
	}
	listed := servicetest.Decode[[]map[string]any](t, s.Do(ada, http.MethodGet, "/api/orders", ""), http.StatusOK)
	for _, o := range listed {
		if id := o["id"].(string); o["reason"] != want[id] {
			t.Errorf("%s for %v, want %v", o["status"], o["reason"], want[id])
		}
	}
	if len(listed) != len(want) {
		t.Errorf("%d orders are listed, want %d", len(listed), len(want))
	}
}

func TestContradictoryEventsBecomeDeadLetters(t *testing.T) {
	s := start(t)
	o := s.order(ada, s.sell("Gig", 1999))
	s.tell(paid(o.ID, 1998))
	s.tell(paid(aggregate.NewID(), 1999))
	if got := s.get(ada, o.ID); got.Status != "created" {
		t.Errorf("status %s", got.Status)
	}
	letters := s.bus.Messages(bus.DeadLetters("orders"))
	if len(letters) != 2 {
		t.Fatalf("%d dead letters, want 2", len(letters))
	}
	var letter bus.DeadLetter
	if err := json.Unmarshal(letters[0], &letter); err != nil || !strings.Contains(letter.Cause, "$19.98 for $19.99") {
		t.Errorf("dead for %q (%v)", letter.Cause, err)
	}
}

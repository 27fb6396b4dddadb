package payments

import (
	"net/http"
	"testing"
	"time"

	"ticketing.dev/common/bus/memory"
	"ticketing.dev/common/events"
	"ticketing.dev/common/money"
	"ticketing.dev/common/service/servicetest"
)

// However the events of orders come, in any order and any of them again, and whether they come before
// or after the payment: the copy of each order ends as the order did, and its money where it belongs.
func TestAnyOrderOfEventsEndsTheSame(t *testing.T) {
	r := servicetest.Random(t)
	s := start(t, memory.Twice(), memory.Shuffled(r.Uint64(), 20*time.Millisecond))
	type history struct {
		order  events.Order
		status events.OrderStatus
		charge string
		end    events.Event
	}
	var histories []history
	for range 24 {
		o := s.order(1999)
		h := history{order: o, status: "created", charge: "succeeded"}
		switch r.IntN(3) {
		case 0:
			h.status, h.end = "complete", completed(o)
		case 1:
			h.status, h.end, h.charge = "cancelled", cancelled(o), "refunded"
		}
		s.paid(o.ID, "tok_visa", http.StatusCreated)
		histories = append(histories, h)
	}
	var told []events.Event
	for _, h := range histories {
		told = append(told, events.OrderCreated{Order: h.order})
		if h.end != nil {
			told = append(told, h.end)
		}
	}
	r.Shuffle(len(told), func(i, j int) { told[i], told[j] = told[j], told[i] })
	for _, e := range told {
		servicetest.Publish(t, s.bus, e)
	}
	servicetest.Settled(t, s.bus)

	var captured, refunded money.Cents
	for _, h := range histories {
		copied, err := s.service.orders.get(t.Context(), h.order.ID)
		if err != nil || copied.Status != h.status || copied.Price != 1999 || copied.UserID != ada.ID {
			t.Errorf("copied as %+v (%v), want %s", copied, err, h.status)
		}
		if c := s.charge(h.order.ID); c.Status != h.charge {
			t.Errorf("charge %+v of an order that is %s", c, h.status)
		}
		captured += 1999
		if h.charge == "refunded" {
			refunded += 1999
		}
	}
	if l := s.ledger(); l.Captured != captured || l.Refunded != refunded {
		t.Errorf("captured %s and refunded %s, want %s and %s", l.Captured, l.Refunded, captured, refunded)
	}
}

// A process dies after a commit and before the publication: it never ran its relay.
func TestACrashBetweenCommitAndPublishLosesNoEvent(t *testing.T) {
	s := prepare(t)
	crashed := s.open(nil)
	for _, c := range []struct {
		token string
		late  bool
	}{{"tok_visa", false}, {"tok_chargeDeclined", false}, {"tok_visa", true}} {
		o := ordered(1999)
		if err := crashed.orders.upsertCopy(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		known, err := crashed.orders.get(t.Context(), o.ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := crashed.pay(t.Context(), known, c.token, nil); err != nil {
			t.Fatal(err)
		}
		if c.late {
			if err := crashed.orderEnded(t.Context(), cancelled(o).Order); err != nil {
				t.Fatal(err)
			}
		}
	}
	s.run()
	servicetest.Eventually(t, "every event of the three payments", func() bool {
		return len(servicetest.Published[events.PaymentStarted](t, s.bus)) == 3 &&
			len(servicetest.Published[events.PaymentCreated](t, s.bus)) == 2 &&
			len(servicetest.Published[events.PaymentFailed](t, s.bus)) == 1 &&
			len(servicetest.Published[events.PaymentRefunded](t, s.bus)) == 1
	})
}

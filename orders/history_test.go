package orders

import (
	"math/rand/v2"
	"testing"
	"time"

	"ticketing.dev/common/bus/memory"
	"ticketing.dev/common/events"
	"ticketing.dev/common/money"
	"ticketing.dev/common/service/servicetest"
)

// history is all that is ever told of one order and its ticket, and how it has to end.
type history struct {
	ticket, order string
	events        []events.Event
	payment       []events.Event // those of events that decide before the time does
	status        string
	title         string
	price         money.Cents
}

// live makes an order and what may come to pass with it.
func (s *system) live(r *rand.Rand) history {
	ticket := s.sell("first", 1000)
	o := s.order(ada, ticket)
	h := history{ticket: ticket, order: o.ID, title: "first", price: 1000}
	for v := range r.Int64N(4) {
		h.title, h.price = string(rune('a'+v)), money.Cents(2000+v)
		h.events = append(h.events, events.TicketUpdated{Ticket: events.Ticket{
			ID: ticket, Version: v + 1, Title: h.title, Price: h.price, UserID: bob.ID, OrderID: o.ID}})
	}
	switch r.IntN(4) {
	case 0: // no payment
		h.status = "cancelled"
	case 1:
		h.status = "complete"
		h.payment = []events.Event{events.PaymentStarted{Payment: payment(o.ID)}, paid(o.ID, 1000)}
	case 2:
		h.status = "cancelled"
		h.payment = []events.Event{events.PaymentStarted{Payment: payment(o.ID)},
			events.PaymentFailed{Payment: payment(o.ID), Reason: "Your card was declined."}}
	case 3: // the outcome is still to come
		h.status = "awaiting:payment"
		h.payment = []events.Event{events.PaymentStarted{Payment: payment(o.ID)}}
	}
	h.events = append(append(h.events, h.payment...), events.ExpirationComplete{OrderID: o.ID})
	return h
}

// Every history, in any order and with anything in it told again, ends the same. The time is up once
// all has been told: an expiration that comes before is answered "again later".
func TestAnyOrderOfEventsEndsTheSame(t *testing.T) {
	r := servicetest.Random(t)
	s := start(t, memory.RetryAfter(10*time.Millisecond))
	var histories []history
	var told []events.Event
	for range 40 {
		h := s.live(r)
		histories = append(histories, h)
		for _, e := range h.events {
			for range 1 + r.IntN(3) {
				told = append(told, e)
			}
		}
	}
	r.Shuffle(len(told), func(i, j int) { told[i], told[j] = told[j], told[i] })
	for _, e := range told {
		servicetest.Publish(t, s.bus, e)
	}
	for _, h := range histories {
		servicetest.Eventually(t, "what the payment decides", func() bool {
			return len(h.payment) == 0 || s.get(ada, h.order).Status == h.status
		})
	}
	s.later(time.Hour)
	servicetest.Settled(t, s.bus)

	for _, h := range histories {
		if got := s.get(ada, h.order).Status; got != h.status {
			t.Errorf("order %s is %s, want %s after %+v", h.order, got, h.status, h.events)
		}
		known, err := s.service.tickets.get(t.Context(), h.ticket)
		if err != nil || known.Title != h.title || known.Price != h.price {
			t.Errorf("ticket %+v (%v), want %s for %s", known, err, h.title, h.price)
		}
		if released := h.status == "cancelled"; released != (known.Released == 1) {
			t.Errorf("%d reservations released of a ticket whose order is %s", known.Released, h.status)
		}
	}
	if letters := s.bus.Messages("orders:dead-letters"); len(letters) > 0 {
		t.Errorf("%d dead letters, the first: %s", len(letters), letters[0])
	}
}

package tickets_test

import (
	"net/http"
	"testing"

	"ticketing.dev/common/bus"
	"ticketing.dev/common/events"
	"ticketing.dev/common/service/servicetest"
)

// What breaks in docs/model without one of its rules, played against the service: news of orders that
// come in another order than they were told in, or again.
func TestLateEventsChangeNothing(t *testing.T) {
	s := start(t)
	type news = func(ticket) events.Event
	created := func(n int64) news {
		return func(t ticket) events.Event { return events.OrderCreated{Order: order(t, n)} }
	}
	cancelled := func(n int64) news {
		return func(t ticket) events.Event { return events.OrderCancelled{Order: order(t, n)} }
	}
	completed := func(n int64) news {
		return func(t ticket) events.Event { return events.OrderCompleted{Order: order(t, n)} }
	}
	for _, c := range []struct {
		what   string
		told   []news
		status string
		holder int64 // the number of the order
	}{
		{"sold", []news{created(1), completed(1)}, "sold", 1},
		{"sold, then reserved", []news{completed(1), created(1)}, "sold", 1},
		{"released", []news{created(1), cancelled(1)}, "available", 0},
		{"released, then reserved", []news{cancelled(1), created(1)}, "available", 0},
		{"released, and reserved again", []news{created(1), cancelled(1), created(1)}, "available", 0},
		{"reserved again, then released", []news{created(2), cancelled(1)}, "reserved", 2},
		{"sold again, then released", []news{completed(2), cancelled(1), created(1)}, "sold", 2},
	} {
		listed := s.list(ada, "Concert", "19.99")
		for _, n := range c.told {
			s.deliver(n(listed))
		}
		want := ""
		if c.holder > 0 {
			want = order(listed, c.holder).ID
		}
		if got := s.get(listed.ID); got.Status != c.status || got.OrderID != want {
			t.Errorf("%s: %s for %q, want %s for %q", c.what, got.Status, got.OrderID, c.status, want)
		}
	}
	if letters := s.bus.Messages(bus.DeadLetters("tickets")); len(letters) != 0 {
		t.Errorf("%d dead letters, the first is %s", len(letters), letters[0])
	}
}

func TestASoldTicketIsNotEdited(t *testing.T) {
	s := start(t)
	listed := s.list(ada, "Concert", "19.99")
	s.deliver(events.OrderCreated{Order: order(listed, 1)}, events.OrderCompleted{Order: order(listed, 1)})
	sold := s.get(listed.ID)
	s.Do(ada, http.MethodPut, "/api/tickets/"+listed.ID, offer("Opera", "99")).Refused(t, http.StatusBadRequest, "", "A sold ticket can't be changed")
	servicetest.Settled(t, s.bus)
	if now := s.get(listed.ID); now != sold {
		t.Errorf("%+v became %+v", sold, now)
	}
}

package tickets_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/bson"

	"ticketing.dev/common/bus"
	"ticketing.dev/common/bus/memory"
	"ticketing.dev/common/events"
	"ticketing.dev/common/service"
	"ticketing.dev/common/service/servicetest"
	"ticketing.dev/tickets"
)

func TestTicketIsReservedReleasedAndSold(t *testing.T) {
	s := start(t)
	listed := s.list(ada, "Concert", "19.99")
	want := listed
	for i, c := range []struct {
		event   events.Event
		status  string
		orderID string
	}{
		{events.OrderCreated{Order: order(listed, 1)}, "reserved", order(listed, 1).ID},
		{events.OrderCancelled{Order: order(listed, 1)}, "available", ""},
		{events.OrderCreated{Order: order(listed, 2)}, "reserved", order(listed, 2).ID},
		{events.OrderCompleted{Order: order(listed, 2)}, "sold", order(listed, 2).ID},
	} {
		s.deliver(c.event)
		want.Status, want.OrderID = c.status, c.orderID
		want.Version++
		if shown := s.get(listed.ID); shown != want {
			t.Errorf("after %s: %+v, want %+v", c.event.Subject(), shown, want)
		}
		told := events.Ticket{ID: listed.ID, Version: want.Version, Title: "Concert", Price: 1999, UserID: ada.ID, OrderID: c.orderID}
		if e := await[events.TicketUpdated](s, i+1)[i]; e.Ticket != told {
			t.Errorf("after %s: told %+v, want %+v", c.event.Subject(), e.Ticket, told)
		}
	}
}

// The buyer ordered what the ticket said before the edit, and tickets hears of it after the edit.
func TestSoldTicketSaysWhatWasOrdered(t *testing.T) {
	s := start(t)
	listed := s.list(ada, "Concert", "19.99")
	servicetest.Decode[ticket](t, s.Do(ada, http.MethodPut, "/api/tickets/"+listed.ID, offer("Opera", "99")), http.StatusOK)
	s.deliver(events.OrderCreated{Order: order(listed, 1)}, events.OrderCompleted{Order: order(listed, 1)})
	if shown := s.get(listed.ID); shown.Status != "sold" || shown.Title != "Concert" || shown.Price != "19.99" {
		t.Errorf("sold as %+v, ordered as %+v", shown, listed)
	}
}

func TestContradictionsAreDeadLetters(t *testing.T) {
	s := start(t)
	gone := s.list(ada, "Gone", "19.99")
	s.deliver(events.OrderCompleted{Order: order(gone, 2)})
	sold := s.get(gone.ID)
	for _, contradiction := range []events.Event{
		events.OrderCreated{Order: order(ticket{ID: missing}, 1)},
		events.OrderCancelled{Order: order(ticket{ID: missing}, 1)},
		events.OrderCompleted{Order: order(ticket{ID: missing}, 1)},
		events.OrderCreated{Order: order(gone, 3)},
		events.OrderCancelled{Order: order(gone, 2)},
		events.OrderCompleted{Order: order(gone, 3)},
		events.OrderCompleted{Order: order(gone, 1)},
	} {
		before := len(s.bus.Messages(bus.DeadLetters("tickets")))
		s.deliver(contradiction)
		letters := s.bus.Messages(bus.DeadLetters("tickets"))[before:]
		if len(letters) != 1 {
			t.Errorf("%+v: %d dead letters", contradiction, len(letters))
			continue
		}
		var letter bus.DeadLetter
		if err := json.Unmarshal(letters[0], &letter); err != nil || letter.Channel != contradiction.Subject() {
			t.Errorf("%+v: %s, %v", contradiction, letters[0], err)
		}
	}
	if shown := s.get(gone.ID); shown != sold {
		t.Errorf("%+v became %+v", sold, shown)
	}
}

// The same histories as for the domain type, over the bus and the database: all tickets at once,
// everything twice and in any order, handled side by side by two instances.
func TestAnyOrderOfArrivalEndsRightInTheDatabase(t *testing.T) {
	r := servicetest.Random(t)
	s := start(t, memory.Twice(), memory.Shuffled(r.Uint64(), 200*time.Millisecond))
	servicetest.Run(t, "tickets", s.bus, s.open())
	histories := make([]history, 25)
	for i := range histories {
		histories[i] = randomHistory(r, s.list(ada, "Concert", "19.99").ID)
	}
	for _, h := range histories {
		for _, e := range h.delivery(r) {
			servicetest.Publish(t, s.bus, e)
		}
	}
	servicetest.Settled(t, s.bus)
	for _, h := range histories {
		var got tickets.Ticket
		if err := s.db.Collection("tickets").FindOne(t.Context(), bson.M{"_id": h.last.Ticket.ID}).Decode(&got); err != nil {
			t.Fatal(err)
		}
		if want := h.end(concert); got.State != want {
			t.Errorf("%+v, want %+v, after %v", got.State, want, brief(h.told))
		}
	}
	if letters := s.bus.Messages(bus.DeadLetters("tickets")); len(letters) != 0 {
		t.Errorf("%d dead letters, the first is %s", len(letters), letters[0])
	}
}

// Edits race with the news of an order. Each edit came before it, and the events tell so, or it was
// refused.
func TestEditsRaceWithAReservation(t *testing.T) {
	s := start(t)
	known := 0 // events of the rounds before
	for round := range 20 {
		listed := s.list(ada, "Concert", "19.99")
		answers := make([]servicetest.Answer, 4)
		var racing sync.WaitGroup
		for i := range answers {
			racing.Go(func() {
				answers[i] = s.Do(ada, http.MethodPut, "/api/tickets/"+listed.ID, offer(fmt.Sprintf("Edit %d", i), "20"))
			})
		}
		racing.Go(func() { servicetest.Publish(t, s.bus, events.OrderCreated{Order: order(listed, 1)}) })
		racing.Wait()
		servicetest.Settled(t, s.bus)

		final := s.get(listed.ID)
		told := make(map[int64]events.Ticket)
		updates := await[events.TicketUpdated](s, known+int(final.Version))
		for _, e := range updates[known:] {
			told[e.Version] = e.Ticket
		}
		known = len(updates)
		accepted := 0
		for i, a := range answers {
			if a.Status != http.StatusOK {
				a.Refused(t, http.StatusBadRequest, "", "A reserved ticket can't be changed")
				continue
			}
			accepted++
			edited := servicetest.Decode[ticket](t, a, http.StatusOK)
			if e := told[edited.Version]; e.Title != fmt.Sprintf("Edit %d", i) || e.OrderID != "" {
				t.Errorf("edit %d was answered %+v, told is %+v", i, edited, e)
			}
		}
		reserved := told[final.Version]
		if final.Status != "reserved" || final.Version != int64(accepted)+1 || reserved.OrderID != final.OrderID || reserved.Title != final.Title {
			t.Errorf("%d edits accepted, then %+v, told is %+v", accepted, final, reserved)
		}
		if t.Failed() {
			t.Fatalf("round %d", round)
		}
	}
}

// dying commits and publishes nothing: it never runs its relay.
type dying struct{ *tickets.Service }

func (dying) Tasks() []service.Task { return nil }

// An instance dies after its commits and before their publication. Another one's sweep finds what it
// left.
func TestCommittedEventsOutliveTheInstance(t *testing.T) {
	s := &system{t: t, db: servicetest.Database(t), bus: memory.New()}
	s.Client = servicetest.Run(t, "tickets", s.bus, dying{s.open()})
	listed := s.list(ada, "Concert", "19.99")
	servicetest.Decode[ticket](t, s.Do(ada, http.MethodPut, "/api/tickets/"+listed.ID, offer("Opera", "20")), http.StatusOK)
	s.Stop()
	if n := len(s.bus.Messages("ticket:created")) + len(s.bus.Messages("ticket:updated")); n != 0 {
		t.Fatalf("%d messages from an instance without a relay", n)
	}

	servicetest.Run(t, "tickets", s.bus, s.open())
	if e := await[events.TicketCreated](s, 1)[0]; e.ID != listed.ID || e.Version != 0 {
		t.Errorf("created %+v, want %+v", e.Ticket, listed)
	}
	if e := await[events.TicketUpdated](s, 1)[0]; e.ID != listed.ID || e.Version != 1 || e.Title != "Opera" {
		t.Errorf("updated %+v", e.Ticket)
	}
}

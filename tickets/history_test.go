package tickets_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"ticketing.dev/common/events"
	"ticketing.dev/common/money"
	"ticketing.dev/common/service/servicetest"
	"ticketing.dev/tickets"
)

// history is all that orders tells of one ticket, as orders guarantees it: the reservations 1, 2, 3, …
// each created and then cancelled, but for the last, which may also be open or complete.
type history struct {
	told []events.Event
	// last is the order that holds the ticket at the end, and how.
	last   events.Order
	status tickets.Status
}

func randomHistory(r *rand.Rand, ticketID string) history {
	var h history
	orders := 1 + r.Int64N(4)
	for n := int64(1); n <= orders; n++ {
		o := events.Order{
			ID: fmt.Sprintf("%s-%d", ticketID, n),
			Ticket: events.OrderedTicket{
				ID:    ticketID,
				Title: fmt.Sprintf("as order %d has it", n),
				Price: money.Cents(100 * n), Reservation: n,
			},
		}
		h.told = append(h.told, events.OrderCreated{Order: o})
		h.last, h.status = o, tickets.Available
		if n == orders {
			h.status = []tickets.Status{tickets.Available, tickets.Reserved, tickets.Sold}[r.IntN(3)]
		}
		switch h.status {
		case tickets.Available:
			h.told = append(h.told, events.OrderCancelled{Order: o, Reason: "user"})
		case tickets.Sold:
			h.told = append(h.told, events.OrderCompleted{Order: o})
		}
	}
	return h
}

// delivery is the history as the bus may bring it: everything at least once, in any order.
func (h history) delivery(r *rand.Rand) []events.Event {
	var d []events.Event
	for _, e := range h.told {
		for range 1 + r.IntN(3) {
			d = append(d, e)
		}
	}
	r.Shuffle(len(d), func(i, j int) { d[i], d[j] = d[j], d[i] })
	return d
}

// end is the state in which the history leaves a ticket, which was last offered so.
func (h history) end(offer tickets.Offer) tickets.State {
	s := tickets.State{Offer: offer, Status: h.status, Reservation: h.last.Ticket.Reservation}
	if h.status != tickets.Available {
		s.OrderID = h.last.ID
	}
	if h.status == tickets.Sold {
		s.Offer = tickets.Offer{Title: h.last.Ticket.Title, Price: h.last.Ticket.Price}
	}
	return s
}

// tell lets a ticket hear of an event.
func tell(t *tickets.Ticket, e events.Event) error {
	switch e := e.(type) {
	case events.OrderCreated:
		return t.Reserve(e.ID, e.Ticket.Reservation)
	case events.OrderCancelled:
		return t.Release(e.Ticket.Reservation)
	case events.OrderCompleted:
		return t.Sell(e.ID, e.Ticket.Reservation, tickets.Offer{Title: e.Ticket.Title, Price: e.Ticket.Price})
	}
	return fmt.Errorf("no news of an order: %s", e.Subject())
}

// In any order of arrival, the ticket ends as its orders did. The seller edits whenever that's allowed. Every change
// has an event, a sold ticket never changes, and an old state never comes back.
func TestAnyOrderOfArrivalEndsRight(t *testing.T) {
	r := servicetest.Random(t)
	for round := range 20_000 {
		ticket := tickets.List(seller, concert)
		offer := concert
		h := randomHistory(r, ticket.ID)
		delivery := h.delivery(r)
		for i, e := range delivery {
			step(t, ticket, func() error { return tell(ticket, e) })
			if r.IntN(4) == 0 && ticket.Status == tickets.Available {
				offer.Price++
				step(t, ticket, func() error { return ticket.Edit(seller, tickets.Edit{Offer: offer}) })
			}
			if t.Failed() {
				t.Fatalf("round %d, by event %d of %v", round, i, brief(delivery))
			}
		}
		if want := h.end(offer); ticket.State != want {
			t.Fatalf("round %d: %+v, want %+v, after %v", round, ticket.State, want, brief(delivery))
		}
	}
}

// step changes a ticket and checks what holds for every change.
func step(t *testing.T, ticket *tickets.Ticket, change func() error) {
	t.Helper()
	before, told := ticket.State, len(ticket.Recorded())
	ticket.Version++
	if err := change(); err != nil {
		t.Errorf("%+v refuses: %v", before, err)
	}
	changed := ticket.State != before
	if changed && before.Status == tickets.Sold {
		t.Errorf("sold as %+v, became %+v", before, ticket.State)
	}
	if ticket.Reservation < before.Reservation {
		t.Errorf("reservation %d after %d", ticket.Reservation, before.Reservation)
	}
	news := ticket.Recorded()[told:]
	if !changed {
		if len(news) != 0 {
			t.Errorf("nothing changed, recorded %+v", news)
		}
		return
	}
	want := events.TicketUpdated{Ticket: events.Ticket{ID: ticket.ID, Version: ticket.Version,
		Title: ticket.Title, Price: ticket.Price, UserID: ticket.UserID, OrderID: ticket.OrderID}}
	if len(news) != 1 || news[0] != want {
		t.Errorf("recorded %+v, want %+v", news, want)
	}
}

// brief names the events of a delivery and their orders.
func brief(delivery []events.Event) []string {
	names := make([]string, len(delivery))
	for i, e := range delivery {
		names[i] = e.Subject() + " " + e.Aggregate()
	}
	return names
}

package orders

import (
	"errors"
	"slices"
	"testing"

	"go.mongodb.org/mongo-driver/event"

	"ticketing.dev/common/bus/memory"
	"ticketing.dev/common/service/servicetest"
)

// startWatched is orders without its background tasks, so all commands come from the test's calls.
func startWatched(t *testing.T) (s *system, commands *[]string) {
	t.Helper()
	commands = new([]string)
	s = &system{t: t, bus: memory.New()}
	s.db = servicetest.Watched(t, func(e *event.CommandStartedEvent) { *commands = append(*commands, e.CommandName) })
	s.service = s.open()
	s.service.limits = Limits{Open: 4, Unpaid: 3}
	return s, commands
}

func (s *system) place(ticket, buyer string) (*Order, error) {
	return s.service.place(s.t.Context(), Wish{TicketID: ticket}, buyer, nil)
}

func TestATakenTicketIsRefusedWithTwoReadsAndNoWrite(t *testing.T) {
	for name, change := range map[string]func(*Order) error{
		"held":        func(*Order) error { return nil },
		"being paid":  func(o *Order) error { o.StartPayment(); return nil },
		"bought":      func(o *Order) error { return o.Pay(o.Ticket.Price) },
		"bought late": func(o *Order) error { o.StartPayment(); return o.Pay(o.Ticket.Price) },
	} {
		s, commands := startWatched(t)
		ticket := s.learned(s.service)
		o, err := s.place(ticket, ada.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.service.update(t.Context(), o.ID, change); err != nil {
			t.Fatal(err)
		}
		*commands = nil
		if _, err := s.place(ticket, bob.ID); !errors.Is(err, ErrReserved) {
			t.Errorf("a ticket that is %s: %v", name, err)
		}
		if !slices.Equal(*commands, []string{"find", "find"}) {
			t.Errorf("refusing a ticket that is %s took %v; want two finds", name, *commands)
		}
	}
}

// A crash right after the cancellation leaves the ticket's count behind, and the cancelled order in its slot.
func TestATicketIsFreeOnceItsOrderIsCancelled(t *testing.T) {
	s, _ := startWatched(t)
	ticket := s.learned(s.service)
	o, err := s.place(ticket, ada.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.service.orders.Update(t.Context(), o.ID, func(o *Order) error { return o.Cancel(ada.ID) }); err != nil {
		t.Fatal(err)
	}
	if next, err := s.place(ticket, bob.ID); err != nil || next.Ticket.Reservation != 2 {
		t.Errorf("the next reservation is %+v, %v", next, err)
	}
}

package tickets_test

import (
	"net/http"
	"strings"
	"testing"

	"ticketing.dev/common/bus"
	"ticketing.dev/common/events"
	"ticketing.dev/common/service/servicetest"
	"ticketing.dev/common/session"
)

// withdraw withdraws a ticket, which has to work.
func (s *system) withdraw(user session.User, id string) {
	s.t.Helper()
	if a := s.Do(user, http.MethodDelete, "/api/tickets/"+id, ""); a.Status != http.StatusNoContent || a.Body != "" {
		s.t.Fatalf("withdrawn with %d %q", a.Status, a.Body)
	}
}

func TestASellerWithdrawsAFreeTicket(t *testing.T) {
	s := start(t)
	listed := s.list(ada, "Concert", "19.99")
	s.withdraw(ada, listed.ID)
	s.withdraw(ada, listed.ID)
	want := listed
	want.Status, want.Version = "withdrawn", 1
	if shown := s.get(listed.ID); shown != want {
		t.Errorf("shown as %+v, want %+v", shown, want)
	}
	told := events.Ticket{ID: listed.ID, Version: 1, Title: "Concert", Price: 1999, UserID: ada.ID, Withdrawn: true}
	if e := await[events.TicketUpdated](s, 1)[0]; e.Ticket != told {
		t.Errorf("published %+v, want %+v", e.Ticket, told)
	}
	if offered := s.Do(servicetest.SignedOut, http.MethodGet, "/api/tickets?q=concert", ""); offered.Body != "[]" || offered.Header.Get("Total-Count") != "0" {
		t.Errorf("a search finds %s %s", offered.Header.Get("Total-Count"), offered.Body)
	}
	if offered := s.Do(servicetest.SignedOut, http.MethodGet, "/api/tickets", ""); offered.Body != "[]" {
		t.Errorf("the market lists %s", offered.Body)
	}
	if own := s.Do(ada, http.MethodGet, "/api/tickets?seller=me", ""); !strings.Contains(own.Body, listed.ID) {
		t.Errorf("the seller's list is %s", own.Body)
	}
}

func TestOnlyTheSellerCanWithdrawATicketAndOnlyWhileItIsFree(t *testing.T) {
	s := start(t)
	free, reserved, sold := s.list(ada, "Free", "19.99"), s.list(ada, "Reserved", "19.99"), s.list(ada, "Sold", "19.99")
	s.deliver(events.OrderCreated{Order: order(reserved, 1)}, events.OrderCompleted{Order: order(sold, 1)})
	for _, c := range []struct {
		user    session.User
		id      string
		status  int
		message string
		kind    string
	}{
		{ada, reserved.ID, http.StatusBadRequest, "A reserved ticket can't be changed", "/problems/ticket-reserved"},
		{ada, sold.ID, http.StatusBadRequest, "A sold ticket can't be changed", "/problems/ticket-sold"},
		{bob, free.ID, http.StatusUnauthorized, "Not authorized", "/problems/not-owner"},
		{bob, sold.ID, http.StatusUnauthorized, "Not authorized", "/problems/not-owner"},
		{servicetest.SignedOut, free.ID, http.StatusUnauthorized, "Not authorized", "/problems/not-signed-in"},
		{ada, missing, http.StatusNotFound, "Not found", "/problems/not-found"},
		{ada, "nonsense", http.StatusNotFound, "Not found", "/problems/not-found"},
	} {
		before := s.Do(servicetest.SignedOut, http.MethodGet, "/api/tickets/"+c.id, "").Body
		a := s.Do(c.user, http.MethodDelete, "/api/tickets/"+c.id, "")
		a.Refused(t, c.status, "", c.message)
		if !strings.Contains(a.Body, `"type":"`+c.kind+`"`) {
			t.Errorf("refused with %s, want the type %s", a.Body, c.kind)
		}
		if after := s.Do(servicetest.SignedOut, http.MethodGet, "/api/tickets/"+c.id, "").Body; after != before {
			t.Errorf("%s became %s", before, after)
		}
	}
}

func TestAWithdrawnTicketCannotBeEdited(t *testing.T) {
	s := start(t)
	listed := s.list(ada, "Concert", "19.99")
	s.withdraw(ada, listed.ID)
	withdrawn := s.get(listed.ID)
	s.Do(ada, http.MethodPut, "/api/tickets/"+listed.ID, offer("Opera", "99")).
		Refused(t, http.StatusBadRequest, "", "A withdrawn ticket can't be changed")
	if now := s.get(listed.ID); now != withdrawn {
		t.Errorf("%+v became %+v", withdrawn, now)
	}
}

func TestATicketCanBeWithdrawnOnceItsOrderHasEnded(t *testing.T) {
	s := start(t)
	listed := s.list(ada, "Concert", "19.99")
	s.deliver(events.OrderCreated{Order: order(listed, 1)}, events.OrderCancelled{Order: order(listed, 1)})
	s.withdraw(ada, listed.ID)
	s.deliver(events.OrderCreated{Order: order(listed, 1)}, events.OrderCancelled{Order: order(listed, 1)})
	if now := s.get(listed.ID); now.Status != "withdrawn" {
		t.Errorf("repeated events made it %+v", now)
	}
}

// Orders that were placed before orders heard of the withdrawal, in any order of arrival.
func TestAWithdrawnTicketStaysWithdrawnForOrdersThatRacedIt(t *testing.T) {
	s := start(t)
	created := func(t ticket, n int64) events.Event { return events.OrderCreated{Order: order(t, n)} }
	cancelled := func(t ticket, n int64) events.Event { return events.OrderCancelled{Order: order(t, n)} }
	for name, arriving := range map[string]func(ticket) []events.Event{
		"reserved":                func(t ticket) []events.Event { return []events.Event{created(t, 1)} },
		"reserved and released":   func(t ticket) []events.Event { return []events.Event{created(t, 1), cancelled(t, 1)} },
		"released, then reserved": func(t ticket) []events.Event { return []events.Event{cancelled(t, 1), created(t, 1)} },
		"by two orders": func(t ticket) []events.Event {
			return []events.Event{created(t, 2), cancelled(t, 1), created(t, 1), cancelled(t, 2)}
		},
	} {
		listed := s.list(ada, "Concert", "19.99")
		s.withdraw(ada, listed.ID)
		s.deliver(arriving(listed)...)
		if now := s.get(listed.ID); now.Status != "withdrawn" || now.OrderID != "" {
			t.Errorf("%s: the ticket is %+v", name, now)
		}
	}
}

// orders cancels an order when it hears this, also one that it inserted after it had heard of the withdrawal.
func TestAnOrderOfAWithdrawnTicketPublishesTheWithdrawalAgain(t *testing.T) {
	s := start(t)
	listed := s.list(ada, "Concert", "19.99")
	s.withdraw(ada, listed.ID)
	s.deliver(events.OrderCreated{Order: order(listed, 1)}, events.OrderCreated{Order: order(listed, 1)})
	told := await[events.TicketUpdated](s, 2)
	if last := told[1]; !last.Withdrawn || last.Version <= told[0].Version || last.OrderID != "" {
		t.Errorf("published %+v after %+v", last.Ticket, told[0].Ticket)
	}
}

func TestAnOrderPaidBeforeOrdersHeardOfTheWithdrawalBuysTheTicket(t *testing.T) {
	s := start(t)
	listed := s.list(ada, "Concert", "19.99")
	s.withdraw(ada, listed.ID)
	s.deliver(events.OrderCreated{Order: order(listed, 1)})
	s.deliver(events.OrderCompleted{Order: order(listed, 1)})
	if now := s.get(listed.ID); now.Status != "sold" || now.OrderID != order(listed, 1).ID {
		t.Errorf("the ticket is %+v", now)
	}
	told := await[events.TicketUpdated](s, 3)
	if told[2].Withdrawn || told[2].OrderID != order(listed, 1).ID {
		t.Errorf("published %+v", told[2].Ticket)
	}
	if letters := s.bus.Messages(bus.DeadLetters("tickets")); len(letters) != 0 {
		t.Errorf("%d dead letters, the first is %s", len(letters), letters[0])
	}
}

func TestTheStreamShowsAWithdrawal(t *testing.T) {
	s := start(t)
	listed := s.list(ada, "Concert", "19.99")
	st := follow(t, s.Client, listed)
	s.withdraw(ada, listed.ID)
	st.tells(s.get(listed.ID))
}

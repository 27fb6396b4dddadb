package orders

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/bson"

	"ticketing.dev/common/events"
	"ticketing.dev/common/service/servicetest"
)

const tooManyOpen = "You've reached the limit of open orders (2). Pay for or cancel one of them first."

func startLimited(t *testing.T, limits Limits) *system {
	t.Helper()
	s := start(t)
	s.service.limits = limits
	return s
}

func (s *system) cancel(id string) {
	s.t.Helper()
	if a := s.Do(ada, http.MethodDelete, "/api/orders/"+id, ""); a.Status != http.StatusNoContent {
		s.t.Fatalf("cancelling answered %d %s", a.Status, a.Body)
	}
}

func TestAUserCannotHaveMoreOpenOrdersThanTheLimit(t *testing.T) {
	s := startLimited(t, Limits{Open: 2})
	var tickets []string
	for n := range 5 {
		tickets = append(tickets, s.sell(fmt.Sprintf("Gig %d", n), 1999))
	}
	first, second := s.order(ada, tickets[0]), s.order(ada, tickets[1])
	s.Do(ada, http.MethodPost, "/api/orders", ticketBody(tickets[2])).Refused(t, 400, "", tooManyOpen)
	s.order(bob, tickets[3]) // others have limits of their own

	// A payment in progress still counts; an order that has ended in any way doesn't.
	s.tell(events.PaymentStarted{Payment: payment(first.ID)})
	s.Do(ada, http.MethodPost, "/api/orders", ticketBody(tickets[2])).Refused(t, 400, "", tooManyOpen)
	s.tell(paid(first.ID, 1999))
	third := s.order(ada, tickets[2])
	s.Do(ada, http.MethodPost, "/api/orders", ticketBody(tickets[4])).Refused(t, 400, "", tooManyOpen)
	s.cancel(second.ID)
	s.order(ada, tickets[4])
	s.Do(ada, http.MethodPost, "/api/orders", ticketBody(tickets[1])).Refused(t, 400, "", tooManyOpen)
	s.tell(events.PaymentFailed{Payment: payment(third.ID)})
	s.order(ada, tickets[1])
}

// Two replicas get many requests at once. Counting first would let several through.
func TestConcurrentOrdersCannotExceedTheLimit(t *testing.T) {
	s := startLimited(t, Limits{Open: 2})
	other := s.open()
	other.limits = s.service.limits
	var tickets []string
	for n := range 12 {
		tickets = append(tickets, s.sell(fmt.Sprintf("Gig %d", n), 1999))
	}
	var all sync.WaitGroup
	for n, ticket := range tickets {
		replica := []*Service{s.service, other}[n%2]
		all.Go(func() {
			_, err := replica.place(t.Context(), Wish{TicketID: ticket}, ada.ID, nil)
			if err != nil && err.Error() != tooManyOpen {
				t.Error(err)
			}
		})
	}
	all.Wait()
	open, err := s.service.orders.All(t.Context(), bson.M{"userId": ada.ID, "status": Created}, 0)
	if err != nil || len(open) != 2 {
		t.Errorf("%d open orders, %v; want 2", len(open), err)
	}
}

// Orders of earlier releases have no hold. They can still be read, paid and cancelled.
func TestOrdersWithoutAHoldStillWork(t *testing.T) {
	s := start(t)
	old, another := s.order(ada, s.sell("Gig", 1999)), s.order(ada, s.sell("Play", 1999))
	s.service.limits = Limits{Open: 1}
	s.order(ada, s.sell("Opera", 1999))
	s.Do(ada, http.MethodPost, "/api/orders", ticketBody(s.sell("Ballet", 1999))).Refused(t, 400, "",
		"You've reached the limit of open orders (1). Pay for or cancel one of them first.")
	s.tell(paid(old.ID, 1999))
	s.cancel(another.ID)
	if o := s.get(ada, old.ID); o.Status != "complete" {
		t.Errorf("the paid order is %s", o.Status)
	}
}

func TestARepeatedRequestAtTheLimitGetsItsOrder(t *testing.T) {
	s := startLimited(t, Limits{Open: 1})
	ticket := s.sell("Gig", 1999)
	first := servicetest.Decode[shown](t, s.DoWith(ada, "Idempotency-Key", `"one"`, http.MethodPost, "/api/orders", ticketBody(ticket)), http.StatusCreated)
	again := servicetest.Decode[shown](t, s.DoWith(ada, "Idempotency-Key", `"one"`, http.MethodPost, "/api/orders", ticketBody(ticket)), http.StatusCreated)
	if again.ID != first.ID {
		t.Errorf("the retry got order %s, want %s", again.ID, first.ID)
	}
}

func TestAUserWhoKeepsReservingATicketWithoutPayingHasToWait(t *testing.T) {
	s := startLimited(t, Limits{Unpaid: 3})
	ticket := s.sell("Gig", 1999)
	for range 3 {
		s.cancel(s.order(ada, ticket).ID)
		s.later(time.Duration(s.clock.Load()) + 10*time.Minute)
	}
	a := s.Do(ada, http.MethodPost, "/api/orders", ticketBody(ticket))
	a.Refused(t, 400, "", "You've reserved this ticket several times without paying. You can reserve it again in 30 minutes.")
	if wait := a.Header.Get("Retry-After"); wait != "1800" && wait != "1799" {
		t.Errorf("Retry-After is %q, want 1800", wait)
	}
	s.order(ada, s.sell("Play", 1999))                                      // other tickets are fine
	s.tell(events.PaymentFailed{Payment: payment(s.order(bob, ticket).ID)}) // and so are other users

	s.later(61 * time.Minute)
	s.cancel(s.order(ada, ticket).ID) // the first one no longer counts
	s.later(62 * time.Minute)
	s.Do(ada, http.MethodPost, "/api/orders", ticketBody(ticket)).Refused(t, 400, "",
		"You've reserved this ticket several times without paying. You can reserve it again in 8 minutes.")
}

func TestADeclinedCardDoesNotCountAsUnpaid(t *testing.T) {
	s := startLimited(t, Limits{Unpaid: 1})
	ticket := s.sell("Gig", 1999)
	for range 3 {
		s.tell(events.PaymentFailed{Payment: payment(s.order(ada, ticket).ID)})
	}
	s.cancel(s.order(ada, ticket).ID)
	if a := s.Do(ada, http.MethodPost, "/api/orders", ticketBody(ticket)); a.Status != http.StatusBadRequest {
		t.Errorf("answered %d, want 400", a.Status)
	}
}

func TestAUserCanListOpenPaidOrEndedOrders(t *testing.T) {
	s := start(t)
	open, complete, ended := s.order(ada, s.sell("Gig", 1999)), s.order(ada, s.sell("Play", 1999)), s.order(ada, s.sell("Opera", 1999))
	s.tell(paid(complete.ID, 1999))
	s.cancel(ended.ID)
	for state, want := range map[string]string{"open": open.ID, "paid": complete.ID, "ended": ended.ID} {
		list := servicetest.Decode[[]shown](t, s.Do(ada, http.MethodGet, "/api/orders?state="+state, ""), http.StatusOK)
		if len(list) != 1 || list[0].ID != want {
			t.Errorf("%s: %+v, want order %s alone", state, list, want)
		}
	}
	s.Do(ada, http.MethodGet, "/api/orders?state=created", "").Refused(t, 400, "state", "state must be open, paid or ended")
}

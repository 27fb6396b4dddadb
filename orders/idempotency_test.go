package orders

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/bson"

	"ticketing.dev/common/events"
	"ticketing.dev/common/idempotency"
	"ticketing.dev/common/service/servicetest"
	"ticketing.dev/common/session"
)

func (s *system) orderWith(key string, as session.User, body string) servicetest.Answer {
	s.t.Helper()
	return s.DoWith(as, idempotency.Header, key, http.MethodPost, "/api/orders", body)
}

func (s *system) count(want int64) {
	s.t.Helper()
	n, err := s.db.Collection("orders").CountDocuments(s.t.Context(), bson.M{})
	if err != nil || n != want {
		s.t.Errorf("there are %d orders, want %d (%v)", n, want, err)
	}
}

// The answer is the first one's, whatever has become of the order.
func TestARepeatedOrderIsAnsweredAsTheFirst(t *testing.T) {
	s := start(t)
	body := ticketBody(s.sell("Gig", 1999))
	first := s.orderWith(`"one"`, ada, body)
	made := servicetest.Decode[shown](t, first, http.StatusCreated)
	for _, then := range []func(){
		func() {},
		func() { s.later(1) },
		func() { s.Do(ada, http.MethodDelete, "/api/orders/"+made.ID, "") },
		func() { s.order(bob, made.Ticket.ID) },
	} {
		then()
		if again := s.orderWith("one", ada, body); again.Status != http.StatusCreated || again.Body != first.Body {
			t.Errorf("repeated: %d %s, want %s", again.Status, again.Body, first.Body)
		}
	}
	s.orderWith("two", ada, body).Refused(t, http.StatusBadRequest, "", "Ticket is already reserved")
	s.orderWith("one", bob, body).Refused(t, http.StatusBadRequest, "", "Ticket is already reserved")
	s.count(2)
}

func TestAKeyIsRefusedForAnotherOrder(t *testing.T) {
	s := start(t)
	ticket := s.sell("Gig", 1999)
	servicetest.Decode[shown](t, s.orderWith("one", ada, ticketBody(ticket)), http.StatusCreated)
	for _, other := range []string{
		ticketBody(s.sell("Opera", 1999)),
		fmt.Sprintf(`{"ticketId":%q,"price":19.99}`, ticket),
	} {
		s.orderWith("one", ada, other).Refused(t, http.StatusUnprocessableEntity, "", idempotency.ErrReused.Error())
	}
	s.orderWith("", ada, ticketBody(ticket)).Refused(t, http.StatusBadRequest, "", idempotency.ErrMalformed.Error())
	s.count(1)
}

func TestTwentyOrdersWithOneKeyOnTwoReplicasMakeOne(t *testing.T) {
	s := start(t)
	replicas := []*servicetest.Client{s.Client, servicetest.Run(t, "orders", s.bus, s.open())}
	body := ticketBody(s.sell("Gig", 1999))
	answers := make([]servicetest.Answer, 20)
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() {
			answers[i] = replicas[i%2].DoWith(ada, idempotency.Header, "one", http.MethodPost, "/api/orders", body)
		})
	}
	all.Wait()
	for _, a := range answers {
		if a.Status != http.StatusCreated || a.Body != answers[0].Body {
			t.Errorf("%d %s, another was answered %s", a.Status, a.Body, answers[0].Body)
		}
	}
	s.count(1)
}

// A process dies between a cancellation and the count of it; an order with a key puts the count right
// as one without does.
func TestAKeyedClaimMeetsACancelledOrder(t *testing.T) {
	s := start(t)
	ticket := s.sell("Gig", 1999)
	old := s.order(ada, ticket)
	if _, err := s.service.orders.Update(t.Context(), old.ID, func(o *Order) error { return o.Cancel(ada.ID) }); err != nil {
		t.Fatal(err)
	}
	servicetest.Decode[shown](t, s.orderWith("one", bob, ticketBody(ticket)), http.StatusCreated)
}

func TestAnOrderAtAPriceThatWasNotShown(t *testing.T) {
	s := start(t)
	ticket := s.sell("Gig", 1000)
	at := func(price string) string { return fmt.Sprintf(`{"ticketId":%q,"price":%s}`, ticket, price) }
	s.tell(events.TicketUpdated{Ticket: events.Ticket{ID: ticket, Version: 1, Title: "Rig", Price: 90000, UserID: bob.ID}})
	for _, price := range []string{"10", "10.00", "899.99", "0", "-900"} {
		s.Do(ada, http.MethodPost, "/api/orders", at(price)).Refused(t, http.StatusBadRequest, "price", "The price is now $900.00")
	}
	for _, none := range []string{`"900"`, "9e2", "900.001", "true", "[900]"} {
		s.Do(ada, http.MethodPost, "/api/orders", at(none)).Refused(t, http.StatusBadRequest, "price", "price must be a number of dollars with at most two decimals")
	}
	s.Do(ada, http.MethodPost, "/api/orders", fmt.Sprintf(`{"ticketId":%q,"title":"Gig","price":900}`, ticket)).
		Refused(t, http.StatusBadRequest, "title", `The ticket is now called "Rig"`)
	s.count(0)
	o := servicetest.Decode[shown](t, s.Do(ada, http.MethodPost, "/api/orders", fmt.Sprintf(`{"ticketId":%q,"title":"Rig","price":900.00}`, ticket)), http.StatusCreated)
	if o.Ticket.Price != "900" || o.Ticket.Title != "Rig" {
		t.Errorf("ordered %+v", o.Ticket)
	}
}

// Without a price, or with null, the order is at whatever the ticket costs, as it always was.
func TestAnOrderWithoutAPrice(t *testing.T) {
	s := start(t)
	s.order(ada, s.sell("Gig", 1000))
	ticket := s.sell("Gig", 1000)
	body := fmt.Sprintf(`{"ticketId":%q,"price":null,"title":null}`, ticket)
	servicetest.Decode[shown](t, s.Do(ada, http.MethodPost, "/api/orders", body), http.StatusCreated)
}

// The seller edits while buyers order. Each order has the price that its buyer sent.
func TestNoOrderIsMadeAtAnotherPrice(t *testing.T) {
	s := start(t)
	var all sync.WaitGroup
	for range 10 {
		ticket := s.sell("Gig", 1000)
		all.Go(func() {
			servicetest.Publish(t, s.bus, events.TicketUpdated{Ticket: events.Ticket{ID: ticket, Version: 1, Title: "Gig", Price: 2000, UserID: bob.ID}})
		})
		for _, price := range []string{"10", "20"} {
			all.Go(func() {
				a := s.Do(ada, http.MethodPost, "/api/orders", fmt.Sprintf(`{"ticketId":%q,"price":%s}`, ticket, price))
				if a.Status == http.StatusCreated {
					if o := servicetest.Decode[shown](t, a, http.StatusCreated); o.Ticket.Price.String() != price {
						t.Errorf("asked for %s, ordered at %s", price, o.Ticket.Price)
					}
				}
			})
		}
	}
	all.Wait()
}

func TestAnotherUserThanExpectedOrdersAndCancelsNothing(t *testing.T) {
	s := start(t)
	const told = "You're now signed in as ada@example.com"
	ticket := s.sell("Gig", 1000)
	s.DoWith(ada, session.ExpectedHeader, bob.ID, http.MethodPost, "/api/orders", ticketBody(ticket)).Refused(t, http.StatusPreconditionFailed, "", told)
	s.count(0)
	o := s.order(ada, ticket)
	s.DoWith(ada, session.ExpectedHeader, bob.ID, http.MethodDelete, "/api/orders/"+o.ID, "").Refused(t, http.StatusPreconditionFailed, "", told)
	if now := s.get(ada, o.ID); now.Status != "created" {
		t.Errorf("the order is %s", now.Status)
	}
}

package orders

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/event"
	"go.mongodb.org/mongo-driver/mongo/options"

	"ticketing.dev/common/bus/memory"
	"ticketing.dev/common/events"
	"ticketing.dev/common/service/servicetest"
)

const withdrawn = "The seller has withdrawn this ticket"

// withdrawal is the event of a withdrawn ticket.
func withdrawal(ticket string, version int64) events.TicketUpdated {
	return events.TicketUpdated{Ticket: events.Ticket{ID: ticket, Version: version, Title: "Gig", Price: 1999, UserID: bob.ID, Withdrawn: true}}
}

// refusedWithdrawn orders a withdrawn ticket.
func (s *system) refusedWithdrawn(ticket string) {
	s.t.Helper()
	a := s.Do(ada, http.MethodPost, "/api/orders", ticketBody(ticket))
	a.Refused(s.t, http.StatusBadRequest, "", withdrawn)
	if !strings.Contains(a.Body, `"type":"/problems/ticket-withdrawn"`) {
		s.t.Errorf("refused with %s", a.Body)
	}
}

func TestAWithdrawnTicketCannotBeOrdered(t *testing.T) {
	s := start(t)
	ticket := s.sell("Gig", 1999)
	s.tell(withdrawal(ticket, 1))
	s.refusedWithdrawn(ticket)
	s.tell(events.TicketUpdated{Ticket: events.Ticket{ID: ticket, Title: "Gig", Price: 1999, UserID: bob.ID}}) // an old event
	s.refusedWithdrawn(ticket)
}

func TestAWithdrawalCancelsTheOpenOrder(t *testing.T) {
	for name, before := range map[string]func(*system, shown){
		"reserved":   func(*system, shown) {},
		"being paid": func(s *system, o shown) { s.tell(events.PaymentStarted{Payment: payment(o.ID)}) },
		"a second hold": func(s *system, o shown) {
			s.Do(ada, http.MethodDelete, "/api/orders/"+o.ID, "")
			s.order(ada, o.Ticket.ID)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t)
			ticket := s.sell("Gig", 1999)
			before(s, s.order(ada, ticket))
			s.tell(withdrawal(ticket, 1))
			s.tell(withdrawal(ticket, 1))
			var all []Order
			cursor, err := s.db.Collection("orders").Find(t.Context(), bson.M{"userId": ada.ID}, options.Find().SetSort(bson.M{"_id": 1}))
			if err != nil || cursor.All(t.Context(), &all) != nil {
				t.Fatal(err)
			}
			last := all[len(all)-1]
			if last.Status != Cancelled || last.Reason != TicketWithdrawn || last.Hold != "" {
				t.Errorf("the order is %+v", last)
			}
			servicetest.Eventually(t, "each order's order:cancelled, with the last one's reason", func() bool {
				told := servicetest.Published[events.OrderCancelled](t, s.bus)
				return len(told) == len(all) && told[len(told)-1].Reason == "ticket-withdrawn"
			})
			// payments refunds a payment that succeeds anyway.
			s.tell(paid(last.ID, 1999))
			if now := s.get(ada, last.ID); now.Status != "cancelled" {
				t.Errorf("paid, the order is %s", now.Status)
			}
			s.refusedWithdrawn(ticket)
		})
	}
}

func TestACompleteOrderOutlivesAWithdrawalThatOrdersHearsOfLater(t *testing.T) {
	s := start(t)
	o := s.order(ada, s.sell("Gig", 1999))
	s.tell(paid(o.ID, 1999))
	s.tell(withdrawal(o.Ticket.ID, 1))
	if now := s.get(ada, o.ID); now.Status != "complete" {
		t.Errorf("the order is %s", now.Status)
	}
}

// The request reads the copy of the ticket before the withdrawal arrives, and inserts its order afterwards. tickets
// then publishes the withdrawal again.
func TestAnOrderInsertedAfterTheWithdrawalIsCancelled(t *testing.T) {
	s := &system{t: t, bus: memory.New()}
	var once sync.Once
	var meanwhile func()
	s.db = servicetest.Watched(t, func(e *event.CommandStartedEvent) {
		if e.CommandName == "insert" && strings.Contains(e.Command.String(), `"slot"`) {
			once.Do(meanwhile)
		}
	})
	s.service = s.open()
	s.Client = servicetest.Run(t, "orders", s.bus, s.service)
	ticket := s.sell("Gig", 1999)
	meanwhile = func() { s.tell(withdrawal(ticket, 1)) }
	o := s.order(ada, ticket)
	if now := s.get(ada, o.ID); now.Status != "created" {
		t.Fatalf("the order is %s", now.Status)
	}
	s.tell(withdrawal(ticket, 2))
	if now := s.get(ada, o.ID); now.Status != "cancelled" {
		t.Errorf("the order is %s", now.Status)
	}
}

// A process stores the copy and dies before it cancels the order, or the count of released reservations lags.
func TestAWithdrawalHandledHalfwayIsFinishedByTheNextDelivery(t *testing.T) {
	s := start(t)
	o := s.order(ada, s.sell("Gig", 1999))
	e := withdrawal(o.Ticket.ID, 1)
	if err := s.service.tickets.upsertCopy(t.Context(), e.Ticket); err != nil {
		t.Fatal(err)
	}
	s.tell(e)
	if now := s.get(ada, o.ID); now.Status != "cancelled" {
		t.Errorf("the order is %s", now.Status)
	}
	lag := bson.M{"$set": bson.M{"released": int64(0)}}
	if _, err := s.db.Collection("tickets").UpdateOne(t.Context(), bson.M{"_id": o.Ticket.ID}, lag); err != nil {
		t.Fatal(err)
	}
	s.tell(e)
	if copied, err := s.service.tickets.get(t.Context(), o.Ticket.ID); err != nil || copied.Released != 1 {
		t.Errorf("the copy is %+v, %v", copied, err)
	}
}

// Buyers order while the seller withdraws. No order is open afterward, whichever came first.
func TestNoOrderIsOpenAfterAWithdrawalThatBuyersRaced(t *testing.T) {
	s := start(t, memory.Twice(), memory.Shuffled(servicetest.Random(t).Uint64(), 20*time.Millisecond))
	for range 10 {
		ticket := s.sell("Gig", 1999)
		var buyers sync.WaitGroup
		for range 4 {
			buyers.Go(func() { s.Do(ada, http.MethodPost, "/api/orders", ticketBody(ticket)) })
		}
		servicetest.Publish(t, s.bus, withdrawal(ticket, 1))
		buyers.Wait()
		s.tell(withdrawal(ticket, 2)) // as tickets answers order:created
		open := bson.M{"ticket.id": ticket, "userId": ada.ID, "status": bson.M{"$ne": Cancelled}}
		if n, err := s.db.Collection("orders").CountDocuments(t.Context(), open); n != 0 || err != nil {
			t.Errorf("%d orders are open, %v", n, err)
		}
	}
}

package orders

import (
	"net/http"
	"reflect"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/bson"

	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/events"
	"ticketing.dev/common/service/servicetest"
	"ticketing.dev/common/session"
)

// sellDetailed lets orders know of a ticket with details.
func (s *system) sellDetailed(d events.Details) events.Ticket {
	s.t.Helper()
	ticket := events.Ticket{ID: aggregate.NewID(), Title: "Gig", Price: 1999, UserID: bob.ID, Details: d}
	s.tell(events.TicketCreated{Ticket: ticket})
	return ticket
}

// startingIn is an event that starts after d, at a place west of Greenwich.
func startingIn(d time.Duration) events.Details {
	at := time.Now().Add(d).In(time.FixedZone("", -8*3600)).Format(time.RFC3339Nano)
	return events.Details{Event: events.Occasion{StartsAt: events.LocalTime(at)}}
}

const started = "The event has already started"

func TestFromItsStartOnATicketCannotBeOrdered(t *testing.T) {
	s := start(t)
	ticket := s.sellDetailed(startingIn(time.Hour))
	held := s.order(ada, ticket.ID)
	s.Do(ada, http.MethodDelete, "/api/orders/"+held.ID, "")
	s.later(time.Hour + time.Second)
	s.Do(ada, http.MethodPost, "/api/orders", ticketBody(ticket.ID)).Refused(t, http.StatusBadRequest, "", started)

	// The seller moves the event.
	ticket.Version, ticket.Details = 1, startingIn(48*time.Hour)
	s.tell(events.TicketUpdated{Ticket: ticket})
	s.order(ada, ticket.ID)
}

func TestAnOrderUnderWayIsPaidAfterTheStart(t *testing.T) {
	s := start(t)
	o := s.order(ada, s.sellDetailed(startingIn(time.Minute)).ID)
	s.later(2 * time.Minute)
	s.tell(events.PaymentStarted{Payment: payment(o.ID)})
	s.tell(paid(o.ID, 1999))
	if now := s.get(ada, o.ID); now.Status != "complete" {
		t.Errorf("the order is %s", now.Status)
	}
}

func TestAnEarlierReleasesTicketHasNoStart(t *testing.T) {
	s := start(t)
	ticket := s.sell("Gig", 1999)
	_, err := s.db.Collection("tickets").UpdateOne(t.Context(), bson.M{"_id": ticket}, bson.M{"$unset": bson.M{"details": ""}})
	if err != nil {
		t.Fatal(err)
	}
	s.later(10 * 365 * 24 * time.Hour)
	o := s.order(ada, ticket)
	s.Stop() // which publishes what there is
	if e := servicetest.Published[events.OrderCreated](t, s.bus)[0]; e.ID != o.ID || e.Ticket.Details != nil {
		t.Errorf("published %+v", e)
	}
}

func TestAnOrderSaysTheDetailsThatWereOrdered(t *testing.T) {
	s := start(t)
	details := startingIn(time.Hour)
	details.Seat, details.Description, details.Event.Venue = "Row 4", "No cameras.", "Arena"
	ticket := s.sellDetailed(details)
	o := s.order(ada, ticket.ID)
	ticket.Version, ticket.Details = 1, events.Details{Seat: "Row 5"}
	s.tell(events.TicketUpdated{Ticket: ticket})
	if got := s.details(ada, o.ID); got != details {
		t.Errorf("the order says %+v, want %+v", got, details)
	}
	servicetest.Eventually(t, "the order's event", func() bool { return len(servicetest.Published[events.OrderCreated](t, s.bus)) == 1 })
	if e := servicetest.Published[events.OrderCreated](t, s.bus)[0]; !reflect.DeepEqual(e.Ticket.Details, &details) {
		t.Errorf("published %+v, want %+v", e.Ticket.Details, details)
	}
}

// details are the details of an order's ticket, as the API shows them.
func (s *system) details(as session.User, order string) events.Details {
	s.t.Helper()
	type shownDetails struct {
		Ticket struct{ events.Details } `json:"ticket"`
	}
	return servicetest.Decode[shownDetails](s.t, s.Do(as, http.MethodGet, "/api/orders/"+order, ""), http.StatusOK).Ticket.Details
}

package tickets_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"go.mongodb.org/mongo-driver/mongo"

	"ticketing.dev/common/bus/memory"
	"ticketing.dev/common/events"
	"ticketing.dev/common/service/servicetest"
	"ticketing.dev/common/session"
	"ticketing.dev/tickets"
)

// The users of the tests: ada sells, bob is another user.
var (
	ada = session.User{ID: seller, Email: "ada@example.com"}
	bob = session.User{ID: other, Email: "bob@example.com"}
)

// system is tickets with a database and a bus of its own.
type system struct {
	*servicetest.Client
	t   *testing.T
	db  *mongo.Database
	bus *memory.Bus
}

func start(t *testing.T, options ...memory.Option) *system {
	t.Helper()
	s := &system{t: t, db: servicetest.Database(t), bus: memory.New(options...)}
	s.Client = servicetest.Run(t, "tickets", s.bus, s.open())
	return s
}

// open makes an instance of the service.
func (s *system) open() *tickets.Service {
	s.t.Helper()
	opened, err := tickets.New(s.t.Context(), tickets.Options{
		DB: s.db, Bus: s.bus, Sessions: servicetest.Sessions(s.t), Keys: keys(s.t), Log: servicetest.Log(s.t),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return opened
}

// ticket is a ticket as the API shows it.
type ticket struct {
	ID      string      `json:"id"`
	Title   string      `json:"title"`
	Price   json.Number `json:"price"`
	UserID  string      `json:"userId"`
	OrderID string      `json:"orderId"`
	Status  string      `json:"status"`
	Version int64       `json:"version"`
}

// list puts a ticket up for sale.
func (s *system) list(user session.User, title, price string) ticket {
	s.t.Helper()
	return servicetest.Decode[ticket](s.t, s.Do(user, http.MethodPost, "/api/tickets", offer(title, price)), http.StatusCreated)
}

// get looks a ticket up.
func (s *system) get(id string) ticket {
	s.t.Helper()
	return servicetest.Decode[ticket](s.t, s.Do(servicetest.SignedOut, http.MethodGet, "/api/tickets/"+id, ""), http.StatusOK)
}

// offer is the body of a listing or an edit.
func offer(title, price string) string { return fmt.Sprintf(`{"title":%q,"price":%s}`, title, price) }

// order is the n-th order of a ticket as it is now.
func order(t ticket, n int64) events.Order {
	return events.Order{
		ID:     fmt.Sprintf("%s-%d", t.ID, n),
		Ticket: events.OrderedTicket{ID: t.ID, Title: t.Title, Price: 1999, Reservation: n},
	}
}

// deliver publishes events as orders would, and waits until they have been handled.
func (s *system) deliver(all ...events.Event) {
	s.t.Helper()
	for _, e := range all {
		servicetest.Publish(s.t, s.bus, e)
	}
	servicetest.Settled(s.t, s.bus)
}

// await waits for n events of a kind, which have to be all of them.
func await[E events.Event](s *system, n int) []E {
	s.t.Helper()
	var kind E
	var all []E
	servicetest.Eventually(s.t, fmt.Sprintf("%d of %s", n, kind.Subject()), func() bool {
		all = servicetest.Published[E](s.t, s.bus)
		return len(all) >= n
	})
	if len(all) > n {
		s.t.Fatalf("%d of %s, want %d: %+v", len(all), kind.Subject(), n, all)
	}
	return all
}

package orders

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/mongo"

	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/bus/memory"
	"ticketing.dev/common/events"
	"ticketing.dev/common/money"
	"ticketing.dev/common/service/servicetest"
	"ticketing.dev/common/session"
)

var (
	ada = session.User{ID: "65a0000000000000000000b1", Email: "ada@example.com"}
	bob = session.User{ID: "65a0000000000000000000b2", Email: "bob@example.com"}
)

// system is orders with a database and a bus of its own, and a clock that the test may set.
type system struct {
	*servicetest.Client
	t       *testing.T
	db      *mongo.Database
	bus     *memory.Bus
	service *Service
	clock   atomic.Int64 // how far the service's clock is ahead, in ns
	looks   atomic.Int64 // how often the service has looked at it
}

func start(t *testing.T, options ...memory.Option) *system {
	t.Helper()
	s := &system{t: t, db: servicetest.Database(t), bus: memory.New(options...)}
	s.service = s.open()
	s.Client = servicetest.Run(t, "orders", s.bus, s.service)
	return s
}

// open makes a replica of the service.
func (s *system) open() *Service {
	s.t.Helper()
	o, err := New(s.t.Context(), Options{
		DB: s.db, Bus: s.bus, Sessions: servicetest.Sessions(s.t), TTL: 15 * time.Minute, Log: servicetest.Log(s.t),
		Now: func() time.Time { s.looks.Add(1); return time.Now().Add(time.Duration(s.clock.Load())) },
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return o
}

// later sets the service's clock ahead.
func (s *system) later(d time.Duration) { s.clock.Store(int64(d)) }

// sell lets orders know of a new ticket.
func (s *system) sell(title string, price money.Cents) string {
	s.t.Helper()
	ticket := events.Ticket{ID: aggregate.NewID(), Title: title, Price: price, UserID: bob.ID}
	servicetest.Publish(s.t, s.bus, events.TicketCreated{Ticket: ticket})
	servicetest.Settled(s.t, s.bus)
	return ticket.ID
}

type shown struct {
	ID        string    `json:"id"`
	UserID    string    `json:"userId"`
	Status    string    `json:"status"`
	ExpiresAt time.Time `json:"expiresAt"`
	Ticket    struct {
		ID    string      `json:"id"`
		Title string      `json:"title"`
		Price json.Number `json:"price"`
	} `json:"ticket"`
	Version int64 `json:"version"`
}

func ticketBody(id string) string { return fmt.Sprintf(`{"ticketId":%q}`, id) }

// order orders a ticket, which has to work.
func (s *system) order(as session.User, ticket string) shown {
	s.t.Helper()
	return servicetest.Decode[shown](s.t, s.Do(as, http.MethodPost, "/api/orders", ticketBody(ticket)), http.StatusCreated)
}

func (s *system) get(as session.User, id string) shown {
	s.t.Helper()
	return servicetest.Decode[shown](s.t, s.Do(as, http.MethodGet, "/api/orders/"+id, ""), http.StatusOK)
}

// tell publishes an event and waits until it has been handled.
func (s *system) tell(e events.Event) {
	s.t.Helper()
	servicetest.Publish(s.t, s.bus, e)
	servicetest.Settled(s.t, s.bus)
}

func payment(order string) events.Payment { return events.Payment{ID: order, OrderID: order} }

func paid(order string, amount money.Cents) events.PaymentCreated {
	return events.PaymentCreated{Payment: payment(order), StripeID: "pi_1", Amount: amount}
}

func TestOrdering(t *testing.T) {
	s := start(t)
	ticket := s.sell("Gig", 1999)
	before := time.Now()
	o := s.order(ada, ticket)
	if o.UserID != ada.ID || o.Status != "created" || o.Version != 0 ||
		o.Ticket.ID != ticket || o.Ticket.Title != "Gig" || o.Ticket.Price != "19.99" {
		t.Errorf("ordered %+v", o)
	}
	if left := o.ExpiresAt.Sub(before); left < 15*time.Minute-time.Millisecond || left > 16*time.Minute {
		t.Errorf("reserved for %s", left)
	}
	if got := s.get(ada, o.ID); got != o {
		t.Errorf("shown as %+v, ordered as %+v", got, o)
	}
	s.Do(bob, http.MethodPost, "/api/orders", ticketBody(ticket)).Refused(t, 400, "", "Ticket is already reserved")
	s.Do(ada, http.MethodPost, "/api/orders", ticketBody(ticket)).Refused(t, 400, "", "Ticket is already reserved")

	if a := s.Do(ada, http.MethodDelete, "/api/orders/"+o.ID, ""); a.Status != http.StatusNoContent || a.Body != "" {
		t.Errorf("cancelled with %d %q", a.Status, a.Body)
	}
	if a := s.Do(ada, http.MethodDelete, "/api/orders/"+o.ID, ""); a.Status != http.StatusNoContent {
		t.Errorf("cancelled again with %d", a.Status)
	}
	if got := s.get(ada, o.ID); got.Status != "cancelled" || got.Version != 1 {
		t.Errorf("then shown as %+v", got)
	}
	s.order(bob, ticket)
}

func TestRefusals(t *testing.T) {
	s := start(t)
	o := s.order(ada, s.sell("Gig", 1999))
	const json, none = "application/json", ""
	unknown := aggregate.NewID()
	for _, c := range []struct {
		what, method, path string
		as                 session.User
		kind, body         string
		status             int
		field, message     string
	}{
		{"list signed out", "GET", "/api/orders", servicetest.SignedOut, none, "", 401, "", "Not authorized"},
		{"list a bad page", "GET", "/api/orders?limit=0", ada, none, "", 400, "limit", ""},
		{"show signed out", "GET", "/api/orders/" + o.ID, servicetest.SignedOut, none, "", 401, "", "Not authorized"},
		{"show another's", "GET", "/api/orders/" + o.ID, bob, none, "", 401, "", "Not authorized"},
		{"show a missing order", "GET", "/api/orders/" + unknown, ada, none, "", 404, "", "Not found"},
		{"show by an invalid id", "GET", "/api/orders/x%00y", ada, none, "", 404, "", "Not found"},
		{"order signed out", "POST", "/api/orders", servicetest.SignedOut, json, ticketBody(o.Ticket.ID), 401, "", "Not authorized"},
		{"order signed out and malformed", "POST", "/api/orders", servicetest.SignedOut, json, "{", 401, "", "Not authorized"},
		{"order nothing", "POST", "/api/orders", ada, json, "{}", 400, "ticketId", ""},
		{"order an invalid id", "POST", "/api/orders", ada, json, ticketBody("x"), 400, "ticketId", ""},
		{"order by a number", "POST", "/api/orders", ada, json, `{"ticketId":7}`, 400, "ticketId", ""},
		{"order by an object", "POST", "/api/orders", ada, json, `{"ticketId":{"$ne":null}}`, 400, "ticketId", ""},
		{"order without a body", "POST", "/api/orders", ada, json, "", 400, "", "Body is empty"},
		{"order malformed", "POST", "/api/orders", ada, json, `{"ticketId":`, 400, "", ""},
		{"order with a huge body", "POST", "/api/orders", ada, json, `{"ticketId":"` + strings.Repeat("x", 70<<10) + `"}`, 413, "", ""},
		{"order by a form", "POST", "/api/orders", ada, "text/plain", ticketBody(o.Ticket.ID), 415, "", ""},
		{"order a missing ticket", "POST", "/api/orders", ada, json, ticketBody(unknown), 404, "", "Not found"},
		{"order what is reserved", "POST", "/api/orders", bob, json, ticketBody(o.Ticket.ID), 400, "", "Ticket is already reserved"},
		{"cancel signed out", "DELETE", "/api/orders/" + o.ID, servicetest.SignedOut, none, "", 401, "", "Not authorized"},
		{"cancel another's", "DELETE", "/api/orders/" + o.ID, bob, none, "", 401, "", "Not authorized"},
		{"cancel a missing order", "DELETE", "/api/orders/" + unknown, ada, none, "", 404, "", "Not found"},
		{"cancel by an invalid id", "DELETE", "/api/orders/x", ada, none, "", 404, "", "Not found"},
		{"edit", "PUT", "/api/orders/" + o.ID, ada, json, "{}", 405, "", "Method not allowed"},
		{"nowhere", "GET", "/api/orders/a/b", ada, none, "", 404, "", "Not found"},
	} {
		t.Run(c.what, func(t *testing.T) {
			s.Send(c.as, c.method, c.path, c.kind, c.body).Refused(t, c.status, c.field, c.message)
		})
	}
	if got := s.get(ada, o.ID); got != o {
		t.Errorf("refused requests made %+v of %+v", got, o)
	}
}

func TestListsOwnOrdersNewestFirstInPages(t *testing.T) {
	s := start(t)
	var want []string
	for i := range 5 {
		o := s.order(ada, s.sell(fmt.Sprint("Gig ", i), 1999))
		want = append([]string{o.ID}, want...)
	}
	s.order(bob, s.sell("Bob's", 100))
	var got []string
	path := "/api/orders?limit=2"
	for path != "" {
		a := s.Do(ada, http.MethodGet, path, "")
		for _, o := range servicetest.Decode[[]shown](t, a, http.StatusOK) {
			got = append(got, o.ID)
		}
		path, _, _ = strings.Cut(strings.TrimPrefix(a.Header.Get("Link"), "<"), ">")
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("listed %v, want %v", got, want)
	}
}

// Fifty buyers order one ticket at two replicas at once, twenty times.
func TestOneOfFiftyBuyersWins(t *testing.T) {
	s := start(t)
	second := servicetest.Run(t, "orders", s.bus, s.open())
	for round := range 20 {
		ticket := s.sell(fmt.Sprint("Gig ", round), 1999)
		var won, lost atomic.Int64
		var all sync.WaitGroup
		begin := make(chan struct{})
		for i := range 50 {
			all.Go(func() {
				replica := []*servicetest.Client{s.Client, second}[i%2]
				as := session.User{ID: fmt.Sprintf("65a0000000000000000000%02x", i), Email: "buyer@example.com"}
				<-begin
				switch a := replica.Do(as, http.MethodPost, "/api/orders", ticketBody(ticket)); {
				case a.Status == http.StatusCreated:
					won.Add(1)
				case a.Status == http.StatusBadRequest && strings.Contains(a.Body, `"Ticket is already reserved"`):
					lost.Add(1)
				default:
					t.Errorf("answered %d %s", a.Status, a.Body)
				}
			})
		}
		close(begin)
		all.Wait()
		if won.Load() != 1 || lost.Load() != 49 {
			t.Fatalf("round %d: %d won and %d lost", round, won.Load(), lost.Load())
		}
	}
}

// Buyers who order and cancel, order and cancel never hold a ticket together.
func TestATicketChangesHandsButNeverHasTwoHolders(t *testing.T) {
	s := start(t)
	second := servicetest.Run(t, "orders", s.bus, s.open())
	ticket := s.sell("Gig", 1999)
	var holders, sold atomic.Int64
	var all sync.WaitGroup
	for i := range 6 {
		all.Go(func() {
			replica := []*servicetest.Client{s.Client, second}[i%2]
			as := session.User{ID: fmt.Sprintf("65a0000000000000000000%02x", i), Email: "buyer@example.com"}
			for range 10 {
				a := replica.Do(as, http.MethodPost, "/api/orders", ticketBody(ticket))
				if a.Status != http.StatusCreated {
					continue
				}
				if n := holders.Add(1); n != 1 {
					t.Errorf("%d hold the ticket", n)
				}
				sold.Add(1)
				var o shown
				if err := json.Unmarshal([]byte(a.Body), &o); err != nil {
					t.Error(err)
				}
				holders.Add(-1) // before the cancellation: from then on another may
				if a := replica.Do(as, http.MethodDelete, "/api/orders/"+o.ID, ""); a.Status != http.StatusNoContent {
					t.Errorf("cancelled with %d %s", a.Status, a.Body)
				}
			}
		})
	}
	all.Wait()
	if sold.Load() < 2 {
		t.Errorf("the ticket was ordered %d times", sold.Load())
	}
	s.order(ada, ticket)
}

// The process dies after a cancellation is stored and before the ticket's count is advanced.
func TestACrashAfterACancellationLocksNoTicket(t *testing.T) {
	s := start(t)
	ticket := s.sell("Gig", 1999)
	for range 3 {
		o := s.order(ada, ticket)
		// The half of change that the dead process had done.
		if _, err := s.service.orders.Update(t.Context(), o.ID, func(o *Order) error { return o.Cancel(ada.ID) }); err != nil {
			t.Fatal(err)
		}
	}
	if o := s.order(bob, ticket); o.Status != "created" {
		t.Errorf("ordered %+v", o)
	}
}

func TestARepeatedCancellationStillReleases(t *testing.T) {
	s := start(t)
	ticket := s.sell("Gig", 1999)
	o := s.order(ada, ticket)
	if _, err := s.service.orders.Update(t.Context(), o.ID, func(o *Order) error { return o.Cancel(ada.ID) }); err != nil {
		t.Fatal(err)
	}
	s.later(time.Hour)
	s.tell(events.ExpirationComplete{OrderID: o.ID})
	known, err := s.service.tickets.get(t.Context(), ticket)
	if err != nil || known.Released != 1 {
		t.Errorf("released %d (%v), want 1", known.Released, err)
	}
}

// The process dies after a commit and before the publication: it never ran its relay.
func TestACrashBetweenCommitAndPublishLosesNoEvent(t *testing.T) {
	s := &system{t: t, db: servicetest.Database(t), bus: memory.New()}
	crashed := s.open()
	ticket := &Ticket{ID: aggregate.NewID(), Title: "Gig", Price: 1999}
	if err := crashed.tickets.upsertCopy(t.Context(), events.Ticket{ID: ticket.ID, Title: "Gig", Price: 1999}); err != nil {
		t.Fatal(err)
	}
	cancelled, err := crashed.reserve(t.Context(), Wish{TicketID: ticket.ID}, ada.ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := crashed.update(t.Context(), cancelled.ID, func(o *Order) error { return o.Cancel(ada.ID) }); err != nil {
		t.Fatal(err)
	}
	completed, err := crashed.reserve(t.Context(), Wish{TicketID: ticket.ID}, bob.ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := crashed.update(t.Context(), completed.ID, func(o *Order) error { return o.Pay(1999) }); err != nil {
		t.Fatal(err)
	}
	servicetest.Run(t, "orders", s.bus, s.open())
	servicetest.Eventually(t, "all four events", func() bool {
		return len(servicetest.Published[events.OrderCreated](t, s.bus)) == 2 &&
			len(servicetest.Published[events.OrderCancelled](t, s.bus)) == 1 &&
			len(servicetest.Published[events.OrderCompleted](t, s.bus)) == 1
	})
}

// An insertion whose answer was lost is made again, and finds itself in the slot.
func TestALostAnswerIsNoRefusal(t *testing.T) {
	s := start(t)
	order := Place(&Ticket{ID: s.sell("Gig", 1999), Title: "Gig", Price: 1999}, ada.ID, time.Now().Add(time.Minute))
	for range 2 {
		if won, err := s.service.claim(t.Context(), order); !won || err != nil {
			t.Fatalf("won %v, %v", won, err)
		}
	}
	if list := servicetest.Decode[[]shown](t, s.Do(ada, http.MethodGet, "/api/orders", ""), http.StatusOK); len(list) != 1 {
		t.Errorf("%d orders, want 1", len(list))
	}
}

func TestIndexesAreMadeAtStart(t *testing.T) {
	s := start(t)
	servicetest.Indexes(t, s.db.Collection("orders"), "slot_1 unique", "hold_1 unique", "userId_1__id_-1", "status_1_expiresAt_1", "outbox.0.id_1", "request.key_1 unique")
}

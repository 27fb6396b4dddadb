package orders

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/event"

	"ticketing.dev/common/bus/memory"
	"ticketing.dev/common/events"
	"ticketing.dev/common/idempotency"
	"ticketing.dev/common/service/servicetest"
)

// What breaks in docs/model without one of its rules, played against the service.

// through is a way to the bus that the test may get in between.
type through func(ctx context.Context, channel string, message []byte) error

func (p through) Publish(ctx context.Context, channel string, message []byte) error {
	return p(ctx, channel, message)
}

// openThrough makes a replica of the service that publishes in a way of its own.
func (s *system) openThrough(p through) *Service {
	s.t.Helper()
	o, err := New(s.t.Context(), Options{
		DB: s.db, Bus: p, Sessions: servicetest.Sessions(s.t), TTL: 15 * time.Minute, Log: servicetest.Log(s.t),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return o
}

// learned is a ticket that orders knows of.
func (s *system) learned(o *Service) string {
	s.t.Helper()
	const id = "65a0000000000000000000a1"
	if err := o.tickets.upsertCopy(s.t.Context(), events.Ticket{ID: id, Title: "Gig", Price: 1999, UserID: bob.ID}); err != nil {
		s.t.Fatal(err)
	}
	return id
}

// Order, slot, event and idempotency key are written by one command, so no crash leaves a slot without an
// order, an order without its event, or a key without either.
func TestAReservationIsOneWrite(t *testing.T) {
	var writes []string
	s := &system{t: t, bus: memory.New()}
	s.db = servicetest.Watched(t, func(e *event.CommandStartedEvent) {
		switch e.CommandName {
		case "insert", "update", "delete", "findAndModify":
			writes = append(writes, e.Command.String())
		}
	})
	s.service = s.open()
	ticket := s.learned(s.service)
	writes = nil
	request := &idempotency.Request{Key: "a key", Digest: "a digest", At: time.Now()}
	o, err := s.service.place(t.Context(), Wish{TicketID: ticket}, ada.ID, request)
	if err != nil {
		t.Fatal(err)
	}
	if len(writes) != 1 || slices.ContainsFunc([]string{o.ID, o.Slot, "order:created", "a key", "a digest", o.Request.Answer[2:]},
		func(part string) bool { return !strings.Contains(strings.ReplaceAll(writes[0], `\"`, `"`), part) }) {
		t.Errorf("a reservation is written by %v", writes)
	}
}

func TestRefusedOrdersPublishNothing(t *testing.T) {
	s := start(t)
	ticket := s.sell("Gig", 1999)
	o := s.order(ada, ticket)
	for range 3 {
		s.Do(bob, http.MethodPost, "/api/orders", ticketBody(ticket)).Refused(t, 400, "", "Ticket is already reserved")
	}
	s.Stop() // which publishes what there is
	if told := servicetest.Published[events.OrderCreated](t, s.bus); len(told) != 1 || told[0].ID != o.ID {
		t.Errorf("told of %+v", told)
	}
}

// A publication hangs, and the order changes meanwhile.
func TestNoEventOvertakesOneThatIsSlow(t *testing.T) {
	s := &system{t: t, db: servicetest.Database(t), bus: memory.New()}
	var (
		hang    sync.Once
		release = make(chan struct{})
		mu      sync.Mutex
		told    []string
	)
	s.service = s.openThrough(func(ctx context.Context, channel string, message []byte) error {
		hung := false
		hang.Do(func() { hung = true })
		if hung {
			<-release
		}
		mu.Lock()
		defer mu.Unlock()
		told = append(told, channel)
		return nil
	})
	s.Client = servicetest.Run(t, "orders", s.bus, s.service)
	defer close(release)
	o := s.order(ada, s.learned(s.service))
	s.Do(ada, http.MethodDelete, "/api/orders/"+o.ID, "")
	servicetest.Eventually(t, "order:cancelled", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return slices.Contains(told, "order:cancelled")
	})
	mu.Lock()
	defer mu.Unlock()
	if told[0] != "order:created" {
		t.Errorf("told in the order %v", told)
	}
}

// The broker does not take an event that others wait behind.
func TestNoEventOvertakesOneThatFails(t *testing.T) {
	t.Parallel() // it waits for the sweep
	s := &system{t: t, db: servicetest.Database(t), bus: memory.New()}
	crashed := s.open()
	o, err := crashed.reserve(t.Context(), Wish{TicketID: s.learned(crashed)}, ada.ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := crashed.update(t.Context(), o.ID, func(o *Order) error { return o.Cancel(ada.ID) }); err != nil {
		t.Fatal(err)
	}
	var failed, told atomic.Int64
	var mended atomic.Bool
	servicetest.Run(t, "orders", s.bus, s.openThrough(func(ctx context.Context, channel string, message []byte) error {
		if channel == "order:created" && !mended.Load() {
			failed.Add(1)
			return errors.New("the broker does not take it")
		}
		told.Add(1)
		return s.bus.Publish(ctx, channel, message)
	}))
	servicetest.Eventually(t, "order:created to fail twice", func() bool { return failed.Load() >= 2 })
	if n := told.Load(); n != 0 {
		t.Errorf("%d events have overtaken it", n)
	}
	mended.Store(true)
	servicetest.Eventually(t, "both events", func() bool {
		return len(servicetest.Published[events.OrderCreated](t, s.bus)) == 1 && len(servicetest.Published[events.OrderCancelled](t, s.bus)) == 1
	})
}

// Two relays publish the same event. When the slower one comes to remove it, the other has done so, and
// what is first in the outbox now is the next one.
func TestARemovalTakesNoOtherEvent(t *testing.T) {
	t.Parallel() // it waits for the sweeps
	s := &system{t: t, db: servicetest.Database(t), bus: memory.New()}
	published, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	slow := s.openThrough(func(ctx context.Context, channel string, message []byte) error {
		err := s.bus.Publish(ctx, channel, message)
		once.Do(func() {
			close(published)
			<-release
		})
		return err
	})
	fast, crashed := s.open(), s.open()
	o, err := crashed.reserve(t.Context(), Wish{TicketID: s.learned(crashed)}, ada.ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	servicetest.Run(t, "orders", s.bus, slow)
	<-published
	faster := servicetest.Run(t, "orders", s.bus, fast)
	servicetest.Eventually(t, "the other relay to remove it", func() bool {
		now, err := crashed.orders.Get(t.Context(), o.ID)
		return err == nil && len(now.Outbox) == 0
	})
	faster.Stop()
	if err := crashed.update(t.Context(), o.ID, func(o *Order) error { return o.Cancel(ada.ID) }); err != nil {
		t.Fatal(err)
	}
	close(release)
	servicetest.Eventually(t, "order:cancelled", func() bool { return len(servicetest.Published[events.OrderCancelled](t, s.bus)) == 1 })
}

// Another user orders just before a cancellation is stored.
func TestATicketIsTakenUntilItsCancellationIsStored(t *testing.T) {
	s := &system{t: t, bus: memory.New()}
	var meanwhile func()
	var once sync.Once
	s.db = servicetest.Watched(t, func(e *event.CommandStartedEvent) {
		if e.CommandName == "update" && strings.Contains(e.Command.String(), `"cancelled"`) {
			once.Do(meanwhile)
		}
	})
	s.service = s.open()
	s.Client = servicetest.Run(t, "orders", s.bus, s.service)
	ticket := s.sell("Gig", 1999)
	o := s.order(ada, ticket)
	asked := false
	meanwhile = func() {
		asked = true
		s.Do(bob, http.MethodPost, "/api/orders", ticketBody(ticket)).Refused(t, 400, "", "Ticket is already reserved")
	}
	s.Do(ada, http.MethodDelete, "/api/orders/"+o.ID, "")
	if !asked {
		t.Fatal("no cancellation was stored")
	}
	s.order(bob, ticket)
}

// No event of payments changes an order that has ended. The outcome ends an open order, even if it arrives before
// payment:started.
func TestEventsOfPaymentsArriveInAnyOrder(t *testing.T) {
	s := start(t)
	type told = func(id string) events.Event
	started := func(id string) events.Event { return events.PaymentStarted{Payment: payment(id)} }
	paid := func(id string) events.Event { return paid(id, 1999) }
	failed := func(id string) events.Event { return events.PaymentFailed{Payment: payment(id), Reason: "declined"} }
	for _, c := range []struct {
		what      string
		cancelled bool // by its buyer, before any event
		told      []told
		status    string
	}{
		{"paid", false, []told{started, paid}, "complete"},
		{"paid, then started", false, []told{paid, started}, "complete"},
		{"failed", false, []told{started, failed}, "cancelled"},
		{"failed, then started", false, []told{failed, started}, "cancelled"},
		{"cancelled, then started", true, []told{started}, "cancelled"},
		{"cancelled, then paid", true, []told{paid}, "cancelled"},
		{"cancelled, then started and paid", true, []told{started, paid}, "cancelled"},
	} {
		o := s.order(ada, s.sell(c.what, 1999))
		if c.cancelled {
			s.Do(ada, http.MethodDelete, "/api/orders/"+o.ID, "")
		}
		for _, e := range c.told {
			s.tell(e(o.ID))
		}
		if got := s.get(ada, o.ID); got.Status != c.status {
			t.Errorf("%s: %s, want %s", c.what, got.Status, c.status)
		}
		if c.status == "cancelled" {
			s.order(bob, o.Ticket.ID)
		}
	}
	s.Stop()
	if told := servicetest.Published[events.OrderCompleted](t, s.bus); len(told) != 2 {
		t.Errorf("%d orders are told to be complete, want 2", len(told))
	}
}

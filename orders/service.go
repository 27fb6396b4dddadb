// Package orders lets buyers reserve tickets. It decides who gets a ticket and when an order ends.
package orders

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/bus"
	"ticketing.dev/common/idempotency"
	"ticketing.dev/common/mongodb"
	"ticketing.dev/common/problem"
	"ticketing.dev/common/service"
	"ticketing.dev/common/session"
)

const (
	// sweepEvery and overdue bound how long a ticket stays reserved when expiration, its Redis or the
	// bus is down. Promise P5 has 15 s from when a part is back: up to 5 s until the session with the
	// broker is, catchUp, and a sweep. overdue is longer than a silent broker goes unnoticed, five
	// seconds: what it still holds back may say that an order is being paid for.
	sweepEvery = time.Second
	overdue    = 6 * time.Second
	// sweepBatch bounds one sweep; the next one goes on.
	sweepBatch = 1000
)

// Service is the orders service.
type Service struct {
	db       *mongo.Database
	orders   *aggregate.Store[*Order]
	tickets  tickets
	relay    *aggregate.Relay
	bus      bus.Publisher
	sessions *session.Sessions
	ttl      time.Duration
	now      func() time.Time
	log      *slog.Logger
}

// Options are what a service is made of. Now is time.Now where it is nil.
type Options struct {
	DB       *mongo.Database
	Bus      bus.Publisher
	Sessions *session.Sessions
	// TTL is how long a ticket stays reserved without a payment.
	TTL time.Duration
	Now func() time.Time
	Log *slog.Logger
}

// New makes the service and the indexes of its collections.
func New(ctx context.Context, o Options) (*Service, error) {
	relay := aggregate.NewRelay(o.Bus, o.Log)
	orders, err := aggregate.Open(ctx, o.DB.Collection("orders"), "orders", relay, func() *Order { return new(Order) },
		mongo.IndexModel{Keys: bson.D{{Key: "slot", Value: 1}}, Options: options.Index().SetUnique(true)},
		mongo.IndexModel{Keys: bson.D{{Key: "userId", Value: 1}, {Key: "_id", Value: -1}}},
		mongo.IndexModel{Keys: bson.D{{Key: "status", Value: 1}, {Key: "expiresAt", Value: 1}}})
	if err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Service{o.DB, orders, tickets{o.DB.Collection("tickets")}, relay, o.Bus, o.Sessions, o.TTL, o.Now, o.Log}, nil
}

// Tasks publish events and end overdue orders.
func (s *Service) Tasks() []service.Task {
	return []service.Task{
		s.relay.Run,
		service.Every(sweepEvery, s.log, "sweep of overdue orders", s.expireOverdue),
	}
}

// Ready says whether the database answers.
func (s *Service) Ready(ctx context.Context) error { return mongodb.Ping(ctx, s.db) }

// place reserves a ticket, once for each idempotency key.
func (s *Service) place(ctx context.Context, wish Wish, buyer string, request *idempotency.Request) (*Order, error) {
	order, _, err := s.orders.Once(ctx, request, func() (*Order, error) { return s.reserve(ctx, wish, buyer, request) })
	return order, err
}

// reserve lets one buyer have the ticket. The order is made from the same copy of the ticket that the
// wish was compared with.
func (s *Service) reserve(ctx context.Context, wish Wish, buyer string, request *idempotency.Request) (*Order, error) {
	for {
		ticket, err := s.ticket(ctx, wish.TicketID)
		if err != nil {
			return nil, err
		}
		if err := wish.Grants(ticket); err != nil {
			return nil, err
		}
		order := Place(ticket, buyer, s.now().Add(s.ttl))
		order.Request = request.Answered(show(order))
		won, err := s.claim(ctx, order)
		if mongo.IsNetworkError(err) { // it may have won, and only the answer was lost
			won, err = s.claim(ctx, order)
		}
		if won || err != nil {
			return order, err
		}
	}
}

// claim inserts an order. The unique slot decides, with order, reservation and event in one write. An
// order that has neither won nor been refused claimed a reservation of the past, since the ticket's
// count was behind, as it is when a process dies right after a cancellation; the count is put right.
func (s *Service) claim(ctx context.Context, order *Order) (won bool, err error) {
	err = s.orders.Insert(ctx, order)
	if !errors.Is(err, aggregate.ErrDuplicate) {
		return err == nil, err
	}
	holder, err := s.orders.First(ctx, bson.M{"slot": order.Slot})
	switch {
	case errors.Is(err, problem.ErrNotFound): // the idempotency key is taken, not the slot
		return false, aggregate.ErrDuplicate
	case err != nil:
		return false, fmt.Errorf("find the holder of slot %s: %w", order.Slot, err)
	case holder.ID == order.ID: // the answer to an earlier attempt at this insertion was lost
		return true, nil
	case holder.Status != Cancelled:
		return false, ErrReserved
	}
	return false, s.tickets.release(ctx, order.Ticket.ID, holder.Ticket.Reservation)
}

// change changes an order and, once it is cancelled, lets its ticket be reserved again.
func (s *Service) change(ctx context.Context, id string, change func(*Order) error) error {
	o, err := s.orders.Update(ctx, id, change)
	if err != nil {
		return err
	}
	if o.Status != Cancelled {
		return nil
	}
	return s.tickets.release(ctx, o.Ticket.ID, o.Ticket.Reservation)
}

// expireOverdue ends orders that nobody has ended though their time is up.
func (s *Service) expireOverdue(ctx context.Context) error {
	if !s.caughtUp() {
		return nil
	}
	due := s.now().Add(-overdue)
	orders, err := s.orders.All(ctx, bson.M{"status": Created, "expiresAt": bson.M{"$lt": due}}, sweepBatch)
	if err != nil {
		return err
	}
	var failed error
	for _, o := range orders {
		s.log.Warn("order is overdue: its expiration did not come", "order", o.ID, "expiresAt", o.ExpiresAt)
		failed = errors.Join(failed, s.expire(ctx, o.ID))
	}
	return failed
}

func (s *Service) expire(ctx context.Context, id string) error {
	return s.change(ctx, id, func(o *Order) error { return o.Expire(s.now()) })
}

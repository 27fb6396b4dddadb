// Package orders lets buyers reserve tickets. It decides who gets a ticket and when an order ends.
package orders

import (
	"context"
	"log/slog"
	"time"

	"go.mongodb.org/mongo-driver/mongo"

	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/bus"
	"ticketing.dev/common/mongodb"
	"ticketing.dev/common/ratelimit"
	"ticketing.dev/common/service"
	"ticketing.dev/common/session"
	"ticketing.dev/common/signouts"
)

// Service is the orders service.
type Service struct {
	db       *mongo.Database
	orders   *aggregate.Store[*Order]
	tickets  tickets
	relay    *aggregate.Relay
	bus      bus.Publisher
	sessions *session.Sessions
	signouts *signouts.Copy
	ttl      time.Duration
	limits   Limits
	writes   *ratelimit.Writes
	now      func() time.Time
	log      *slog.Logger
}

// Options configure a Service. Now defaults to time.Now.
type Options struct {
	DB       *mongo.Database
	Bus      bus.Publisher
	Sessions *session.Sessions
	// TTL is how long an unpaid order reserves its ticket.
	TTL time.Duration
	// Limits are for each user. The zero value sets none.
	Limits Limits
	// Rates and Writes are none by default. Without Shared, each replica counts by itself.
	Rates  ratelimit.Config
	Writes ratelimit.WriteConfig
	Shared *ratelimit.Shared
	Now    func() time.Time
	Log    *slog.Logger
}

// New creates the service and the indexes of its collections.
func New(ctx context.Context, o Options) (*Service, error) {
	relay := aggregate.NewRelay(o.Bus, o.Log)
	orders, err := openOrders(ctx, o.DB, relay)
	if err != nil {
		return nil, err
	}
	ended, err := signouts.Open(ctx, o.DB, o.Sessions, o.Log)
	if err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Service{
		db:       o.DB,
		orders:   orders,
		tickets:  tickets{o.DB.Collection("tickets")},
		relay:    relay,
		bus:      o.Bus,
		sessions: o.Sessions,
		signouts: ended,
		ttl:      o.TTL,
		limits:   o.Limits,
		writes:   o.Rates.NewWrites(o.Writes, o.Shared, o.Sessions, o.Now),
		now:      o.Now,
		log:      o.Log,
	}, nil
}

// Tasks publish events and expire overdue orders.
func (s *Service) Tasks() []service.Task {
	return []service.Task{
		s.relay.Run,
		s.signouts.Run,
		service.Every(sweepEvery, s.log, "sweep of overdue orders", s.expireOverdue),
	}
}

// Ready checks the database.
func (s *Service) Ready(ctx context.Context) error { return mongodb.Ping(ctx, s.db) }

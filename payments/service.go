// Package payments charges cards for orders, once each, and refunds payments that came too late.
// docs/architecture.md describes what it promises about the money, and how it keeps that.
package payments

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"go.mongodb.org/mongo-driver/mongo"

	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/bus"
	"ticketing.dev/common/mongodb"
	"ticketing.dev/common/outage"
	"ticketing.dev/common/ratelimit"
	"ticketing.dev/common/service"
	"ticketing.dev/common/session"
	"ticketing.dev/common/signouts"
)

// Service is the payments service.
type Service struct {
	db             *mongo.Database
	charges        *aggregate.Store[*Charge]
	orders         orders
	relay          *aggregate.Relay
	bus            bus.Publisher
	sessions       *session.Sessions
	signouts       *signouts.Copy
	schedule       schedule
	cursor         cursor
	stripe         processor
	webhookSecrets webhookSecrets
	outage         *outage.Outage
	guesses        guesses
	writes         *ratelimit.Writes
	now            func() time.Time
	log            *slog.Logger
}

// Options configure a Service. Transport defaults to http.DefaultTransport, and Now to time.Now.
type Options struct {
	DB        *mongo.Database
	Bus       bus.Publisher
	Sessions  *session.Sessions
	Stripe    StripeConfig
	Transport http.RoundTripper
	Now       func() time.Time
	// Limits and Writes are none by default. Without Shared, each replica counts by itself.
	Limits ratelimit.Config
	Writes ratelimit.WriteConfig
	Shared *ratelimit.Shared
	Log    *slog.Logger
}

// New creates the service and the indexes of its collections.
func New(ctx context.Context, o Options) (*Service, error) {
	relay := aggregate.NewRelay(o.Bus, o.Log)
	charges, err := openCharges(ctx, o.DB, relay)
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
		guesses:        newGuesses(o.Limits, o.Shared, o.Now),
		writes:         o.Limits.NewWrites(o.Writes, o.Shared, o.Sessions, o.Now),
		db:             o.DB,
		charges:        charges,
		orders:         orders{o.DB.Collection("orders")},
		schedule:       schedule{o.DB.Collection("charges")},
		cursor:         cursor{o.DB.Collection("feeds")},
		relay:          relay,
		bus:            o.Bus,
		sessions:       o.Sessions,
		signouts:       ended,
		stripe:         newProcessor(o.Stripe, o.Transport, o.Log),
		webhookSecrets: o.Stripe.WebhookSecrets,
		outage:         outage.New(o.Log, "Stripe unavailable, payments are refused", "Stripe is available again"),
		now:            o.Now,
		log:            o.Log,
	}, nil
}

// Tasks publish events and resolve payments that were left unfinished.
func (s *Service) Tasks() []service.Task {
	return []service.Task{
		s.relay.Run,
		s.signouts.Run,
		service.Every(reconcileEvery, s.log, "reconciliation", s.resolvePending),
		service.Every(reconcileEvery, s.log, "settling", s.settleSucceeded),
		after(pollEvery, service.Every(pollEvery, s.log, "poll of Stripe's events", s.pollStripe)),
	}
}

// Ready checks the database.
func (s *Service) Ready(ctx context.Context) error { return mongodb.Ping(ctx, s.db) }

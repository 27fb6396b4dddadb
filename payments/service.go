// Package payments charges cards for orders, once each, and gives back what came too late. The money
// is Stripe's to move; what is promised of it, and how, is told in docs/architecture.md.
package payments

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/bus"
	"ticketing.dev/common/mongodb"
	"ticketing.dev/common/outage"
	"ticketing.dev/common/service"
	"ticketing.dev/common/session"
)

const (
	// reconcileEvery is how often charges are looked for that nobody is working on.
	reconcileEvery = 10 * time.Second
	// reconcileBatch bounds one look; the next one goes on.
	reconcileBatch = 1000
	// unsettled is how old a succeeded charge is before the reconciler looks at it: its own order's
	// event is on the way.
	unsettled = 10 * time.Second
)

// Service is the payments service.
type Service struct {
	db            *mongo.Database
	charges       *aggregate.Store[*Charge]
	orders        orders
	relay         *aggregate.Relay
	bus           bus.Publisher
	sessions      *session.Sessions
	feed          feed
	stripe        processor
	webhookSecret string
	away          *outage.Outage
	now           func() time.Time
	log           *slog.Logger
}

// Options are what a service is made of. Now is time.Now and Transport http.DefaultTransport where
// they are nil.
type Options struct {
	DB        *mongo.Database
	Bus       bus.Publisher
	Sessions  *session.Sessions
	Stripe    StripeConfig
	Transport http.RoundTripper
	Now       func() time.Time
	Log       *slog.Logger
}

// New makes the service and the indexes of its collections.
func New(ctx context.Context, o Options) (*Service, error) {
	relay := aggregate.NewRelay(o.Bus, o.Log)
	charges, err := aggregate.Open(ctx, o.DB.Collection("charges"), "payments", relay, func() *Charge { return new(Charge) },
		mongo.IndexModel{Keys: bson.D{{Key: "userId", Value: 1}, {Key: "_id", Value: -1}}},
		mongo.IndexModel{Keys: bson.D{{Key: "stripeId", Value: 1}}, Options: options.Index().SetSparse(true)},
		mongo.IndexModel{Keys: bson.D{{Key: "status", Value: 1}, {Key: "settled", Value: 1}, {Key: "openedAt", Value: 1}}},
		mongo.IndexModel{Keys: bson.D{{Key: "review.since", Value: 1}}, Options: options.Index().SetSparse(true)},
		mongo.IndexModel{Keys: bson.D{{Key: "failedRefund.at", Value: 1}}, Options: options.Index().SetSparse(true)})
	if err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Service{
		db:            o.DB,
		charges:       charges,
		orders:        orders{o.DB.Collection("orders")},
		feed:          feed{o.DB.Collection("feeds")},
		relay:         relay,
		bus:           o.Bus,
		sessions:      o.Sessions,
		stripe:        newProcessor(o.Stripe, o.Transport, o.Log),
		webhookSecret: o.Stripe.WebhookSecret,
		away:          outage.New(o.Log, "payments cannot be taken: Stripe does not answer", "Stripe answers again"),
		now:           o.Now,
		log:           o.Log,
	}, nil
}

// Tasks publish events and bring to an end what others have left.
func (s *Service) Tasks() []service.Task {
	return []service.Task{
		s.relay.Run,
		service.Every(reconcileEvery, s.log, "reconciliation", s.reconcile),
		afterAWhile(feedEvery, service.Every(feedEvery, s.log, "reading Stripe's events", s.readFeed)),
	}
}

// Ready says whether the database answers.
func (s *Service) Ready(ctx context.Context) error { return mongodb.Ping(ctx, s.db) }

// reconcile asks Stripe about charges that have been pending for long, and settles those that have
// succeeded and not been settled.
func (s *Service) reconcile(ctx context.Context) error {
	return errors.Join(
		s.each(ctx, bson.M{"status": Pending, "settled": false, "openedAt": bson.M{"$lt": s.now().Add(-patience)}}, s.resolve),
		s.each(ctx, bson.M{"status": Succeeded, "settled": false, "openedAt": bson.M{"$lt": s.now().Add(-unsettled)}},
			func(ctx context.Context, c *Charge) (*Charge, error) { return s.settle(ctx, c.ID) }))
}

// each does something with every charge that a filter selects. One that fails does not keep the others
// from it.
func (s *Service) each(ctx context.Context, filter bson.M, do func(context.Context, *Charge) (*Charge, error)) error {
	charges, err := s.charges.All(ctx, filter, reconcileBatch)
	if err != nil {
		return err
	}
	var failed error
	for _, c := range charges {
		if _, err := do(ctx, c); err != nil {
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

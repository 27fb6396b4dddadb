// Package expiration tells orders when the time to pay for an order is up. It only has timers, one per open order;
// orders decides what becomes of the order.
//
// The timers are in Redis. They fire late if it's down, and not at all if it loses them, so orders also looks for
// overdue orders itself.
package expiration

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/redis/go-redis/v9"

	"ticketing.dev/common/bus"
	"ticketing.dev/common/outage"
	"ticketing.dev/common/service"
)

// errNotYet means that a timer fired too early by this clock. It fires again.
var errNotYet = errors.New("the order has not expired yet")

// Service is the expiration service.
type Service struct {
	timers     timers
	bus        bus.Publisher
	publishing *outage.Outage
	now        func() time.Time
}

// Options configure a Service. Now defaults to time.Now.
type Options struct {
	Redis *redis.Client
	Bus   bus.Publisher
	Now   func() time.Time
	Log   *slog.Logger
}

// New creates the service. Redis doesn't have to be up yet.
func New(o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Service{
		timers:     newTimers(o.Redis, o.Log),
		bus:        o.Bus,
		publishing: outage.New(o.Log, "publishing expirations fails", "publishing expirations works again"),
		now:        o.Now,
	}
}

// Routes is empty: expiration has no HTTP API.
func (s *Service) Routes(chi.Router) {}

// Tasks run the timers.
func (s *Service) Tasks() []service.Task {
	return []service.Task{
		func(ctx context.Context) error { return s.timers.run(ctx, s.expire) },
	}
}

// Ready checks Redis.
func (s *Service) Ready(ctx context.Context) error { return s.timers.ping(ctx) }

// expire handles a timer that fires. On an error the timer fires again.
func (s *Service) expire(ctx context.Context, t timer) error {
	if s.now().Before(t.ExpiresAt) {
		return errNotYet
	}
	err := s.publish(ctx, t.OrderID)
	s.publishing.Report(err)
	return err
}

// Package expiration ends orders that are not paid in time. It owns nothing but timers, one for each
// open order, and says when their time is up; what becomes of the order is for orders to decide.
//
// The timers are in Redis. They fire late while it is away, and not at all if it loses them: orders
// looks for overdue orders by itself, too.
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

// errNotYet says that a timer fired before its time by this clock. It fires again.
var errNotYet = errors.New("the order has not expired yet")

// Service is the expiration service.
type Service struct {
	timers     timers
	bus        bus.Publisher
	publishing *outage.Outage
	now        func() time.Time
}

// Options are what a service is made of. Now is time.Now where it is nil.
type Options struct {
	Redis *redis.Client
	Bus   bus.Publisher
	Now   func() time.Time
	Log   *slog.Logger
}

// New makes the service. Redis need not be there yet.
func New(o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Service{
		timers:     newTimers(o.Redis, o.Log),
		bus:        o.Bus,
		publishing: outage.New(o.Log, "expirations wait: publishing fails", "expirations are published again"),
		now:        o.Now,
	}
}

// Routes adds nothing: expiration has no HTTP API.
func (s *Service) Routes(chi.Router) {}

// Tasks let the timers fire.
func (s *Service) Tasks() []service.Task {
	return []service.Task{
		func(ctx context.Context) error { return s.timers.run(ctx, s.expire) },
	}
}

// Ready says whether Redis answers.
func (s *Service) Ready(ctx context.Context) error { return s.timers.ping(ctx) }

// expire is what happens when a timer fires. After an error it fires again.
func (s *Service) expire(ctx context.Context, t timer) error {
	if s.now().Before(t.ExpiresAt) {
		return errNotYet
	}
	err := s.publish(ctx, t.OrderID)
	s.publishing.Report(err)
	return err
}

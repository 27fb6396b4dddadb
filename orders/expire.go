package orders

import (
	"context"
	"errors"
	"time"

	"go.mongodb.org/mongo-driver/bson"

	"ticketing.dev/common/bus"
)

const (
	// sweepEvery and overdue bound how long a ticket stays reserved when expiration, its Redis or the bus is down.
	// P5 allows 15 s after the part is back: up to 5 s until the broker session is restored, then catchUp and a
	// sweep. overdue is longer than the 5 s that a silent broker can go undetected, since a held-back event may say
	// that the order is being paid.
	sweepEvery = time.Second
	overdue    = 6 * time.Second
	// sweepBatch bounds one sweep; the next one continues.
	sweepBatch = 1000
	// catchUp is how long a session with the broker must last before orders are expired. In that time, orders hears
	// of the payments that started during the outage. A silent broker goes undetected for up to five seconds, which
	// leaves at least two.
	catchUp = 7 * time.Second
)

// expireOverdue expires orders whose expiration event is late.
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
		s.log.Warn("order is overdue: no expiration event", "order", o.ID, "expiresAt", o.ExpiresAt)
		failed = errors.Join(failed, s.expire(ctx, o.ID))
	}
	return failed
}

func (s *Service) expire(ctx context.Context, id string) error {
	return s.update(ctx, id, func(o *Order) error { return o.Expire(s.now()) })
}

// caughtUp reports whether orders has heard of all payments that started in time. It's false while the
// broker is away or has only just come back.
func (s *Service) caughtUp() bool { return bus.SessionOf(s.bus).SteadyFor(catchUp) }

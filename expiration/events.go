package expiration

import (
	"context"

	"ticketing.dev/common/bus"
	"ticketing.dev/common/events"
)

// Listeners are the events that expiration reacts to.
func (s *Service) Listeners() []bus.Listener {
	return []bus.Listener{
		bus.On(s.orderCreated),
		bus.On(func(_ context.Context, e events.OrderCancelled) error { return s.timers.stop(e.ID) }),
		bus.On(func(_ context.Context, e events.OrderCompleted) error { return s.timers.stop(e.ID) }),
	}
}

// orderCreated sets the order's timer. If the event arrives after the order's end, or again after the timer has fired,
// the timer fires for an order that has ended, which orders ignores.
func (s *Service) orderCreated(ctx context.Context, e events.OrderCreated) error {
	return s.timers.set(ctx, timer{OrderID: e.ID, ExpiresAt: e.ExpiresAt})
}

// publish announces that an order's time is up. It returns nil once the bus has stored the event.
func (s *Service) publish(ctx context.Context, orderID string) error {
	return bus.Send(ctx, s.bus, "expiration", events.ExpirationComplete{OrderID: orderID}, s.now())
}

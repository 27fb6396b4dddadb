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

// orderCreated sets the order's timer. It may come again after the timer has fired, or only after the
// order's end, when there was nothing to stop: the timer that it sets then fires for an order that has
// ended, which orders ignores.
func (s *Service) orderCreated(ctx context.Context, e events.OrderCreated) error {
	return s.timers.set(ctx, timer{e.ID, e.ExpiresAt})
}

// publish says that an order's time is up, and returns nil once the bus has stored it.
func (s *Service) publish(ctx context.Context, orderID string) error {
	return bus.Send(ctx, s.bus, "expiration", events.ExpirationComplete{OrderID: orderID}, s.now())
}

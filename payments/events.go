package payments

import (
	"context"
	"errors"

	"ticketing.dev/common/bus"
	"ticketing.dev/common/events"
	"ticketing.dev/common/problem"
)

// Listeners are the events that payments reacts to.
func (s *Service) Listeners() []bus.Listener {
	return []bus.Listener{
		bus.On(func(ctx context.Context, e events.OrderCreated) error { return s.orderChanged(ctx, e.Order) }),
		bus.On(func(ctx context.Context, e events.OrderCancelled) error { return s.orderChanged(ctx, e.Order) }),
		bus.On(func(ctx context.Context, e events.OrderCompleted) error { return s.orderChanged(ctx, e.Order) }),
	}
}

// orderChanged keeps the copy of the order and settles its charge, even if the copy was as new
// already: the process that wrote it may have died before it settled.
func (s *Service) orderChanged(ctx context.Context, e events.Order) error {
	if err := s.orders.learn(ctx, e); err != nil {
		return err
	}
	if _, err := s.settle(ctx, e.ID); !errors.Is(err, problem.ErrNotFound) {
		return err
	}
	return nil // nobody has paid
}

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
		bus.On(func(ctx context.Context, e events.OrderCreated) error { return s.orders.upsertCopy(ctx, e.Order) }),
		bus.On(func(ctx context.Context, e events.OrderCancelled) error { return s.orderEnded(ctx, e.Order) }),
		bus.On(func(ctx context.Context, e events.OrderCompleted) error { return s.orderEnded(ctx, e.Order) }),
		s.signouts.Listener(),
	}
}

// orderEnded updates the copy of an order and settles its charge. It settles even if the copy was up to date:
// the process that wrote it may have died before settling.
func (s *Service) orderEnded(ctx context.Context, e events.Order) error {
	if err := s.orders.upsertCopy(ctx, e); err != nil {
		return err
	}
	if _, err := s.settle(ctx, e.ID); !errors.Is(err, problem.ErrNotFound) {
		return err
	}
	return nil // the order has no charge
}

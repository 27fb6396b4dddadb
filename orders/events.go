package orders

import (
	"context"
	"errors"

	"ticketing.dev/common/bus"
	"ticketing.dev/common/events"
	"ticketing.dev/common/problem"
)

// Listeners are the events that orders reacts to.
func (s *Service) Listeners() []bus.Listener {
	return []bus.Listener{
		bus.On(func(ctx context.Context, e events.TicketCreated) error { return s.tickets.learn(ctx, e.Ticket) }),
		bus.On(func(ctx context.Context, e events.TicketUpdated) error { return s.tickets.learn(ctx, e.Ticket) }),
		bus.On(s.expirationComplete),
		bus.On(s.paymentStarted),
		bus.On(s.paymentCreated),
		bus.On(s.paymentFailed),
	}
}

// expirationComplete asks for redelivery of an event that's early by this clock. Right after an outage it
// leaves the order to the sweep.
func (s *Service) expirationComplete(ctx context.Context, e events.ExpirationComplete) error {
	if !s.caughtUp() {
		return nil
	}
	return judged(s.expire(ctx, e.OrderID))
}

func (s *Service) paymentStarted(ctx context.Context, e events.PaymentStarted) error {
	return judged(s.change(ctx, e.OrderID, func(o *Order) error { o.StartPayment(); return nil }))
}

func (s *Service) paymentCreated(ctx context.Context, e events.PaymentCreated) error {
	return judged(s.change(ctx, e.OrderID, func(o *Order) error { return o.Pay(e.Amount) }))
}

func (s *Service) paymentFailed(ctx context.Context, e events.PaymentFailed) error {
	return judged(s.change(ctx, e.OrderID, func(o *Order) error { o.FailPayment(); return nil }))
}

// judged marks what no later attempt can mend: everybody who speaks of an order has heard of it from
// here, so one that is not there never was, and its price never changes.
func judged(err error) error {
	if errors.Is(err, problem.ErrNotFound) || errors.Is(err, ErrAmount) {
		return bus.Poison(err)
	}
	return err
}

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
		bus.On(func(ctx context.Context, e events.TicketCreated) error { return s.tickets.upsertCopy(ctx, e.Ticket) }),
		bus.On(s.ticketUpdated),
		bus.On(s.expirationComplete),
		bus.On(s.paymentStarted),
		bus.On(s.paymentCreated),
		bus.On(s.paymentFailed),
		s.signouts.Listener(),
	}
}

// ticketUpdated stores the ticket, and cancels orders that a withdrawn ticket may have. It does so for an old event
// too: whatever stored the newer one may have died before it cancelled.
func (s *Service) ticketUpdated(ctx context.Context, e events.TicketUpdated) error {
	if err := s.tickets.upsertCopy(ctx, e.Ticket); err != nil || !e.Withdrawn {
		return err
	}
	return s.cancelWithdrawn(ctx, e.ID)
}

// expirationComplete asks for redelivery of an event that's early by this clock. Right after an outage it leaves
// the order to the sweep.
func (s *Service) expirationComplete(ctx context.Context, e events.ExpirationComplete) error {
	if !s.caughtUp() {
		return nil
	}
	return classify(s.expire(ctx, e.OrderID))
}

func (s *Service) paymentStarted(ctx context.Context, e events.PaymentStarted) error {
	return classify(s.update(ctx, e.OrderID, func(o *Order) error { o.StartPayment(); return nil }))
}

func (s *Service) paymentCreated(ctx context.Context, e events.PaymentCreated) error {
	return classify(s.update(ctx, e.OrderID, func(o *Order) error { return o.Pay(e.Amount) }))
}

func (s *Service) paymentFailed(ctx context.Context, e events.PaymentFailed) error {
	return classify(s.update(ctx, e.OrderID, func(o *Order) error { o.FailPayment(); return nil }))
}

// classify marks errors that no retry can fix as poison. Other services only know orders from here, so a missing
// order never existed; and the price of an order never changes.
func classify(err error) error {
	if errors.Is(err, problem.ErrNotFound) || errors.Is(err, ErrAmount) {
		return bus.Poison(err)
	}
	return err
}

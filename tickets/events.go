package tickets

import (
	"context"
	"errors"

	"ticketing.dev/common/bus"
	"ticketing.dev/common/events"
	"ticketing.dev/common/problem"
)

// Listeners are the events that tickets reacts to.
func (s *Service) Listeners() []bus.Listener {
	return []bus.Listener{
		bus.On(s.orderCreated),
		bus.On(s.orderCancelled),
		bus.On(s.orderCompleted),
		s.signouts.Listener(),
		bus.On(s.paymentRefunded),
		bus.On(s.sellers.rename),
	}
}

func (s *Service) orderCreated(ctx context.Context, e events.OrderCreated) error {
	return s.change(ctx, e.Ticket.ID, func(t *Ticket) error { return t.Reserve(e.ID, e.Ticket.Reservation) })
}

func (s *Service) orderCancelled(ctx context.Context, e events.OrderCancelled) error {
	return s.change(ctx, e.Ticket.ID, func(t *Ticket) error { return t.Release(e.Ticket.Reservation) })
}

func (s *Service) orderCompleted(ctx context.Context, e events.OrderCompleted) error {
	err := s.change(ctx, e.Ticket.ID, func(t *Ticket) error {
		return t.Sell(s.now(), e.ID, e.Ticket.Reservation, ordered(e.Ticket, t.Offer))
	})
	if err != nil {
		return err
	}
	return s.sell(ctx, e.Order) // after a crash before this, the event comes again
}

func (s *Service) paymentRefunded(ctx context.Context, e events.PaymentRefunded) error {
	return s.refunds.record(ctx, e)
}

// ordered is the offer that was ordered. Orders of earlier releases don't know the details, so those of the ticket
// remain.
func ordered(o events.OrderedTicket, now Offer) Offer {
	offer := Offer{Title: o.Title, Price: o.Price, Details: now.Details}
	if o.Details != nil {
		offer.Details = *o.Details
	}
	return offer
}

// change applies an event from orders. Retrying can't help if the ticket doesn't exist, since tickets are committed
// before they can be ordered, or if the event contradicts a sale.
func (s *Service) change(ctx context.Context, id string, change func(*Ticket) error) error {
	_, err := s.update(ctx, id, change)
	if errors.Is(err, problem.ErrNotFound) || errors.Is(err, ErrSold) || errors.Is(err, ErrOvertaken) {
		return bus.Poison(err)
	}
	return err
}

package orders

import (
	"context"
	"errors"

	"go.mongodb.org/mongo-driver/bson"

	"ticketing.dev/common/problem"
)

// cancelWithdrawn cancels the open order of a withdrawn ticket: one that was placed before orders heard of the
// withdrawal. The copy of the ticket refuses new orders by now, and tickets says again that it's withdrawn when it
// hears of an order that was about to be inserted meanwhile. So no open order is left, and a complete one stays.
func (s *Service) cancelWithdrawn(ctx context.Context, id string) error {
	for {
		ticket, err := s.tickets.get(ctx, id)
		if err != nil {
			return err
		}
		holder, err := s.orders.First(ctx, bson.M{"slot": ticket.slot()})
		if errors.Is(err, problem.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		ended := false
		err = s.update(ctx, holder.ID, func(o *Order) error {
			o.Withdraw()
			ended = o.Status == Cancelled
			return nil
		})
		if err != nil || !ended {
			return err
		}
	}
}

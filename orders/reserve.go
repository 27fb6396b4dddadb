package orders

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"

	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/bus"
	"ticketing.dev/common/idempotency"
	"ticketing.dev/common/problem"
)

// ErrBehind refuses an unknown ticket while events about tickets can't arrive.
var ErrBehind = &problem.Error{
	Kind:       problem.Unavailable,
	Details:    []problem.Detail{{Message: "The ticket can't be reserved yet. Please try again in a moment."}},
	RetryAfter: 5 * time.Second,
}

// place reserves a ticket, once per idempotency key.
func (s *Service) place(ctx context.Context, wish Wish, buyer string, request *idempotency.Request) (*Order, error) {
	order, _, err := s.orders.Once(ctx, request, func() (*Order, error) { return s.reserve(ctx, wish, buyer, request) })
	return order, err
}

// reserve gives the ticket to one buyer. The order is made from the same copy of the ticket that the wish was
// compared with.
func (s *Service) reserve(ctx context.Context, wish Wish, buyer string, request *idempotency.Request) (*Order, error) {
	for {
		ticket, err := s.ticket(ctx, wish.TicketID)
		if err != nil {
			return nil, err
		}
		if err := ticket.OnSale(s.now()); err != nil {
			return nil, err
		}
		if err := wish.Grants(ticket); err != nil {
			return nil, err
		}
		if err := s.unlessTaken(ctx, ticket); err != nil {
			return nil, err
		}
		if err := s.unlessTooOften(ctx, ticket, buyer); err != nil {
			return nil, err
		}
		order := Place(ticket, buyer, s.now().Add(s.ttl))
		if order.Hold, err = s.hold(ctx, buyer); err != nil {
			return nil, err
		}
		order.Request = request.Answered(show(order))
		won, err := s.claim(ctx, order)
		if mongo.IsNetworkError(err) { // it may have won, and only the response was lost
			won, err = s.claim(ctx, order)
		}
		if won || err != nil {
			return order, err
		}
	}
}

// unlessTaken refuses a ticket that another order holds, so late buyers cost two reads and no write. It decides nothing:
// of the buyers who find the ticket free, claim lets one win. Claim also handles a holder that is cancelled.
func (s *Service) unlessTaken(ctx context.Context, ticket *Ticket) error {
	holder, err := s.orders.First(ctx, bson.M{"slot": ticket.slot()})
	switch {
	case errors.Is(err, problem.ErrNotFound):
		return nil
	case err != nil:
		return fmt.Errorf("find the holder of slot %s: %w", ticket.slot(), err)
	case holder.Status == Cancelled:
		return nil
	}
	return ErrReserved
}

// claim inserts an order. The unique indexes on its slot and hold decide who wins; order, reservation and event are
// one write.
// If the slot belongs to a cancelled order, the ticket's count lags behind, as after a crash right after the
// cancellation. Then claim corrects the count and reports no win, and the caller tries again.
func (s *Service) claim(ctx context.Context, order *Order) (won bool, err error) {
	err = s.orders.Insert(ctx, order)
	if !errors.Is(err, aggregate.ErrDuplicate) {
		return err == nil, err
	}
	holder, err := s.orders.First(ctx, bson.M{"slot": order.Slot})
	switch {
	case errors.Is(err, problem.ErrNotFound) && order.Request == nil: // the hold is taken, not the slot
		return false, nil
	case errors.Is(err, problem.ErrNotFound): // the hold or the idempotency key is; Once finds out which
		return false, aggregate.ErrDuplicate
	case err != nil:
		return false, fmt.Errorf("find the holder of slot %s: %w", order.Slot, err)
	case holder.ID == order.ID: // an earlier attempt at this insertion succeeded
		return true, nil
	case holder.Status != Cancelled:
		return false, ErrReserved
	}
	return false, s.tickets.release(ctx, order.Ticket.ID, holder.Ticket.Reservation)
}

// ticket finds the ticket to reserve. While the broker is away, an unknown ticket may just not have
// arrived yet.
func (s *Service) ticket(ctx context.Context, id string) (*Ticket, error) {
	t, err := s.tickets.get(ctx, id)
	if errors.Is(err, problem.ErrNotFound) && bus.SessionOf(s.bus).Out() {
		return nil, ErrBehind
	}
	return t, err
}

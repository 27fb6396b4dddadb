package tickets

import (
	"context"

	"ticketing.dev/common/idempotency"
)

// list puts a ticket up for sale, once per idempotency key.
func (s *Service) list(ctx context.Context, seller string, offer Offer, request *idempotency.Request) (*Ticket, error) {
	ticket, _, err := s.tickets.Once(ctx, request, func() (*Ticket, error) {
		t := List(seller, offer)
		t.Request = request.Answered(show(t))
		return t, s.tickets.Insert(ctx, t)
	})
	return ticket, err
}

// update changes a ticket and notifies this process's streams. Other replicas poll.
func (s *Service) update(ctx context.Context, id string, change func(*Ticket) error) (*Ticket, error) {
	t, err := s.tickets.Update(ctx, id, change)
	if err != nil {
		return nil, err
	}
	s.watcher.notify(show(t))
	return t, nil
}

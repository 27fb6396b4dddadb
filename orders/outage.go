package orders

import (
	"context"
	"errors"
	"time"

	"ticketing.dev/common/bus"
	"ticketing.dev/common/problem"
)

// catchUp is how long a session with the broker must last before orders are expired. In that time, orders
// hears of the payments that started during the outage. A silent broker goes undetected for up to five
// seconds, which leaves at least two.
const catchUp = 7 * time.Second

// ErrBehind refuses an unknown ticket while events about tickets can't arrive.
var ErrBehind = &problem.Error{
	Kind:       problem.Unavailable,
	Details:    []problem.Detail{{Message: "The ticket can't be reserved yet. Please try again in a moment."}},
	RetryAfter: 5 * time.Second,
}

// caughtUp reports whether orders has heard of all payments that started in time. It's false while the
// broker is away or has only just come back.
func (s *Service) caughtUp() bool { return bus.SessionOf(s.bus).SteadyFor(catchUp) }

// ticket finds the ticket to reserve. While the broker is away, an unknown ticket may just not have
// arrived yet.
func (s *Service) ticket(ctx context.Context, id string) (*Ticket, error) {
	t, err := s.tickets.get(ctx, id)
	if errors.Is(err, problem.ErrNotFound) && bus.SessionOf(s.bus).Out() {
		return nil, ErrBehind
	}
	return t, err
}

package orders

import (
	"context"
	"errors"
	"time"

	"ticketing.dev/common/bus"
	"ticketing.dev/common/problem"
)

// catchUp is how long after a session with the broker has begun orders are not ended for their time.
// Meanwhile what payments has told during the outage arrives: an order that is being paid for isn't
// overdue. A silent broker goes unnoticed for up to five seconds, so the news has at least two.
const catchUp = 7 * time.Second

// moment is how long the broker may be away before that counts. Less than that is a reconnection.
const moment = time.Second

// ErrBehind refuses a ticket that isn't known while news of tickets can't arrive.
var ErrBehind = &problem.Error{
	Kind:       problem.Unavailable,
	Details:    []problem.Detail{{Message: "The ticket can't be reserved yet. Please try again in a moment."}},
	RetryAfter: 5 * time.Second,
}

// caughtUp reports whether orders has heard of the payments that began in time. It can't tell while the
// broker is away or has only just come back.
func (s *Service) caughtUp() bool { return bus.SessionOf(s.bus).SteadyFor(catchUp) }

// ticket finds the ticket to reserve. While the broker is away, one that isn't known may only be news
// that has not come.
func (s *Service) ticket(ctx context.Context, id string) (*Ticket, error) {
	t, err := s.tickets.get(ctx, id)
	if errors.Is(err, problem.ErrNotFound) && bus.SessionOf(s.bus).AwayFor() > moment {
		return nil, ErrBehind
	}
	return t, err
}

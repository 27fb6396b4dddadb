package orders

import (
	"context"
	"fmt"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/bson"

	"ticketing.dev/common/problem"
)

// Limits bound what a user can hold without paying. Zero means no limit.
type Limits struct {
	// Open is the number of orders that a user can have open at once.
	Open int `env:"MAX_OPEN_ORDERS" envDefault:"4"`
	// Unpaid is the number of times in an hour that a user can reserve the same ticket without paying.
	Unpaid int `env:"MAX_UNPAID_RESERVATIONS" envDefault:"3"`
}

// unpaidWindow is the time over which unpaid reservations of a ticket count.
const unpaidWindow = time.Hour

// errTooManyOpen refuses another order of a user who has as many open as the limit allows.
func errTooManyOpen(limit int) error {
	return problem.Named("too-many-open-orders", fmt.Sprintf("You've reached the limit of open orders (%d). Pay for or cancel one of them first.", limit))
}

// errReservedTooOften refuses a ticket that the user keeps reserving without paying.
func errReservedTooOften(wait time.Duration) error {
	wait = wait.Round(time.Second)
	minutes := max(2, int((wait+time.Minute-1)/time.Minute))
	return &problem.Error{Kind: problem.Refused, Name: "reserved-too-often", RetryAfter: max(wait, time.Second), Details: []problem.Detail{{
		Message: fmt.Sprintf("You've reserved this ticket several times without paying. You can reserve it again in %d minutes.", minutes),
	}}}
}

// hold returns a free hold of the user, or "" without a limit. A hold is "<user>/<n>", and a unique index lets only
// one order have it. It's free once its order has ended, which is the same write.
func (s *Service) hold(ctx context.Context, user string) (string, error) {
	if s.limits.Open <= 0 {
		return "", nil
	}
	free := make([]string, s.limits.Open)
	for n := range free {
		free[n] = fmt.Sprintf("%s/%d", user, n+1)
	}
	taken, err := s.orders.All(ctx, bson.M{"hold": bson.M{"$in": free}}, len(free))
	if err != nil {
		return "", err
	}
	for _, o := range taken {
		free = slices.DeleteFunc(free, func(hold string) bool { return hold == o.Hold })
	}
	if len(free) == 0 {
		return "", errTooManyOpen(s.limits.Open)
	}
	return free[0], nil
}

// unlessTooOften refuses a user who has left too many reservations of the ticket unpaid within the last hour. Call
// it after reading the ticket: its count of released reservations then covers the orders that this query sees, so a
// concurrent cancellation can't get an order past the limit.
func (s *Service) unlessTooOften(ctx context.Context, ticket *Ticket, user string) error {
	if s.limits.Unpaid <= 0 {
		return nil
	}
	// Orders expire a fixed time after they were placed.
	since := s.now().Add(s.ttl - unpaidWindow)
	unpaid, err := s.orders.All(ctx, bson.M{
		"userId": user, "ticket.id": ticket.ID, "expiresAt": bson.M{"$gt": since},
		"status": Cancelled, "reason": bson.M{"$in": []Reason{ByUser, Expired}},
	}, 0)
	if err != nil || len(unpaid) < s.limits.Unpaid {
		return err
	}
	slices.SortFunc(unpaid, func(a, b *Order) int { return b.ExpiresAt.Compare(a.ExpiresAt) })
	return errReservedTooOften(unpaid[s.limits.Unpaid-1].ExpiresAt.Sub(since))
}

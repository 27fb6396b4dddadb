package payments

import (
	"time"

	"ticketing.dev/common/events"
	"ticketing.dev/common/money"
	"ticketing.dev/common/problem"
)

var (
	ErrOrderCancelled = problem.Named("order-cancelled", "The order is cancelled")
	ErrOrderExpired   = problem.Named("order-expired", "The order has expired")
)

// Order is what payments knows of an order.
type Order struct {
	ID        string             `bson:"_id"`
	Version   int64              `bson:"version"`
	Status    events.OrderStatus `bson:"status"`
	UserID    string             `bson:"userId"`
	Price     money.Cents        `bson:"price"`
	ExpiresAt time.Time          `bson:"expiresAt"`
}

// OwnedBy refuses everyone but the buyer.
func (o *Order) OwnedBy(user string) error {
	if o.UserID != user {
		return problem.ErrNotOwner
	}
	return nil
}

// Payable refuses a payment that would have to be refunded. The order may still end a moment later; settle
// handles that.
func (o *Order) Payable(now time.Time) error {
	switch {
	case o.Status == events.StatusCancelled:
		return ErrOrderCancelled
	case !now.Before(o.ExpiresAt):
		return ErrOrderExpired
	}
	return nil
}

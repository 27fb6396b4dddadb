package payments

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"

	"ticketing.dev/common/events"
	"ticketing.dev/common/money"
	"ticketing.dev/common/mongodb"
	"ticketing.dev/common/problem"
)

// What the state of an order refuses.
var (
	ErrOrderCancelled = problem.New(problem.Refused, "The order is cancelled")
	ErrOrderExpired   = problem.New(problem.Refused, "The order has expired")
)

// The states of an order that matter here, as its events tell them.
const (
	orderComplete  = "complete"
	orderCancelled = "cancelled"
)

// Order is what payments knows of an order.
type Order struct {
	ID        string      `bson:"_id"`
	Version   int64       `bson:"version"`
	Status    string      `bson:"status"`
	UserID    string      `bson:"userId"`
	Price     money.Cents `bson:"price"`
	ExpiresAt time.Time   `bson:"expiresAt"`
}

// OwnedBy refuses everybody but the buyer.
func (o *Order) OwnedBy(user string) error {
	if o.UserID != user {
		return problem.ErrNotOwner
	}
	return nil
}

// Payable refuses a payment that would have to be given back. It is a courtesy to the payer: an order
// may end a moment later, and what is right then is for settle to do.
func (o *Order) Payable(now time.Time) error {
	switch {
	case o.Status == orderCancelled:
		return ErrOrderCancelled
	case !now.Before(o.ExpiresAt):
		return ErrOrderExpired
	}
	return nil
}

// orders keeps the copies.
type orders struct{ docs *mongo.Collection }

func (s orders) get(ctx context.Context, id string) (*Order, error) {
	return mongodb.GetCopy[Order](ctx, s.docs, id)
}

// learn writes what orders tells, if it is newer than what is known.
func (s orders) learn(ctx context.Context, e events.Order) error {
	return mongodb.SetIfNewer(ctx, s.docs, e.ID, e.Version, bson.M{
		"status": e.Status, "userId": e.UserID, "price": e.Ticket.Price, "expiresAt": e.ExpiresAt,
	}, nil)
}

package payments

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/events"
	"ticketing.dev/common/mongodb"
)

func openCharges(ctx context.Context, db *mongo.Database, relay *aggregate.Relay) (*aggregate.Store[*Charge], error) {
	return aggregate.Open(ctx, db.Collection("charges"), "payments", relay, func() *Charge { return new(Charge) },
		mongo.IndexModel{Keys: bson.D{{Key: "userId", Value: 1}, {Key: "_id", Value: -1}}},
		mongo.IndexModel{Keys: bson.D{{Key: "stripeId", Value: 1}}, Options: options.Index().SetSparse(true)},
		mongo.IndexModel{Keys: bson.D{{Key: "status", Value: 1}, {Key: "settled", Value: 1}, {Key: "checkAt", Value: 1}, {Key: "openedAt", Value: 1}}},
		mongo.IndexModel{Keys: bson.D{{Key: "review.since", Value: 1}}, Options: options.Index().SetSparse(true)},
		mongo.IndexModel{Keys: bson.D{{Key: "failedRefund.at", Value: 1}}, Options: options.Index().SetSparse(true)})
}

// orders holds copies of the orders service's orders.
type orders struct{ docs *mongo.Collection }

func (s orders) get(ctx context.Context, id string) (*Order, error) {
	return mongodb.GetCopy[Order](ctx, s.docs, id)
}

// upsertCopy stores an order unless the copy is as new.
func (s orders) upsertCopy(ctx context.Context, e events.Order) error {
	return mongodb.SetIfNewer(ctx, s.docs, e.ID, e.Version, bson.M{
		"status": e.Status, "userId": e.UserID, "price": e.Ticket.Price, "expiresAt": e.ExpiresAt,
	}, nil)
}

const (
	// pollOverlap is how far a poll reaches back behind the one before: clocks differ, and Stripe may list an
	// event a while after its date. Longer than any check takes, it also repairs a check that was overtaken.
	pollOverlap = 5 * time.Minute
	// eventsKept is how long Stripe lists events (https://docs.stripe.com/api/events).
	eventsKept = 30 * 24 * time.Hour
)

// cursor is how far Stripe's events have been read: one document that all replicas share.
type cursor struct{ docs *mongo.Collection }

const cursorID = "stripe-events"

// since returns the time to read from.
func (c cursor) since(ctx context.Context, now time.Time) (time.Time, error) {
	var doc struct {
		ReadAt time.Time `bson:"readAt"`
	}
	err := c.docs.FindOne(ctx, bson.M{"_id": cursorID}).Decode(&doc)
	switch oldest := now.Add(-eventsKept); {
	case errors.Is(err, mongo.ErrNoDocuments), err == nil && doc.ReadAt.Before(oldest):
		return oldest, nil
	case err != nil:
		return oldest, fmt.Errorf("read the cursor of Stripe's events: %w", err)
	}
	return doc.ReadAt.Add(-pollOverlap), nil
}

// advance records that all events before a time have been handled. A slower replica may move it back; some
// events are then handled again.
func (c cursor) advance(ctx context.Context, to time.Time) error {
	_, err := c.docs.UpdateOne(ctx, bson.M{"_id": cursorID}, bson.M{"$set": bson.M{"readAt": to}}, options.Update().SetUpsert(true))
	if err != nil && !mongo.IsDuplicateKeyError(err) { // another replica has just made it
		return fmt.Errorf("advance the cursor of Stripe's events: %w", err)
	}
	return nil
}

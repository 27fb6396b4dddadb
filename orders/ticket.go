package orders

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"

	"ticketing.dev/common/events"
	"ticketing.dev/common/money"
	"ticketing.dev/common/mongodb"
)

// Ticket is what orders knows of a ticket: a copy of what tickets tells, and a count of its own.
type Ticket struct {
	ID      string      `bson:"_id"`
	Version int64       `bson:"version"`
	Title   string      `bson:"title"`
	Price   money.Cents `bson:"price"`
	// Released is how many reservations of the ticket have been cancelled. It may lag behind the
	// orders themselves: a claim that meets a cancelled order puts it right.
	Released int64 `bson:"released"`
}

// tickets keeps the copies.
type tickets struct{ docs *mongo.Collection }

func (t tickets) get(ctx context.Context, id string) (*Ticket, error) {
	return mongodb.GetCopy[Ticket](ctx, t.docs, id)
}

// learn writes what tickets tells, if it is newer than what is known.
func (t tickets) learn(ctx context.Context, e events.Ticket) error {
	return mongodb.SetIfNewer(ctx, t.docs, e.ID, e.Version,
		bson.M{"title": e.Title, "price": e.Price}, bson.M{"released": int64(0)})
}

// release notes that a reservation has been cancelled. It is called after the cancellation is stored
// and may be called again: only the step from the one before it counts, never an increment.
func (t tickets) release(ctx context.Context, id string, reservation int64) error {
	_, err := t.docs.UpdateOne(ctx,
		bson.M{"_id": id, "released": reservation - 1},
		bson.M{"$set": bson.M{"released": reservation}})
	if err != nil {
		return fmt.Errorf("release reservation %d of ticket %s: %w", reservation, id, err)
	}
	return nil
}

package aggregate

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"ticketing.dev/common/events"
)

// encode encodes an event for the outbox.
func encode(source string, e events.Event, at time.Time) (Pending, error) {
	m, err := events.NewMessage(source, e, at)
	if err != nil {
		return Pending{}, err
	}
	encoded, err := json.Marshal(m)
	if err != nil {
		return Pending{}, err
	}
	return Pending{ID: m.ID, Channel: m.Type, At: m.Time, Message: string(encoded)}, nil
}

// outbox is the part of a document that the relay reads.
type outbox struct {
	ID      string    `bson:"_id"`
	Pending []Pending `bson:"outbox"`
}

// overdue selects outboxes after one, in the order of the sparse index, whose first event no process is publishing
// right now.
func overdue(now time.Time, after string) bson.M {
	return bson.M{
		"outbox.0.id": bson.M{"$gt": after},
		"$or": bson.A{
			bson.M{"outbox.0.at": bson.M{"$lt": now.Add(-sweepAge)}},
			bson.M{"outbox.0.at": bson.M{"$gt": now.Add(sweepAge)}},
		},
	}
}

// old reports whether no process is publishing an event anymore.
func (p Pending) old(now time.Time) bool { return now.Sub(p.At).Abs() > sweepAge }

// leading counts the events up to the first for which may is false.
func (o outbox) leading(may func(Pending) bool) int {
	n := slices.IndexFunc(o.Pending, func(p Pending) bool { return !may(p) })
	if n < 0 {
		return len(o.Pending)
	}
	return n
}

func ids(events []Pending) (all []string) {
	for _, p := range events {
		all = append(all, p.ID)
	}
	return all
}

// read reads the outboxes of the documents that a filter selects.
func read(ctx context.Context, docs *mongo.Collection, filter bson.M, o *options.FindOptions) ([]outbox, error) {
	cursor, err := docs.Find(ctx, filter, o.SetProjection(bson.M{"outbox": 1}))
	if err != nil {
		return nil, err
	}
	var found []outbox
	return found, cursor.All(ctx, &found)
}

package aggregate

import (
	"encoding/json"
	"time"

	"go.mongodb.org/mongo-driver/bson"

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

// pendingAt selects documents whose outbox has an event that no worker is publishing right now. It uses the sparse
// index.
func pendingAt(now time.Time) bson.M {
	return bson.M{
		"outbox.0.id": bson.M{"$exists": true},
		"$or": bson.A{
			bson.M{"outbox.0.at": bson.M{"$lt": now.Add(-sweepAge)}},
			bson.M{"outbox.0.at": bson.M{"$gt": now.Add(sweepAge)}},
		},
	}
}

// head selects the document if this event is the first in its outbox, so that two relays never remove each other's
// events.
func head(id string, p Pending) bson.M { return bson.M{"_id": id, "outbox.0.id": p.ID} }

// popHead removes the first event of the outbox.
var popHead = bson.M{"$pop": bson.M{"outbox": -1}}

// Package aggregate stores state and events together, so that neither exists without the other.
//
// Every aggregate (a user, a ticket, an order, a charge) is one document that contains its outbox: the events that
// are still to be published. A change reads the document, applies a domain method, which may record events, and
// replaces the document if its version is still the same. State and event commit in this one write. A relay in the
// same process publishes the outbox and empties it; a sweep picks up what a crash left behind.
//
// No event is lost; some are published twice. The events of one aggregate are first published in the order in which
// they were recorded.
package aggregate

import (
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/bson/primitive"

	"ticketing.dev/common/events"
	"ticketing.dev/common/idempotency"
)

// Root is embedded by every aggregate, with the tag `bson:",inline"`.
type Root struct {
	ID string `bson:"_id"`
	// Version counts the changes, from 0.
	Version int64 `bson:"version"`
	// Outbox holds committed events that may not be published yet. It's omitted when empty, which keeps the sparse
	// index small.
	Outbox []Pending `bson:"outbox,omitempty"`

	// Request is the request that created the aggregate, if it had an idempotency key.
	Request *idempotency.Request `bson:"request,omitempty"`

	recorded []events.Event
}

// Pending is an event in an outbox.
type Pending struct {
	ID      string    `bson:"id"`
	Channel string    `bson:"channel"`
	At      time.Time `bson:"at"`
	// Message is the encoded events.Message, published exactly as committed.
	Message string `bson:"message"`
}

// Aggregate is a pointer to a struct that embeds Root.
type Aggregate interface{ root() *Root }

func (r *Root) root() *Root { return r }

// Record adds an event, which is committed with the state. A domain method calls it after changing the state.
func (r *Root) Record(e events.Event) { r.recorded = append(r.recorded, e) }

// Recorded returns the events that were recorded and not committed yet.
func (r *Root) Recorded() []events.Event { return r.recorded }

// NewID returns a unique id that sorts by its time in seconds: an ObjectID as 24 hexadecimal digits
// (https://www.mongodb.com/docs/manual/reference/bson-types/#objectid).
func NewID() string { return primitive.NewObjectID().Hex() }

// moveToOutbox encodes the recorded events into the outbox.
func (r *Root) moveToOutbox(source string, at time.Time) error {
	for _, e := range r.recorded {
		p, err := encode(source, e, at)
		if err != nil {
			return fmt.Errorf("record %s of %s: %w", e.Subject(), r.ID, err)
		}
		r.Outbox = append(r.Outbox, p)
	}
	r.recorded = nil
	return nil
}

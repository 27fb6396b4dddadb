// Package aggregate keeps state and events together, so that neither is ever there without the other.
//
// Every aggregate (a user, a ticket, an order, a charge) is one document that carries its own pending
// events, its outbox. A change reads the document, applies a domain method, which may record an
// event, and writes the document back where the version is still the one that was read. One document,
// one write: state and event commit, or neither does. A relay in the same process publishes what has
// been committed and removes it from the outbox; a sweep finds what a crash left behind.
//
// Nothing is lost, some things are published twice. Events of one aggregate are first published in
// the order in which they were recorded.
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
	// Outbox is what has been committed and perhaps not yet published. It is left out when empty, so
	// that the sparse index holds only what is pending.
	Outbox []Pending `bson:"outbox,omitempty"`

	// Request is the request that made the aggregate, if it came with an idempotency key. It's left out
	// otherwise, so that the sparse index holds only keys.
	Request *idempotency.Request `bson:"request,omitempty"`

	recorded []events.Event
}

// Pending is an event that waits to be published.
type Pending struct {
	ID      string    `bson:"id"`
	Channel string    `bson:"channel"`
	At      time.Time `bson:"at"`
	// Message is the encoded events.Message: what is published is what was committed, byte for byte.
	Message string `bson:"message"`
}

// Aggregate is a pointer to a struct that embeds Root.
type Aggregate interface{ root() *Root }

func (r *Root) root() *Root { return r }

// Record keeps an event to be committed with the state. A domain method calls it last, when the
// state is what the event shall tell.
func (r *Root) Record(e events.Event) { r.recorded = append(r.recorded, e) }

// Recorded is what has been recorded and not yet committed.
func (r *Root) Recorded() []events.Event { return r.recorded }

// NewID makes an id that is unique and sorts by the time of its making, in seconds: 24 hexadecimal
// digits, an ObjectID in text (https://www.mongodb.com/docs/manual/reference/bson-types/#objectid).
func NewID() string { return primitive.NewObjectID().Hex() }

// seal moves the recorded events into the outbox.
func (r *Root) seal(source string, at time.Time) error {
	for _, e := range r.recorded {
		p, err := pend(source, e, at)
		if err != nil {
			return fmt.Errorf("record %s of %s: %w", e.Subject(), r.ID, err)
		}
		r.Outbox = append(r.Outbox, p)
	}
	r.recorded = nil
	return nil
}

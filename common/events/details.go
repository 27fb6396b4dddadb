package events

import "time"

// Details is what a ticket says beside its title and price. All of it is optional. Services store it in this form.
type Details struct {
	Event Occasion `json:"event,omitzero" bson:"event,omitempty"`
	// Description is plain text of several lines.
	Description string `json:"description,omitempty" bson:"description,omitempty"`
	Seat        string `json:"seat,omitempty" bson:"seat,omitempty"`
}

// Occasion is the event that a ticket admits to.
type Occasion struct {
	StartsAt LocalTime `json:"startsAt,omitempty" bson:"startsAt,omitempty"`
	Venue    string    `json:"venue,omitempty" bson:"venue,omitempty"`
	City     string    `json:"city,omitempty" bson:"city,omitempty"`
}

// IsZero lets BSON omit an empty occasion.
func (o Occasion) IsZero() bool { return o == Occasion{} }

// Started reports whether the event has started. Without a known start it never has.
func (o Occasion) Started(now time.Time) bool {
	start, known := o.StartsAt.Time()
	return known && !now.Before(start)
}

// LocalTime is an RFC 3339 time with the UTC offset of its place, or empty. It's a string, since BSON dates have no
// offset.
type LocalTime string

// Time is the instant. known is false if there's none.
func (l LocalTime) Time() (t time.Time, known bool) {
	t, err := time.Parse(time.RFC3339, string(l))
	return t, err == nil
}

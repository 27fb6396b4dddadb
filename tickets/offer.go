package tickets

import (
	"fmt"
	"time"
	"unicode/utf8"

	"ticketing.dev/common/events"
	"ticketing.dev/common/money"
	"ticketing.dev/common/problem"
	"ticketing.dev/common/text"
)

const (
	// The longest texts, in characters.
	maxTitle       = 200
	maxPlace       = 200 // venue, city
	maxSeat        = 100
	maxDescription = 2000
	// minPrice and maxPrice are what Stripe charges in US dollars
	// (https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts).
	minPrice money.Cents = 50
	maxPrice money.Cents = 999_999_99
)

const (
	titleMessage    = "Title must have 1 to 200 characters"
	priceMessage    = "Price must be between $0.50 and $999999.99 with at most two decimals"
	startsAtMessage = "startsAt must be an RFC 3339 time with the offset of its place, such as 2027-05-01T20:00:00-05:00"
)

// Offer is what a seller offers. NewOffer checks it.
type Offer struct {
	Title          string      `bson:"title"`
	Price          money.Cents `bson:"price"`
	events.Details `bson:",inline"`
}

// NewOffer cleans the texts and checks everything. Its error lists every wrong field. Stored offers aren't rechecked,
// so existing tickets can still be read and bought.
func NewOffer(o Offer) (Offer, error) {
	for _, s := range []*string{&o.Title, &o.Event.Venue, &o.Event.City, &o.Description, &o.Seat} {
		*s = text.Clean(*s)
	}
	wrong := &problem.Error{Kind: problem.Invalid}
	check := func(field, message string) {
		if message != "" {
			wrong.Details = append(wrong.Details, problem.Detail{Field: field, Message: message})
		}
	}
	check("title", checkTitle(o.Title))
	if o.Price < minPrice || o.Price > maxPrice {
		check("price", priceMessage)
	}
	check("event.startsAt", checkStart(o.Event.StartsAt))
	check("event.venue", checkText("Venue", o.Event.Venue, maxPlace, text.Line))
	check("event.city", checkText("City", o.Event.City, maxPlace, text.Line))
	check("description", checkText("Description", o.Description, maxDescription, text.Lines))
	check("seat", checkText("Seat", o.Seat, maxSeat, text.Line))
	if len(wrong.Details) > 0 {
		return Offer{}, wrong
	}
	return o, nil
}

// checkTitle returns what's wrong with a title, or "".
func checkTitle(title string) string {
	if n := utf8.RuneCountInString(title); n < 1 || n > maxTitle {
		return titleMessage
	}
	if fault := text.Line(title); fault != "" {
		return "Title " + string(fault)
	}
	return ""
}

// checkText returns what's wrong with a text that may be empty, or "".
func checkText(name, s string, longest int, check func(string) text.Fault) string {
	switch {
	case s == "":
		return ""
	case utf8.RuneCountInString(s) > longest:
		return fmt.Sprintf("%s must have at most %d characters", name, longest)
	}
	if fault := check(s); fault != "" {
		return name + " " + string(fault)
	}
	return ""
}

// checkStart returns what's wrong with a start, or "". The year of its instant must fit RFC 3339, also in UTC.
func checkStart(at events.LocalTime) string {
	start, ok := at.Time()
	if year := start.UTC().Year(); at != "" && (!ok || year < 1 || year > 9999 || len(at) > len(time.RFC3339Nano)) {
		return startsAtMessage
	}
	return ""
}

// Edit is a changed offer. Optional fields stay as they are unless they're given, so that clients that don't know them
// don't erase them.
type Edit struct {
	Offer
	Given Given
}

// Given says which optional fields an edit has.
type Given struct{ Event, Description, Seat bool }

// apply returns the offer after the edit.
func (e Edit) apply(before Offer) Offer {
	after := e.Offer
	if !e.Given.Event {
		after.Event = before.Event
	}
	if !e.Given.Description {
		after.Description = before.Description
	}
	if !e.Given.Seat {
		after.Seat = before.Seat
	}
	return after
}

package events_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"ticketing.dev/common/events"
)

var details = events.Details{
	Event:       events.Occasion{StartsAt: "2027-05-01T20:00:00+02:00", Venue: "Grand Hall", City: "Paris"},
	Description: "Doors open at 7.\nNo cameras.",
	Seat:        "Row 4, seat 12",
}

// The golden files have events without details. These literals pin the details.
func TestWireFormOfDetails(t *testing.T) {
	const pinned = `"event":{"startsAt":"2027-05-01T20:00:00+02:00","venue":"Grand Hall","city":"Paris"},` +
		`"description":"Doors open at 7.\nNo cameras.","seat":"Row 4, seat 12"`
	detailed := ticket
	detailed.Details = details
	ordered := order("created")
	ordered.Ticket.Details = &details
	unknown, none := order("created"), order("created")
	none.Ticket.Details = &events.Details{}

	for name, c := range map[string]struct {
		event  events.Event
		want   string
		decode func([]byte) (events.Event, error)
	}{
		"a ticket": {events.TicketUpdated{Ticket: detailed},
			`{"id":"ticket-1","version":3,"title":"Concert","price":1999,"userId":"user-1","orderId":"order-1",` + pinned + `}`,
			of("", events.TicketUpdated{}).decode},
		"a ticket with a seat only": {events.TicketUpdated{Ticket: events.Ticket{ID: "ticket-1", Details: events.Details{Seat: "A1"}}},
			`{"id":"ticket-1","version":0,"title":"","price":0,"userId":"","seat":"A1"}`,
			of("", events.TicketUpdated{}).decode},
		"a withdrawn ticket": {events.TicketUpdated{Ticket: events.Ticket{ID: "ticket-1", Withdrawn: true}},
			`{"id":"ticket-1","version":0,"title":"","price":0,"userId":"","withdrawn":true}`,
			of("", events.TicketUpdated{}).decode},
		"an order":                             {events.OrderCreated{Order: ordered}, orderWith(`,"details":{` + pinned + `}`), of("", events.OrderCreated{}).decode},
		"an order of a ticket without details": {events.OrderCreated{Order: none}, orderWith(`,"details":{}`), of("", events.OrderCreated{}).decode},
		"an order by an earlier release":       {events.OrderCreated{Order: unknown}, orderWith(``), of("", events.OrderCreated{}).decode},
	} {
		m, err := events.NewMessage(events.Owner(c.event.Subject()), c.event, time.Now())
		if err != nil || string(m.Data) != c.want {
			t.Errorf("%s is\n%s, %v, want\n%s", name, m.Data, err, c.want)
		}
		encoded, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if decoded, err := c.decode(encoded); err != nil || !reflect.DeepEqual(decoded, c.event) {
			t.Errorf("%s: decoded %+v, %v, want %+v", name, decoded, err, c.event)
		}
	}
}

// orderWith is the data of an order whose ticket ends with the given fields.
func orderWith(fields string) string {
	return `{"id":"order-1","version":1,"status":"created","userId":"user-2","expiresAt":"2026-11-23T12:15:00Z",` +
		`"ticket":{"id":"ticket-1","title":"Concert","price":1999,"reservation":2` + fields + `}}`
}

func TestAnEventStartsAtItsInstantWhateverTheOffset(t *testing.T) {
	start := time.Date(2027, 5, 1, 18, 0, 0, 0, time.UTC)
	for startsAt, starts := range map[events.LocalTime]bool{
		"2027-05-01T20:00:00+02:00": true, "2027-05-01T18:00:00Z": true, "": false, "tomorrow": false,
	} {
		o := events.Occasion{StartsAt: startsAt}
		if o.Started(start.Add(-time.Nanosecond)) || o.Started(start) != starts {
			t.Errorf("%q: started before its time, or not in time", startsAt)
		}
	}
}

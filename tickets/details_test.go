package tickets_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/bson"

	"ticketing.dev/common/bus/memory"
	"ticketing.dev/common/events"
	"ticketing.dev/common/service/servicetest"
	"ticketing.dev/tickets"
)

const fullOffer = `{"title":"Concert","price":19.99,"description":" Doors at 7.\r\nNo cameras. ","seat":"Row 4",` +
	`"event":{"startsAt":"2037-05-01T20:00:00+02:00","venue":"Cafe\u0301","city":"Paris"}}`

var fullDetails = events.Details{
	Event:       events.Occasion{StartsAt: "2037-05-01T20:00:00+02:00", Venue: "Caf\u00e9", City: "Paris"},
	Description: "Doors at 7.\nNo cameras.", Seat: "Row 4",
}

// detailed is a ticket with its details as the API shows it.
type detailed struct {
	ticket
	events.Details
}

// send sends an offer, which has to be accepted.
func (s *system) send(method, path, body string) detailed {
	s.t.Helper()
	status := map[string]int{http.MethodPost: http.StatusCreated, http.MethodPut: http.StatusOK}[method]
	return servicetest.Decode[detailed](s.t, s.Do(ada, method, path, body), status)
}

// laterClock returns a clock that the test can set ahead.
func laterClock() (now func() time.Time, later func(time.Duration)) {
	var ahead atomic.Int64
	return func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }, func(d time.Duration) { ahead.Store(int64(d)) }
}

// startAt is start with another clock.
func startAt(t *testing.T, now func() time.Time) *system {
	t.Helper()
	s := &system{t: t, db: servicetest.Database(t), bus: memory.New()}
	service, err := tickets.New(t.Context(), tickets.Options{
		DB: s.db, Bus: s.bus, Sessions: servicetest.Sessions(t), Keys: keys(t), Log: servicetest.Log(t), Now: now,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Client = servicetest.Run(t, "tickets", s.bus, service)
	return s
}

func TestATicketSaysWhatItIsFor(t *testing.T) {
	s := start(t)
	listed := s.send(http.MethodPost, "/api/tickets", fullOffer)
	if listed.Details != fullDetails {
		t.Errorf("listed %+v, want %+v", listed.Details, fullDetails)
	}
	shown := servicetest.Decode[detailed](t, s.Do(servicetest.SignedOut, http.MethodGet, "/api/tickets/"+listed.ID, ""), http.StatusOK)
	if shown != listed {
		t.Errorf("shown %+v, want %+v", shown, listed)
	}
	if e := await[events.TicketCreated](s, 1)[0]; e.Details != fullDetails {
		t.Errorf("published %+v, want %+v", e.Details, fullDetails)
	}
}

func TestAnEditKeepsTheFieldsItDoesNotHave(t *testing.T) {
	s := start(t)
	none := events.Details{}
	only := func(change func(*events.Details)) events.Details {
		d := fullDetails
		change(&d)
		return d
	}
	for fields, want := range map[string]events.Details{
		``:                           fullDetails,
		`,"seat":null`:               only(func(d *events.Details) { d.Seat = "" }),
		`,"seat":""`:                 only(func(d *events.Details) { d.Seat = "" }),
		`,"seat":"B2"`:               only(func(d *events.Details) { d.Seat = "B2" }),
		`,"description":null`:        only(func(d *events.Details) { d.Description = "" }),
		`,"event":null`:              only(func(d *events.Details) { d.Event = events.Occasion{} }),
		`,"event":{}`:                only(func(d *events.Details) { d.Event = events.Occasion{} }),
		`,"event":{"venue":"Arena"}`: only(func(d *events.Details) { d.Event = events.Occasion{Venue: "Arena"} }),
		`,"event":null,"seat":null,"description":null`: none,
	} {
		id := s.send(http.MethodPost, "/api/tickets", fullOffer).ID
		edited := s.send(http.MethodPut, "/api/tickets/"+id, `{"title":"Opera","price":5`+fields+`}`)
		if edited.Details != want || edited.Title != "Opera" {
			t.Errorf("with %q: %+v, want %+v", fields, edited, want)
		}
	}
}

func TestBadDetailsAreRefused(t *testing.T) {
	s := start(t)
	badStart := "startsAt must be an RFC 3339 time with the offset of its place, such as 2027-05-01T20:00:00-05:00"
	const badCharacter = " must not contain control characters or characters that change the direction of text"
	for body, want := range map[string]struct{ field, message string }{
		`"event":{"startsAt":"2027-05-01"}`:                    {"event.startsAt", badStart},
		`"event":{"startsAt":"2027-05-01T20:00"}`:              {"event.startsAt", badStart},
		`"event":{"startsAt":"2027-02-30T20:00:00Z"}`:          {"event.startsAt", badStart},
		`"event":{"startsAt":"0000-01-01T00:00:00Z"}`:          {"event.startsAt", badStart},
		`"event":{"startsAt":"9999-12-31T23:00:00-05:00"}`:     {"event.startsAt", badStart},
		`"event":{"startsAt":7}`:                               {"event.startsAt", "event.startsAt is not valid"},
		`"event":"tonight"`:                                    {"event", "event is not valid"},
		`"event":{"venue":"` + strings.Repeat("ü", 201) + `"}`: {"event.venue", "Venue must have at most 200 characters"},
		`"event":{"city":"a\nb"}`:                              {"event.city", "City" + badCharacter},
		`"event":{"city":"\u200b"}`:                            {"event.city", "City must have a visible character"},
		`"seat":"` + strings.Repeat("ü", 101) + `"`:            {"seat", "Seat must have at most 100 characters"},
		`"seat":7`:          {"seat", "seat is not valid"},
		`"seat":"\u202e1A"`: {"seat", "Seat" + badCharacter},
		`"description":"` + strings.Repeat("ü", 2001) + `"`: {"description", "Description must have at most 2000 characters"},
		`"description":"a\u0000"`:                           {"description", "Description" + badCharacter},
		`"description":["a"]`:                               {"description", "description is not valid"},
	} {
		answer := s.Do(ada, http.MethodPost, "/api/tickets", `{"title":"Concert","price":19.99,`+body+`}`)
		answer.Refused(t, http.StatusBadRequest, want.field, want.message)
	}
	longest := fmt.Sprintf(`{"title":"x","price":1,"description":%q,"seat":%q}`, strings.Repeat("ü", 2000), strings.Repeat("ü", 100))
	s.send(http.MethodPost, "/api/tickets", longest)
}

func TestFromItsStartOnATicketIsNotListed(t *testing.T) {
	now, later := laterClock()
	s := startAt(t, now)
	startsAt := time.Now().Add(time.Hour).In(time.FixedZone("", -5*3600)).Format(time.RFC3339)
	dated := s.send(http.MethodPost, "/api/tickets", `{"title":"Dated","price":1,"event":{"startsAt":"`+startsAt+`"}}`)
	undated := s.list(ada, "Undated", "1")
	listed := func(query string) []string {
		all := servicetest.Decode[[]ticket](t, s.Do(ada, http.MethodGet, "/api/tickets"+query, ""), http.StatusOK)
		var ids []string
		for _, one := range all {
			ids = append(ids, one.ID)
		}
		return ids
	}
	if got := listed(""); !reflect.DeepEqual(got, []string{undated.ID, dated.ID}) {
		t.Errorf("before the start: %v", got)
	}
	later(time.Hour + time.Second)
	if got := listed(""); !reflect.DeepEqual(got, []string{undated.ID}) {
		t.Errorf("after the start: %v", got)
	}
	if got := listed("?seller=me"); len(got) != 2 {
		t.Errorf("the seller sees %v", got)
	}
	moved := time.Now().Add(48 * time.Hour).UTC().Format(time.RFC3339)
	s.send(http.MethodPut, "/api/tickets/"+dated.ID, `{"title":"Dated","price":1,"event":{"startsAt":"`+moved+`"}}`)
	if got := listed(""); len(got) != 2 {
		t.Errorf("after it was moved: %v", got)
	}
}

// The buyer ordered what the ticket said before an edit that tickets had let through. Orders of earlier releases don't
// say.
func TestASoldTicketSaysTheDetailsThatWereOrdered(t *testing.T) {
	s := start(t)
	known := events.Details{Seat: "A1"}
	for name, c := range map[string]struct{ ordered, want *events.Details }{
		"known": {&known, &known}, "none": {&events.Details{}, &events.Details{}}, "unknown": {nil, &fullDetails},
	} {
		listed := s.send(http.MethodPost, "/api/tickets", fullOffer)
		o := order(listed.ticket, 1)
		o.Ticket.Details = c.ordered
		s.deliver(events.OrderCompleted{Order: o})
		shown := servicetest.Decode[detailed](t, s.Do(servicetest.SignedOut, http.MethodGet, "/api/tickets/"+listed.ID, ""), http.StatusOK)
		if shown.Status != "sold" || shown.Details != *c.want {
			t.Errorf("%s: sold as %+v, want %+v", name, shown.Details, *c.want)
		}
	}
}

// Documents keep the start as it was written, and as a date for queries.
func TestDetailsAreStored(t *testing.T) {
	s := start(t)
	id := s.send(http.MethodPost, "/api/tickets", fullOffer).ID
	var stored bson.M
	if err := s.db.Collection("tickets").FindOne(t.Context(), bson.M{"_id": id}).Decode(&stored); err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(bson.M{"event": stored["event"], "seat": stored["seat"], "startsAt": stored["search"].(bson.M)["startsAt"]})
	want := `{"event":{"city":"Paris","startsAt":"2037-05-01T20:00:00+02:00","venue":"Café"},"seat":"Row 4","startsAt":"2037-05-01T18:00:00Z"}`
	if err != nil || string(got) != want {
		t.Errorf("stored %s, want %s", got, want)
	}
}

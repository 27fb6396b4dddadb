package tickets_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/event"

	"ticketing.dev/common/bus/memory"
	"ticketing.dev/common/events"
	"ticketing.dev/common/service/servicetest"
)

// oldWords is the index of words that earlier releases created.
var oldWords = bson.D{{Key: "status", Value: 1}, {Key: "search.words", Value: 1}, {Key: "_id", Value: -1}}

func TestAReservationMovesNoWords(t *testing.T) {
	s := &system{t: t, db: servicetest.Database(t), bus: memory.New()}
	create := bson.D{{Key: "createIndexes", Value: "tickets"}, {Key: "indexes", Value: bson.A{
		bson.D{{Key: "key", Value: oldWords}, {Key: "name", Value: "status_1_search.words_1__id_-1"}}}}}
	if err := s.db.RunCommand(t.Context(), create).Err(); err != nil {
		t.Fatal(err)
	}
	s.Client = servicetest.Run(t, "tickets", s.bus, s.open())
	servicetest.Indexes(t, s.db.Collection("tickets"), "search.words_1__id_-1", "status_1__id_-1", "status_1_search.startsAt_1__id_1",
		"status_1_price_1__id_1", "userId_1__id_-1", "userId_1_status_1__id_-1", "soldAt_1", "outbox.0.id_1", "request.key_1 unique")
}

func TestASaleTakesTheWordsOutOfTheIndex(t *testing.T) {
	s := start(t)
	play := s.list(ada, "Winter play", "20")
	words := func(state string, want int64) {
		t.Helper()
		n, err := s.db.Collection("tickets").CountDocuments(t.Context(), bson.M{"search.words": "play"})
		if err != nil || n != want {
			t.Errorf("%s: %d tickets have the word, want %d (%v)", state, n, want, err)
		}
	}
	words("available", 1)
	s.deliver(events.OrderCreated{Order: order(play, 1)})
	words("reserved", 1)
	s.deliver(events.OrderCompleted{Order: order(play, 1)})
	words("sold", 0)
}

// examined is what MongoDB reads for the last find of tickets.
type examined struct {
	Stats struct {
		Returned int `bson:"nReturned"`
		Keys     int `bson:"totalKeysExamined"`
		Docs     int `bson:"totalDocsExamined"`
	} `bson:"executionStats"`
}

func TestASearchReadsNoMoreThanItNeeds(t *testing.T) {
	var find bson.D
	s := &system{t: t, bus: memory.New()}
	s.db = servicetest.Watched(t, func(e *event.CommandStartedEvent) {
		if target, _ := e.Command.Lookup("find").StringValueOK(); target == "tickets" {
			find = bson.D{{Key: "find", Value: target}, {Key: "filter", Value: e.Command.Lookup("filter")},
				{Key: "sort", Value: e.Command.Lookup("sort")}, {Key: "limit", Value: e.Command.Lookup("limit")}}
		}
	})
	s.fillHall()
	s.Client = servicetest.Run(t, "tickets", s.bus, s.open())
	for query, most := range map[string]int{
		"":                                   25,
		"q=play":                             25 + 5, // the newest five are reserved
		"q=play&sort=price":                  25,
		"q=play&sort=-price":                 25,
		"q=play&sort=date":                   25,
		"q=row7":                             12,
		"q=row7&sort=price":                  12,
		"q=row7+play":                        12,
		"q=play+row7&minPrice=1&sort=-price": 12,
		"q=sold":                             0,
	} {
		s.Do(servicetest.SignedOut, http.MethodGet, "/api/tickets?limit=24&"+query, "")
		var e examined
		command := bson.D{{Key: "explain", Value: find}, {Key: "verbosity", Value: "executionStats"}}
		if err := s.db.RunCommand(t.Context(), command).Decode(&e); err != nil {
			t.Fatal(err)
		}
		if e.Stats.Keys > most+1 || e.Stats.Docs > most+1 {
			t.Errorf("%q reads %d keys and %d documents for %d tickets, want up to %d", query, e.Stats.Keys, e.Stats.Docs, e.Stats.Returned, most)
		}
	}
}

// fillHall stores 2,400 tickets: the first half is sold, the newest five are reserved. A row has twelve available ones.
func (s *system) fillHall() {
	const seats = 2400
	var docs []any
	for n := range seats {
		status, words := "available", []string{"*", "play", fmt.Sprintf("row%d", n%100)}
		switch {
		case n < seats/2:
			status, words = "sold", []string{"*"}
		case n >= seats-5:
			status = "reserved"
		}
		docs = append(docs, bson.M{"_id": fmt.Sprintf("64b0000000000000000%05x", n), "version": int64(0), "userId": seller, "title": "Play",
			"price": int64(100 + n*7%500), "status": status, "reservation": int64(0),
			"search": bson.M{"words": words, "startsAt": time.Date(2037, 1, 1, n%600, 0, 0, 0, time.UTC)}})
	}
	if _, err := s.db.Collection("tickets").InsertMany(s.t.Context(), docs); err != nil {
		s.t.Fatal(err)
	}
}

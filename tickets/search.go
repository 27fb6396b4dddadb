package tickets

import (
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/bson"

	"ticketing.dev/common/money"
	"ticketing.dev/common/text"
)

// Search is the part of a ticket that searches use.
type Search struct {
	// Words are the words of the offer, cityWord and anyWord. A sold or withdrawn ticket has only anyWord, so that
	// searches don't read it.
	Words []string `bson:"words"`
	// StartsAt is the instant at which the event starts, or someday if it isn't known.
	StartsAt time.Time `bson:"startsAt"`
	// Local is what the clocks of the place show at the start, as if it were UTC, to compare with dates.
	Local time.Time `bson:"local,omitempty"`
}

// anyWord is a word of every ticket, so that a ticket without words is one that an earlier release stored.
const anyWord = "*"

// someday is later than any start.
var someday = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)

func searchOf(state State) Search {
	s := Search{Words: []string{anyWord}, StartsAt: someday}
	if state.Status == Available || state.Status == Reserved {
		s.Words = append(s.Words, wordsOf(state.Offer)...)
	}
	if start, known := state.Event.StartsAt.Time(); known {
		_, offset := start.Zone()
		s.StartsAt = start.UTC().Truncate(time.Millisecond) // what MongoDB keeps
		s.Local = s.StartsAt.Add(time.Duration(offset) * time.Second)
	}
	return s
}

func wordsOf(o Offer) []string {
	words := text.Words(o.Title, o.Event.Venue, o.Event.City, o.Description)
	if o.Event.City != "" {
		words = append(words, cityWord(o.Event.City))
	}
	return words
}

// cityWord is a word that only tickets of a city have.
func cityWord(city string) string { return "@" + strings.Join(text.Words(city), " ") }

// criteria are the tickets that a search selects.
type criteria struct {
	words              []string
	minPrice, maxPrice *money.Cents
	from, to           bound
	now                time.Time
	sort               order
}

// bound bounds the start: by an instant, or by a date at the place.
type bound struct {
	at    time.Time
	local bool
}

func (b bound) field() string {
	if b.local {
		return "search.local"
	}
	return "search.startsAt"
}

// filter selects the tickets. A start that isn't known is never between from and to.
func (c criteria) filter() bson.M {
	all := bson.A{bson.M{"search.startsAt": bson.M{"$not": bson.M{"$lte": c.now}}}}
	if len(c.words) > 0 {
		all = append(all, bson.M{"search.words": bson.M{"$all": c.words}})
	}
	if c.minPrice != nil {
		all = append(all, bson.M{"price": bson.M{"$gte": *c.minPrice}})
	}
	if c.maxPrice != nil {
		all = append(all, bson.M{"price": bson.M{"$lte": *c.maxPrice}})
	}
	if !c.from.at.IsZero() {
		all = append(all, bson.M{c.from.field(): bson.M{"$gte": c.from.at}}, bson.M{"search.startsAt": bson.M{"$lt": someday}})
	}
	switch {
	case c.to.at.IsZero():
	case c.to.local: // until the end of the day
		all = append(all, bson.M{c.to.field(): bson.M{"$lt": c.to.at.AddDate(0, 0, 1)}})
	default:
		all = append(all, bson.M{c.to.field(): bson.M{"$lte": c.to.at}})
	}
	return bson.M{"status": Available, "$and": all}
}

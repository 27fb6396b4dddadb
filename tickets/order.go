package tickets

import (
	"encoding/base64"
	"encoding/json"
	"time"

	"go.mongodb.org/mongo-driver/bson"

	"ticketing.dev/common/web"
)

// order is an order of tickets. Ids break ties, so every page continues where the last one ended, even if
// tickets are listed, edited or sold in between.
type order struct {
	name  string
	field string // "" sorts by id alone
	dir   int
	value func(*Ticket) int64
	bson  func(int64) any
}

var (
	newest = order{name: "newest", dir: -1}
	orders = map[string]order{
		"newest": newest,
		"date":   {"date", "search.startsAt", 1, func(t *Ticket) int64 { return t.Search.StartsAt.UnixMilli() }, func(v int64) any { return time.UnixMilli(v) }},
		"price":  {"price", "price", 1, func(t *Ticket) int64 { return int64(t.Price) }, func(v int64) any { return v }},
		"-price": {"-price", "price", -1, func(t *Ticket) int64 { return int64(t.Price) }, func(v int64) any { return v }},
	}
)

// keys is the order as the database sorts.
func (o order) keys() bson.D {
	id := bson.E{Key: "_id", Value: o.dir}
	if o.field == "" {
		return bson.D{id}
	}
	return bson.D{{Key: o.field, Value: o.dir}, id}
}

// cursor is a place in an order: the last ticket of a page.
type cursor struct {
	Sort  string `json:"s"`
	Value int64  `json:"v"`
	ID    string `json:"i"`
}

// cursor names the place of a ticket: by its id alone in the order of ids, as ever.
func (o order) cursor(t *Ticket) string {
	if o.field == "" {
		return t.ID
	}
	encoded, err := json.Marshal(cursor{o.name, o.value(t), t.ID})
	if err != nil {
		panic(err) // two texts and a number
	}
	return base64.RawURLEncoding.EncodeToString(encoded)
}

func (o order) badCursor() string {
	if o.field == "" {
		return "after must be an id"
	}
	return "after must be from a link to the next page, with the same sort"
}

// after selects what follows a cursor. ok is false if it isn't one of this order.
func (o order) after(encoded string) (filter bson.M, ok bool) {
	beyond := map[int]string{1: "$gt", -1: "$lt"}[o.dir]
	if o.field == "" {
		return bson.M{"_id": bson.M{beyond: encoded}}, web.IsID(encoded)
	}
	var c cursor
	decoded, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil || json.Unmarshal(decoded, &c) != nil || c.Sort != o.name || !web.IsID(c.ID) {
		return nil, false
	}
	value := o.bson(c.Value)
	return bson.M{
		o.field: bson.M{beyond + "e": value}, // a range of the index
		"$or":   bson.A{bson.M{o.field: bson.M{beyond: value}}, bson.M{o.field: value, "_id": bson.M{beyond: c.ID}}},
	}, true
}

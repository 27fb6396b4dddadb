package conformance

import (
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	driver "go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
)

// TestRandomOperationsAgreeWithAModel compares the server with a map in memory after every operation,
// while indexes come and go. SEED replays one history; OPERATIONS makes longer ones.
func TestRandomOperationsAgreeWithAModel(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("SEED"); s != "" {
		seed, _ = strconv.ParseUint(s, 10, 64)
	}
	operations := 1500
	if s := os.Getenv("OPERATIONS"); s != "" {
		operations, _ = strconv.Atoi(s)
	}
	t.Logf("SEED=%d", seed)
	h := &history{T: t, Rand: rand.New(rand.NewPCG(seed, 0)), c: collection(t), m: &model{records: map[int64]record{}}}
	if err := h.c.Database().CreateCollection(t.Context(), h.c.Name()); err != nil { // dropping the indexes of none is an error
		t.Fatal(err)
	}
	for i := range operations {
		did := h.step()
		if got, want := h.stored(), h.expected(); !reflect.DeepEqual(got, want) {
			t.Fatalf("operation %d, %s:\ngot  %v\nwant %v", i, did, got, want)
		}
		if t.Failed() {
			t.Fatalf("operation %d: %s", i, did)
		}
	}
}

// history is one run: the collection and the model of it.
type history struct {
	*testing.T
	*rand.Rand
	c *driver.Collection
	m *model
}

// step does one random operation on both and says which.
func (h *history) step() string {
	switch n := h.IntN(100); {
	case n < 20:
		return h.insert()
	case n < 40:
		return h.updateOne()
	case n < 45:
		return h.updateMany()
	case n < 52:
		return h.replace()
	case n < 58:
		return h.findAndUpdate()
	case n < 64:
		return h.remove()
	case n < 68:
		return h.reindex()
	}
	return h.read()
}

func (h *history) id() int64     { return int64(h.IntN(40)) }
func (h *history) field() string { return []string{"a", "b", "l", "d.x", "n"}[h.IntN(5)] }

// scalar is null, a number or a string. There are few, so that they meet.
func (h *history) scalar() any {
	switch h.IntN(6) {
	case 0:
		return nil
	case 1, 2:
		return string(rune('p' + h.IntN(4)))
	}
	return int64(h.IntN(8))
}

func (h *history) elements() list {
	l := list{}
	for range h.IntN(4) {
		l = append(l, h.scalar())
	}
	return l
}

func (h *history) record(id int64) record {
	r := record{"_id": id}
	for _, f := range []string{"a", "d.x"} {
		switch h.IntN(4) {
		case 0:
			r[f] = h.elements()
		case 1, 2:
			r[f] = h.scalar()
		}
	}
	if h.IntN(2) == 0 {
		r["b"] = h.scalar() // never a list: it shares an index with a
	}
	if h.IntN(2) == 0 {
		r["l"] = h.elements()
	}
	if h.IntN(2) == 0 {
		r["n"] = int64(h.IntN(8))
	}
	if h.IntN(3) == 0 {
		r["u"] = int64(h.IntN(60))
	}
	return r
}

func (h *history) condition(depth int) condition {
	f := h.field()
	switch n := h.IntN(14); {
	case n < 3:
		return equal(f, h.scalar())
	case n < 5:
		low := int64(h.IntN(8))
		return within(f, low, low+int64(h.IntN(4)))
	case n == 5:
		return within(f, "p", "r")
	case n == 6:
		return oneOf(f, h.scalar(), h.scalar())
	case n == 7:
		return unequal(f, h.scalar())
	case n == 8:
		return exists(f, h.IntN(2) == 0)
	case n == 9:
		return sized(f, h.IntN(3))
	case n == 10:
		return inOne(f, int64(h.IntN(4)), int64(3+h.IntN(5)))
	case n == 11 && depth > 0:
		return combine([]string{"$and", "$or", "$nor"}[h.IntN(3)], h.condition(depth-1), h.condition(depth-1))
	case n == 12:
		low := h.id()
		return within("_id", low, low+10)
	}
	return equal("_id", h.id())
}

// change never makes a list of n or b, and always one of l.
func (h *history) change() change {
	number := int64(h.IntN(8))
	value := h.scalar()
	elements := func(r record) list { l, _ := r["l"].(list); return slices.Clone(l) }
	switch h.IntN(9) {
	case 0:
		l := h.elements()
		return operator("$set", "a", l, func(r record) { r["a"] = l })
	case 1:
		return operator("$set", "d.x", value, func(r record) { r["d.x"] = value })
	case 2:
		return operator("$unset", "b", "", func(r record) { delete(r, "b") })
	case 3:
		return operator("$inc", "n", number, func(r record) { n, _ := r["n"].(int64); r["n"] = n + number })
	case 4:
		return operator("$push", "l", value, func(r record) { r["l"] = append(elements(r), value) })
	case 5:
		return operator("$pop", "l", -1, func(r record) {
			if l := elements(r); len(l) > 0 {
				r["l"] = l[1:]
			}
		})
	case 6:
		return operator("$pull", "l", value, func(r record) {
			if _, set := r["l"]; set {
				r["l"] = slices.DeleteFunc(append(list{}, elements(r)...), func(v any) bool { return v == value })
			}
		})
	case 7:
		return operator("$addToSet", "l", value, func(r record) {
			if l := elements(r); !slices.Contains(l, value) {
				r["l"] = append(l, value)
			}
		})
	}
	return operator("$max", "n", number, func(r record) {
		if n, set := r["n"].(int64); !set || n < number {
			r["n"] = number
		}
	})
}

// put stores a record in the model if the server should have; err is what the server said.
func (h *history) put(what string, r record, taken bool, err error) {
	refuse := taken || h.m.conflicts(r)
	if refuse != driver.IsDuplicateKeyError(err) || (err != nil && !refuse) {
		h.Errorf("%s %v: %v, want a duplicate: %v", what, r, err, refuse)
	}
	if !refuse {
		h.m.records[r["_id"].(int64)] = r
	}
}

func (h *history) insert() string {
	r := h.record(h.id())
	_, taken := h.m.records[r["_id"].(int64)]
	_, err := h.c.InsertOne(h.Context(), r.stored())
	h.put("insert", r, taken, err)
	return fmt.Sprintf("insert %v", r)
}

func (h *history) replace() string {
	r := h.record(h.id())
	_, err := h.c.ReplaceOne(h.Context(), bson.M{"_id": r["_id"]}, r.stored(), options.Replace().SetUpsert(true))
	h.put("replace", r, false, err)
	return fmt.Sprintf("replace %v", r)
}

func (h *history) updateOne() string {
	id, change, with := h.id(), h.change(), h.condition(0)
	both := combine("$and", equal("_id", id), with)
	result, err := h.c.UpdateOne(h.Context(), both.bson, change.bson)
	did := fmt.Sprintf("update %v by %v", both.bson, change.bson)
	if err != nil {
		h.Error(err)
		return did
	}
	matched := h.m.matching(both, "", 1)
	for _, r := range matched {
		change.apply(r)
	}
	if result.MatchedCount != int64(len(matched)) {
		h.Errorf("matched %d, want %d", result.MatchedCount, len(matched))
	}
	return did
}

func (h *history) updateMany() string {
	change, with := h.change(), h.condition(1)
	result, err := h.c.UpdateMany(h.Context(), with.bson, change.bson)
	did := fmt.Sprintf("update all %v by %v", with.bson, change.bson)
	if err != nil {
		h.Error(err)
		return did
	}
	matched := h.m.matching(with, "", 1)
	for _, r := range matched {
		change.apply(r)
	}
	if result.MatchedCount != int64(len(matched)) {
		h.Errorf("matched %d, want %d", result.MatchedCount, len(matched))
	}
	return did
}

func (h *history) findAndUpdate() string {
	change, with, field, direction := h.change(), h.condition(1), h.field(), 1-2*h.IntN(2)
	var got bson.M
	o := options.FindOneAndUpdate().SetSort(sortBy(field, direction))
	err := h.c.FindOneAndUpdate(h.Context(), with.bson, change.bson, o).Decode(&got)
	matched := h.m.matching(with, field, direction)
	switch {
	case len(matched) == 0:
		if err != driver.ErrNoDocuments {
			h.Errorf("found %v, %v", got, err)
		}
	case err != nil:
		h.Error(err)
	default:
		if want := plain(matched[0].stored()); !reflect.DeepEqual(plain(got), want) {
			h.Errorf("found %v, want %v", got, want)
		}
		change.apply(matched[0])
	}
	return fmt.Sprintf("find %v by %s %d and update it by %v", with.bson, field, direction, change.bson)
}

func (h *history) remove() string {
	with := combine("$and", h.condition(1), within("_id", int64(h.IntN(40)), int64(40)))
	result, err := h.c.DeleteMany(h.Context(), with.bson)
	matched := h.m.matching(with, "", 1)
	if err != nil || result.DeletedCount != int64(len(matched)) {
		h.Errorf("deleted %+v (%v), want %d", result, err, len(matched))
	}
	for _, r := range matched {
		delete(h.m.records, r["_id"].(int64))
	}
	return fmt.Sprintf("delete %v", with.bson)
}

// reindex makes an index or drops all of them.
func (h *history) reindex() string {
	if h.IntN(5) == 0 {
		if _, err := h.c.Indexes().DropAll(h.Context()); err != nil {
			h.Error(err)
		}
		h.m.unique = false
		return "drop the indexes"
	}
	keys := []bson.D{
		{{Key: "a", Value: 1}}, {{Key: "a", Value: -1}, {Key: "b", Value: 1}}, {{Key: "b", Value: 1}, {Key: "_id", Value: -1}},
		{{Key: "l", Value: 1}}, {{Key: "d.x", Value: -1}}, {{Key: "n", Value: -1}, {Key: "l", Value: 1}}, {{Key: "u", Value: 1}},
	}[h.IntN(7)]
	o := options.Index()
	isUnique := keys[0].Key == "u"
	if isUnique {
		o.SetUnique(true).SetSparse(true)
	}
	_, err := h.c.Indexes().CreateOne(h.Context(), driver.IndexModel{Keys: keys, Options: o})
	if isUnique && !h.m.unique {
		h.m.unique = true
		for _, r := range h.m.records {
			h.m.unique = h.m.unique && !h.m.conflicts(r)
		}
		if h.m.unique == driver.IsDuplicateKeyError(err) {
			h.Errorf("unique index: %v", err)
		}
		if !h.m.unique {
			err = nil
		}
	}
	if err != nil {
		h.Error(err)
	}
	return fmt.Sprintf("index %v", keys)
}

// read compares a query's answer, and its count.
func (h *history) read() string {
	with, field, direction, skip, limit := h.condition(2), h.field(), 1-2*h.IntN(2), h.IntN(4), 1+h.IntN(20)
	o := options.Find().SetSort(sortBy(field, direction)).SetSkip(int64(skip)).SetLimit(int64(limit)).SetBatchSize(int32(2 + h.IntN(9)))
	did := fmt.Sprintf("find %v by %s %d, skip %d, limit %d", with.bson, field, direction, skip, limit)
	want := h.m.matching(with, field, direction)
	if n, err := h.c.CountDocuments(h.Context(), with.bson); err != nil || int(n) != len(want) {
		h.Errorf("counted %d (%v), want %d", n, err, len(want))
	}
	want = want[min(skip, len(want)):]
	want = want[:min(limit, len(want))]
	got := h.all(with.bson, o)
	if len(got) != len(want) {
		h.Errorf("found %v, want %v", got, want)
		return did
	}
	for i := range got {
		if !reflect.DeepEqual(plain(got[i]), plain(want[i].stored())) {
			h.Errorf("at %d found %v, want %v", i, got[i], want[i])
		}
	}
	return did
}

func sortBy(field string, direction int) bson.D {
	return bson.D{{Key: field, Value: direction}, {Key: "_id", Value: 1}}
}

func (h *history) all(filter bson.D, o *options.FindOptions) (found []bson.M) {
	h.Helper()
	cursor, err := h.c.Find(h.Context(), filter, o)
	if err == nil {
		err = cursor.All(h.Context(), &found)
	}
	if err != nil {
		h.Error(err)
	}
	return found
}

// stored and expected are the whole collection, as the server and as the model have it.
func (h *history) stored() map[int64]any {
	docs := map[int64]any{}
	for _, d := range h.all(bson.D{}, options.Find()) {
		docs[d["_id"].(int64)] = plain(d)
	}
	return docs
}

func (h *history) expected() map[int64]any {
	docs := map[int64]any{}
	for id, r := range h.m.records {
		docs[id] = plain(r.stored())
	}
	return docs
}

package conformance

import (
	"slices"
	"testing"
)

// zoo has each shape of value that a filter meets.
var zoo = []string{
	`{"_id": 1, "a": 1, "s": "apple"}`,
	`{"_id": 2, "a": 2.5, "s": "banana"}`,
	`{"_id": 3, "a": {"$numberLong": "3"}, "s": "Cherry"}`,
	`{"_id": 4, "a": "3"}`,
	`{"_id": 5, "a": null}`,
	`{"_id": 6}`,
	`{"_id": 7, "a": [1, 5, 9]}`,
	`{"_id": 8, "a": []}`,
	`{"_id": 9, "a": {"b": 1, "c": 2}}`,
	`{"_id": 10, "a": [{"b": 1, "c": 7}, {"b": 4, "c": 2}]}`,
	`{"_id": 11, "a": true}`,
	`{"_id": 12, "a": {"$date": "2026-01-01T00:00:00Z"}}`,
	`{"_id": 13, "a": {"$oid": "65a1b2c3d4e5f60718293a4b"}}`,
	`{"_id": 14, "a": [[1, 5], 2]}`,
	`{"_id": 15, "a": {"b": [3, 8]}}`,
}

var filters = []struct {
	filter string
	want   []int
}{
	{`{"a": 1}`, []int{1, 7}},
	{`{"a": 3}`, []int{3}},
	{`{"a": 2.5}`, []int{2}},
	{`{"a": null}`, []int{5, 6}},
	{`{"a": {"$eq": "3"}}`, []int{4}},
	{`{"a": {"$ne": null}}`, []int{1, 2, 3, 4, 7, 8, 9, 10, 11, 12, 13, 14, 15}},
	{`{"a": {"$ne": 1}}`, []int{2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15}},
	{`{"a": {"$gt": 2}}`, []int{2, 3, 7}},
	{`{"a": {"$gte": 2, "$lt": 3}}`, []int{2, 7, 14}},
	{`{"a": {"$lt": 2}}`, []int{1, 7}},
	{`{"a": {"$lte": 1}}`, []int{1, 7}},
	{`{"a": {"$gte": null}}`, []int{5, 6}},
	{`{"a": {"$gt": "2"}}`, []int{4}},
	{`{"a": {"$gt": {"$date": "2025-01-01T00:00:00Z"}}}`, []int{12}},
	{`{"a": {"$in": [1, "3", null]}}`, []int{1, 4, 5, 6, 7}},
	{`{"a": {"$in": []}}`, nil},
	{`{"s": {"$in": [{"$regularExpression": {"pattern": "^b", "options": ""}}]}}`, []int{2}},
	{`{"a": {"$nin": [1, 2.5, 3, null]}}`, []int{4, 8, 9, 10, 11, 12, 13, 14, 15}},
	{`{"a": {"$exists": true}, "_id": {"$lt": 8}}`, []int{1, 2, 3, 4, 5, 7}},
	{`{"a": {"$exists": false}}`, []int{6}},
	{`{"a": {"$exists": 0}}`, []int{6}},
	{`{"a": {"$type": "number"}}`, []int{1, 2, 3, 7, 14}},
	{`{"a": {"$type": 2}}`, []int{4}},
	{`{"a": {"$type": ["null", "bool"]}}`, []int{5, 11}},
	{`{"a": {"$type": "array"}}`, []int{7, 8, 10, 14}},
	{`{"a": {"$all": [1, 9]}}`, []int{7}},
	{`{"a": {"$all": [1]}}`, []int{1, 7}},
	{`{"a": {"$all": []}}`, nil},
	{`{"a": {"$size": 0}}`, []int{8}},
	{`{"a": {"$size": 2}}`, []int{10, 14}},
	{`{"a": {"$elemMatch": {"$gt": 4, "$lt": 8}}}`, []int{7}},
	{`{"a": {"$gt": 5, "$lt": 2}}`, []int{7}},
	{`{"a": {"$elemMatch": {"b": 1, "c": 2}}}`, nil},
	{`{"a": {"$elemMatch": {"b": 4, "c": 2}}}`, []int{10}},
	{`{"a.b": 1}`, []int{9, 10}},
	{`{"a.b": 1, "a.c": 2}`, []int{9, 10}},
	{`{"a.1.b": 4}`, []int{10}},
	{`{"a.0": 1, "_id": {"$lt": 14}}`, []int{7}},
	{`{"a.0.b": {"$exists": true}}`, []int{10}},
	{`{"a.b": 8}`, []int{15}},
	{`{"a.b.1": 8}`, []int{15}},
	{`{"a.b": {"$exists": false}, "_id": {"$gt": 6, "$lt": 11}}`, []int{7, 8}},
	{`{"a": {"b": 1, "c": 2}}`, []int{9}},
	{`{"a": {"c": 2, "b": 1}}`, nil},
	{`{"a": [1, 5, 9]}`, []int{7}},
	{`{"a": [1, 5]}`, []int{14}},
	{`{"a": []}`, []int{8}},
	{`{"s": {"$regex": "an"}}`, []int{2}},
	{`{"s": {"$regex": "^C", "$options": "i"}}`, []int{3}},
	{`{"s": {"$regularExpression": {"pattern": "^a", "options": "i"}}}`, []int{1}},
	{`{"s": {"$not": {"$regex": "an"}}, "_id": {"$lt": 5}}`, []int{1, 3, 4}},
	{`{"a": {"$not": {"$gt": 2}}, "_id": {"$lt": 9}}`, []int{1, 4, 5, 6, 8}},
	{`{"$and": [{"a": {"$gt": 0}}, {"s": "apple"}]}`, []int{1}},
	{`{"$or": [{"s": "apple"}, {"a": "3"}]}`, []int{1, 4}},
	{`{"$nor": [{"a": {"$exists": true}}, {"_id": 99}]}`, []int{6}},
	{`{"$or": [{"a": 1}, {"$and": [{"s": "Cherry"}, {"a": 3}]}]}`, []int{1, 3, 7}},
	{`{"s": {"$gt": "Cherry"}}`, []int{1, 2}},
	{`{"_id": {"$in": [3, 1, 3]}}`, []int{1, 3}},
	{`{"_id": {"$gte": 14}}`, []int{14, 15}},
	{`{"_id": 2.0}`, []int{2}},
	{`{"$comment": "nothing", "_id": 1}`, []int{1}},
}

func TestFilters(t *testing.T) {
	c := collection(t, zoo...)
	for _, f := range filters {
		same(t, f.filter, ids(t, c, f.filter), f.want)
	}
}

// What an index serves is what a scan finds: multikey, missing fields, null, and bounds of one type.
func TestFiltersWithIndexes(t *testing.T) {
	c := collection(t, zoo...)
	for _, keys := range []string{`{"a": 1}`, `{"s": 1, "a": -1}`, `{"a.b": 1}`, `{"a.0": -1}`} {
		index(t, c, keys)
		for _, f := range filters {
			if got := ids(t, c, f.filter); !slices.Equal(got, f.want) {
				t.Errorf("with the index %s, %s:\ngot  %v\nwant %v", keys, f.filter, got, f.want)
			}
		}
	}
}

func TestCountAndDistinctAgreeWithFind(t *testing.T) {
	c := collection(t, zoo...)
	for _, f := range filters {
		n, err := c.CountDocuments(t.Context(), doc(t, f.filter))
		if err != nil || int(n) != len(f.want) {
			t.Errorf("count %s = %d (%v), want %d", f.filter, n, err, len(f.want))
		}
	}
	values, err := c.Distinct(t.Context(), "a", doc(t, `{"_id": {"$in": [1, 3, 7]}}`))
	if err != nil {
		t.Fatal(err)
	}
	same(t, "distinct", []string{text(t, map[string]any{"v": values})}, []string{`{"v":[1,3,5,9]}`})
}

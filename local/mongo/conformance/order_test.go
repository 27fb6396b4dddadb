package conformance

import (
	"math/rand/v2"
	"slices"
	"testing"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo/options"
)

// ascending has values in BSON's order
// (https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order).
var ascending = []string{
	`{"$minKey": 1}`,
	`null`,
	`{"$numberDouble": "NaN"}`,
	`{"$numberDouble": "-Infinity"}`,
	`{"$numberLong": "-9223372036854775808"}`,
	`-1.5`,
	`-1`,
	`0`,
	`0.5`,
	`{"$numberLong": "1"}`,
	`1.25`,
	`2147483647`,
	`{"$numberLong": "9007199254740992"}`,
	`{"$numberLong": "9007199254740993"}`,
	`{"$numberLong": "9223372036854775807"}`,
	`1e300`,
	`{"$numberDouble": "Infinity"}`,
	`""`,
	`"A"`,
	`"AB"`,
	`"a"`,
	`"ä"`,
	`{}`,
	`{"a": 1}`,
	`{"a": 1, "b": 0}`,
	`{"a": 2}`,
	`{"b": 1}`,
	`{"a": "x"}`, // objects compare the type of a field before its name
	`{"$binary": {"base64": "AQ==", "subType": "00"}}`,
	`{"$binary": {"base64": "Ag==", "subType": "00"}}`,
	`{"$binary": {"base64": "AAA=", "subType": "00"}}`,
	`{"$oid": "000000000000000000000001"}`,
	`{"$oid": "650000000000000000000000"}`,
	`false`,
	`true`,
	`{"$date": {"$numberLong": "-1"}}`,
	`{"$date": "2026-01-01T00:00:00Z"}`,
	`{"$timestamp": {"t": 1, "i": 2}}`,
	`{"$timestamp": {"t": 2, "i": 1}}`,
	`{"$regularExpression": {"pattern": "a", "options": ""}}`,
	`{"$regularExpression": {"pattern": "b", "options": ""}}`,
	`{"$maxKey": 1}`,
}

// sorted finds all documents by a sort and returns their _ids.
func sorted(t *testing.T, docs []string, sort bson.D, indexes ...string) (found []int) {
	t.Helper()
	c := collection(t)
	for _, i := range rand.Perm(len(docs)) {
		insert(t, c, docs[i])
	}
	for _, keys := range indexes {
		index(t, c, keys)
	}
	cursor, err := c.Find(t.Context(), bson.D{}, options.Find().SetSort(sort).SetProjection(bson.M{"_id": 1}))
	if err != nil {
		t.Fatal(err)
	}
	var got []struct {
		ID int `bson:"_id"`
	}
	if err := cursor.All(t.Context(), &got); err != nil {
		t.Fatal(err)
	}
	for _, g := range got {
		found = append(found, g.ID)
	}
	return found
}

// numbered makes documents whose _id is the place and whose v is the value.
func numbered(t *testing.T, values []string) (docs []string, order []int) {
	for i, v := range values {
		d := append(bson.D{{Key: "_id", Value: i}}, doc(t, `{"v": `+v+`}`)...)
		b, err := bson.MarshalExtJSON(d, true, false)
		if err != nil {
			t.Fatal(err)
		}
		docs, order = append(docs, string(b)), append(order, i)
	}
	return docs, order
}

func TestSortFollowsTheOrderOfTypes(t *testing.T) {
	docs, want := numbered(t, ascending)
	same(t, "ascending", sorted(t, docs, bson.D{{Key: "v", Value: 1}}), want)
	same(t, "ascending, indexed", sorted(t, docs, bson.D{{Key: "v", Value: 1}}, `{"v": 1}`), want)
	same(t, "ascending, indexed downwards", sorted(t, docs, bson.D{{Key: "v", Value: 1}}, `{"v": -1}`), want)
	slices.Reverse(want)
	same(t, "descending", sorted(t, docs, bson.D{{Key: "v", Value: -1}}), want)
	same(t, "descending, indexed", sorted(t, docs, bson.D{{Key: "v", Value: -1}}, `{"v": 1}`), want)
}

// Every value is found by its own equality, with and without an index.
func TestEveryValueIsFoundByEquality(t *testing.T) {
	for _, keys := range []string{"", `{"v": 1}`, `{"v": -1}`} {
		docs, _ := numbered(t, ascending)
		c := collection(t, docs...)
		if keys != "" {
			index(t, c, keys)
		}
		for i, v := range ascending {
			if got := ids(t, c, `{"v": {"$eq": `+v+`}}`); !slices.Equal(got, []int{i}) {
				t.Errorf("index %q: %s is found as %v, want [%d]", keys, v, got, i)
			}
		}
	}
}

// A number is one value in every type: the index, uniqueness and equality agree.
func TestEqualNumbersOfDifferentTypes(t *testing.T) {
	c := collection(t,
		`{"_id": 1, "v": 5}`, `{"_id": 2, "v": 5.0}`, `{"_id": 3, "v": {"$numberLong": "5"}}`, `{"_id": 4, "v": 5.5}`)
	for _, keys := range []string{"", `{"v": 1}`} {
		if keys != "" {
			index(t, c, keys)
		}
		for _, v := range []string{`5`, `{"$numberLong": "5"}`, `{"$numberDouble": "5.0"}`} {
			same(t, "v: "+v, ids(t, c, `{"v": `+v+`}`), []int{1, 2, 3})
		}
	}
	if _, err := c.InsertOne(t.Context(), bson.M{"_id": 1.0}); err == nil {
		t.Error("_id 1 and _id 1.0 are different")
	}
}

// An array sorts by its least element upwards and by its greatest downwards, an empty one below null.
func TestArraysSortByTheirExtremes(t *testing.T) {
	docs := []string{
		`{"_id": 0, "v": [5, 2]}`, `{"_id": 1, "v": 3}`, `{"_id": 2, "v": []}`, `{"_id": 3, "v": [1, 9]}`, `{"_id": 4}`, `{"_id": 5, "v": "x"}`,
	}
	for _, indexes := range [][]string{nil, {`{"v": 1}`}} {
		same(t, "ascending", sorted(t, docs, bson.D{{Key: "v", Value: 1}}, indexes...), []int{2, 4, 3, 0, 1, 5})
		same(t, "descending", sorted(t, docs, bson.D{{Key: "v", Value: -1}}, indexes...), []int{5, 3, 0, 1, 4, 2})
	}
}

func TestCompoundSort(t *testing.T) {
	docs := []string{
		`{"_id": 0, "a": 1, "b": 2}`, `{"_id": 1, "a": 2, "b": 1}`, `{"_id": 2, "a": 1, "b": 1}`, `{"_id": 3, "b": 7}`, `{"_id": 4, "a": 2, "b": 3}`,
	}
	sort := bson.D{{Key: "a", Value: 1}, {Key: "b", Value: -1}}
	for _, indexes := range [][]string{nil, {`{"a": 1, "b": -1}`}, {`{"a": -1, "b": 1}`}, {`{"a": 1, "b": 1}`}, {`{"a": 1}`}} {
		same(t, "a up, b down", sorted(t, docs, sort, indexes...), []int{3, 0, 2, 4, 1})
	}
}

// Ranges keep to the type of their bound.
func TestRangesKeepToOneType(t *testing.T) {
	docs, _ := numbered(t, ascending)
	c := collection(t, docs...)
	at := func(v string) int { return slices.Index(ascending, v) }
	between := func(from, to string) (all []int) {
		for i := at(from); i <= at(to); i++ {
			all = append(all, i)
		}
		return all
	}
	for _, keys := range []string{"", `{"v": 1}`, `{"v": -1, "w": 1}`} {
		if keys != "" {
			index(t, c, keys)
		}
		same(t, "numbers", ids(t, c, `{"v": {"$gte": {"$numberDouble": "-Infinity"}}}`), between(`{"$numberDouble": "-Infinity"}`, `{"$numberDouble": "Infinity"}`))
		same(t, "numbers below 0", ids(t, c, `{"v": {"$lt": 0}}`), between(`{"$numberDouble": "-Infinity"}`, `-1`))
		same(t, "strings", ids(t, c, `{"v": {"$gt": ""}}`), between(`"A"`, `"ä"`))
		same(t, "ids", ids(t, c, `{"v": {"$lte": {"$oid": "650000000000000000000000"}}}`), between(`{"$oid": "000000000000000000000001"}`, `{"$oid": "650000000000000000000000"}`))
		same(t, "dates", ids(t, c, `{"v": {"$gt": {"$date": {"$numberLong": "-1"}}}}`), between(`{"$date": "2026-01-01T00:00:00Z"}`, `{"$date": "2026-01-01T00:00:00Z"}`))
		same(t, "beyond 2^53", ids(t, c, `{"v": {"$gt": {"$numberLong": "9007199254740992"}, "$lt": 1e18}}`), []int{at(`{"$numberLong": "9007199254740993"}`)})
		same(t, "booleans", ids(t, c, `{"v": {"$gte": false}}`), []int{at(`false`), at(`true`)})
	}
}

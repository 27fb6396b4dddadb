package conformance

import (
	"fmt"
	"testing"

	"go.mongodb.org/mongo-driver/bson"
	driver "go.mongodb.org/mongo-driver/mongo"
)

// refusals are commands that MongoDB refuses, with its codes. $C stands for the collection. Location
// codes are what its parser gives for a field that it doesn't know.
var refusals = []struct {
	command string
	codes   []int
}{
	{`{"nonsense": 1}`, []int{59}},
	{`{"find": "$C", "nonsense": 1}`, []int{40415, 9, 2}},
	{`{"insert": "$C", "documents": [{"_id": 9}], "nonsense": 1}`, []int{40415, 9, 2}},
	{`{"update": "$C", "updates": [{"q": {}, "u": {"$set": {"a": 1}}, "nonsense": 1}]}`, []int{40415, 9, 2}},
	{`{"delete": "$C", "deletes": [{"q": {}, "limit": 1, "nonsense": 1}]}`, []int{40415, 9, 2}},
	{`{"delete": "$C", "deletes": [{"q": {}, "limit": 5}]}`, []int{9, 2}},
	{`{"delete": "$C", "deletes": [{"q": {}}]}`, []int{40414, 9, 2}},
	{`{"findAndModify": "$C", "query": {}, "update": {"$set": {"a": 1}}, "nonsense": 1}`, []int{40415, 9, 2}},
	{`{"findAndModify": "$C", "query": {}}`, []int{9, 2}},
	{`{"findAndModify": "$C", "query": {}, "remove": true, "update": {"a": 1}}`, []int{9, 2}},
	{`{"count": "$C", "query": {}, "nonsense": 1}`, []int{40415, 9, 2}},
	{`{"distinct": "$C", "key": "a", "nonsense": 1}`, []int{40415, 9, 2}},
	{`{"aggregate": "$C", "pipeline": []}`, []int{9, 2}},
	{`{"aggregate": "$C", "pipeline": [{"$nonsense": 1}], "cursor": {}}`, []int{40324, 9, 2}},
	{`{"aggregate": "$C", "pipeline": [{"$match": {}, "$limit": 1}], "cursor": {}}`, []int{40323, 9, 2}},
	{`{"aggregate": "$C", "pipeline": [{"$limit": 0}], "cursor": {}}`, []int{15958, 9, 2}},
	{`{"aggregate": "$C", "pipeline": [{"$group": {"_id": null, "n": {"$nonsense": 1}}}], "cursor": {}}`, []int{15952, 9, 2}},
	{`{"createIndexes": "$C", "indexes": [{"key": {"a": 1}, "name": "a_1", "nonsense": 1}]}`, []int{197, 40415, 9, 2}},
	{`{"createIndexes": "$C", "indexes": [{"key": {"a": 1}}]}`, []int{9, 2, 40414}},
	{`{"createIndexes": "$C", "indexes": []}`, []int{2, 9}},
	{`{"create": "$C", "nonsense": 1}`, []int{40415, 9, 2}},
	{`{"find": "$C", "filter": {"$nonsense": 1}}`, []int{2}},
	{`{"find": "$C", "filter": {"a": {"$nonsense": 1}}}`, []int{2}},
	{`{"find": "$C", "filter": {"a": {"$in": 1}}}`, []int{2}},
	{`{"find": "$C", "filter": {"a": {"$gt": 1, "b": 2}}}`, []int{2}},
	{`{"find": "$C", "filter": {"$and": []}}`, []int{2}},
	{`{"find": "$C", "filter": {"$or": [1]}}`, []int{2}},
	{`{"find": "$C", "filter": {"a": {"$not": 1}}}`, []int{2}},
	{`{"find": "$C", "filter": {"a": {"$size": -1}}}`, []int{2}},
	{`{"find": "$C", "filter": {"a": {"$regex": "("}}}`, []int{2, 51091}},
	{`{"find": "$C", "filter": {"a": {"$type": "nonsense"}}}`, []int{2}},
	{`{"find": "$C", "filter": 1}`, []int{14, 9, 2}},
	{`{"find": "$C", "sort": {"a": 2}}`, []int{2, 15975}},
	{`{"find": "$C", "limit": -1}`, []int{2, 9, 51024}},
	{`{"find": "$C", "skip": -1}`, []int{2, 9, 51024}},
	{`{"find": "$C", "projection": {"a": 1, "b": 0}}`, []int{31254, 31253, 2}},
	{`{"find": 5}`, []int{73, 14, 2}},
	{`{"insert": "$C", "documents": []}`, []int{16, 2, 9, 72}},
	{`{"insert": "$C"}`, []int{40414, 9, 2}},
	{`{"insert": "$C", "documents": [{"_id": [1]}]}`, []int{2, 53}},
	{`{"update": "$C", "updates": [{"q": {}, "u": {"$set": {"a": 1}, "b": 1}}]}`, []int{9, 2}},
	{`{"update": "$C", "updates": [{"q": {}, "u": {"a": 1}, "multi": true}]}`, []int{9, 2}},
	{`{"killCursors": "$C"}`, []int{40414, 9, 2}},
	{`{"insert": "$C", "documents": [{"_id": 9}], "txnNumber": {"$numberLong": "1"}, "lsid": {"id": {"$binary": {"base64": "AAAAAAAAAAAAAAAAAAAAAA==", "subType": "04"}}}, "startTransaction": true}`, []int{50768, 263, 20, 72, 50911, 9, 2}},
}

// commandError is the code of a command, or of its first write error.
func commandError(db *driver.Database, t *testing.T, command bson.D) (code int32, err error) {
	t.Helper()
	var answer struct {
		WriteErrors []struct {
			Code   int32
			Errmsg string
		} `bson:"writeErrors"`
	}
	err = db.RunCommand(t.Context(), command).Decode(&answer)
	switch e := err.(type) {
	case nil:
		if len(answer.WriteErrors) > 0 {
			return answer.WriteErrors[0].Code, fmt.Errorf("%s", answer.WriteErrors[0].Errmsg)
		}
		return 0, nil
	case driver.CommandError:
		return e.Code, err
	case driver.WriteException:
		if len(e.WriteErrors) > 0 {
			return int32(e.WriteErrors[0].Code), err
		}
	}
	return -1, err
}

// on replaces $C as the value of the first field.
func on(c *driver.Collection, command bson.D) bson.D {
	if command[0].Value == "$C" {
		command[0].Value = c.Name()
	}
	return command
}

func TestRefusals(t *testing.T) {
	const there = `{"_id":1,"a":1}`
	c := collection(t, there)
	for _, r := range refusals {
		code, err := commandError(c.Database(), t, on(c, doc(t, r.command)))
		ok := false
		for _, want := range r.codes {
			ok = ok || int(code) == want
		}
		if !ok {
			t.Errorf("%s: code %d (%v), want one of %v", r.command, code, err, r.codes)
		}
		same(t, r.command, contents(t, c), []string{there})
	}
}

// features are what the embedded server may lack. One that it lacks is refused; it never answers as if
// the option weren't there.
var features = []string{
	`{"find": "$C", "filter": {"s": "X"}, "collation": {"locale": "en", "strength": 2}}`,
	`{"find": "$C", "filter": {}, "hint": "nonsense"}`,
	`{"find": "$C", "filter": {"$where": "return false"}}`,
	`{"find": "$C", "filter": {"$text": {"$search": "x"}}}`,
	`{"find": "$C", "filter": {"a": {"$near": [0, 0]}}}`,
	`{"find": "$C", "filter": {"a": {"$mod": [2]}}}`,
	`{"find": "$C", "tailable": true}`,
	`{"find": "$C", "projection": {"list.$": 1}}`,
	`{"update": "$C", "updates": [{"q": {"_id": 1}, "u": {"$set": {"list.$[]": 0}}, "collation": {"locale": "nonsense"}}]}`,
	`{"update": "$C", "updates": [{"q": {"_id": 1}, "u": {"$set": {"list.$": 0}}}]}`,
	`{"update": "$C", "updates": [{"q": {"_id": 1}, "u": {"$set": {"list.$[x]": 0}}}]}`,
	`{"update": "$C", "updates": [{"q": {"_id": 1}, "u": [{"$nonsense": {"a": 0}}]}]}`,
	`{"update": "$C", "updates": [{"q": {"_id": 1}, "u": {"$push": {"list": {"$each": [1], "$nonsense": 1}}}}]}`,
	`{"update": "$C", "updates": [{"q": {"_id": 1}, "u": {"$bit": {"a": {"nonsense": 1}}}}]}`,
	`{"createIndexes": "$C", "indexes": [{"key": {"a": "2d", "b": "text"}, "name": "x"}]}`,
	`{"createIndexes": "$C", "indexes": [{"key": {"a": 1}, "name": "x", "expireAfterSeconds": "soon"}]}`,
	`{"createIndexes": "$C", "indexes": [{"key": {"a": 1}, "name": "x", "partialFilterExpression": {"a": {"$nonsense": 1}}}]}`,
	`{"create": "$Cx", "capped": true}`,
	`{"create": "$Cx", "timeseries": {}}`,
	`{"aggregate": "$C", "pipeline": [{"$match": {"s": "X"}}, {"$merge": {"into": {"nonsense": 1}}}], "cursor": {}}`,
	`{"commitTransaction": 1}`,
}

// Each of these is wrong in MongoDB too, or a feature that it has and the embedded server refuses.
func TestUnsupportedInputIsRefused(t *testing.T) {
	const there = `{"_id":1,"a":1,"s":"x","list":[1,2]}`
	for _, command := range features {
		c := collection(t, there)
		code, err := commandError(c.Database(), t, on(c, doc(t, command)))
		if code <= 0 && (embedded || code < 0) {
			t.Errorf("%s: code %d (%v), want a refusal", command, code, err)
		}
		same(t, command, contents(t, c), []string{there})
	}
}

func TestCommandsOfAPersonWithAShell(t *testing.T) {
	c := collection(t, `{"_id": 1, "a": 1}`, `{"_id": 2, "a": 3}`)
	for _, command := range []string{
		`{"hello": 1}`, `{"isMaster": 1}`, `{"ping": 1}`, `{"buildInfo": 1}`, `{"serverStatus": 1}`, `{"connectionStatus": 1}`,
		`{"listCollections": 1}`, `{"listCollections": 1, "nameOnly": true, "filter": {"name": "$C"}}`, `{"dbStats": 1}`, `{"collStats": "$C"}`,
		`{"listIndexes": "$C"}`, `{"count": "$C"}`, `{"distinct": "$C", "key": "a"}`,
		`{"explain": {"find": "$C", "filter": {"a": 1}}, "verbosity": "executionStats"}`,
		`{"aggregate": "$C", "pipeline": [{"$match": {"a": {"$gt": 0}}}, {"$group": {"_id": null, "n": {"$sum": 1}, "total": {"$sum": "$a"}}}, {"$sort": {"n": 1}}], "cursor": {}}`,
	} {
		command := on(c, doc(t, command))
		if inner, ok := command[0].Value.(bson.D); ok {
			command[0].Value = on(c, inner)
		}
		if code, err := commandError(c.Database(), t, command); err != nil {
			t.Errorf("%v: code %d, %v", command, code, err)
		}
	}
	names, err := c.Database().ListCollectionNames(t.Context(), bson.D{})
	if err != nil || len(names) != 1 || names[0] != c.Name() {
		t.Errorf("collections %v, %v", names, err)
	}
	all, err := c.Database().Client().ListDatabaseNames(t.Context(), bson.M{"name": c.Database().Name()})
	if err != nil || len(all) != 1 {
		t.Errorf("databases %v, %v", all, err)
	}
}

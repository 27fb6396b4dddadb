package conformance

import (
	"testing"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
	driver "go.mongodb.org/mongo-driver/mongo"
)

// retried builds the same command of a session twice, as a driver does that lost the answer.
func retried(t *testing.T, c *driver.Collection, txn int64, session byte, command string) (answers [2]bson.Raw) {
	t.Helper()
	lsid := bson.D{{Key: "id", Value: primitive.Binary{Subtype: 4, Data: append(make([]byte, 15), session)}}}
	for i := range answers {
		d := append(on(c, doc(t, command)), bson.E{Key: "lsid", Value: lsid}, bson.E{Key: "txnNumber", Value: txn})
		raw, err := c.Database().RunCommand(t.Context(), d).Raw()
		if err != nil {
			t.Fatalf("%s, try %d: %v", command, i+1, err)
		}
		answers[i] = raw
	}
	return answers
}

// A repeated transaction number gets the first answer and changes nothing.
func TestRetriedWritesRunOnce(t *testing.T) {
	for i, r := range []struct{ command, field, after string }{
		{`{"insert": "$C", "documents": [{"_id": 2}]}`, "n", `{"_id":1,"n":1}{"_id":2}`},
		{`{"update": "$C", "updates": [{"q": {"_id": 1}, "u": {"$inc": {"n": 1}}}]}`, "nModified", `{"_id":1,"n":2}`},
		{`{"update": "$C", "updates": [{"q": {"_id": 3}, "u": {"$inc": {"n": 1}}, "upsert": true}]}`, "upserted", `{"_id":1,"n":1}{"_id":3,"n":1}`},
		{`{"delete": "$C", "deletes": [{"q": {"n": 1}, "limit": 1}]}`, "n", ``},
		{`{"findAndModify": "$C", "query": {"_id": 1}, "update": {"$inc": {"n": 1}}, "new": true}`, "value", `{"_id":1,"n":2}`},
		{`{"findAndModify": "$C", "query": {"_id": 1}, "remove": true}`, "value", ``},
	} {
		c := collection(t, `{"_id": 1, "n": 1}`)
		answers := retried(t, c, 1, byte(i), r.command)
		first, second := answers[0].Lookup(r.field), answers[1].Lookup(r.field)
		if !first.Equal(second) {
			t.Errorf("%s: %s is %v, then %v", r.command, r.field, first, second)
		}
		after := ""
		for _, d := range contents(t, c) {
			after += d
		}
		same(t, r.command, []string{after}, []string{r.after})
	}
}

// The next number of a session is a new write; one before it is refused.
func TestTransactionNumbersGoUp(t *testing.T) {
	c := collection(t, `{"_id": 1, "n": 0}`)
	const inc = `{"update": "$C", "updates": [{"q": {"_id": 1}, "u": {"$inc": {"n": 1}}}]}`
	retried(t, c, 5, 99, inc)
	retried(t, c, 6, 99, inc)
	same(t, "two writes", contents(t, c), []string{`{"_id":1,"n":2}`})
	d := append(on(c, doc(t, inc)),
		bson.E{Key: "lsid", Value: bson.D{{Key: "id", Value: primitive.Binary{Subtype: 4, Data: append(make([]byte, 15), 99)}}}},
		bson.E{Key: "txnNumber", Value: int64(5)})
	wantCode(t, "an old number", c.Database().RunCommand(t.Context(), d).Err(), 225)
	same(t, "unchanged", contents(t, c), []string{`{"_id":1,"n":2}`})
}

// What a session writes it reads.
func TestSessionsOfADriver(t *testing.T) {
	c := collection(t)
	err := c.Database().Client().UseSession(t.Context(), func(ctx driver.SessionContext) error {
		for i := range 10 {
			if _, err := c.InsertOne(ctx, bson.M{"_id": i}); err != nil {
				return err
			}
		}
		n, err := c.CountDocuments(ctx, bson.D{})
		if n != 10 {
			t.Errorf("%d documents", n)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// explained is what executionStats says of a query.
type explained struct {
	ExecutionStats struct {
		Returned int `bson:"nReturned"`
		Keys     int `bson:"totalKeysExamined"`
		Docs     int `bson:"totalDocsExamined"`
	} `bson:"executionStats"`
}

func TestExplainCountsWhatIsExamined(t *testing.T) {
	c := thousand(t)
	index(t, c, `{"n": 1, "_id": -1}`)
	for _, q := range []struct {
		find string
		most int // keys and documents that may be examined
	}{
		{`{"find": "$C", "filter": {"_id": 7}}`, 1},
		{`{"find": "$C", "filter": {"n": 3}, "sort": {"_id": -1}, "limit": 10}`, 11},
		{`{"find": "$C", "filter": {"n": 3, "_id": {"$lt": 500}}, "sort": {"_id": -1}, "limit": 10}`, 12},
		{`{"find": "$C", "filter": {"_id": {"$gt": 990}}}`, 10},
		{`{"find": "$C", "filter": {}, "sort": {"_id": 1}, "limit": 5}`, 6},
	} {
		command := bson.D{{Key: "explain", Value: on(c, doc(t, q.find))}, {Key: "verbosity", Value: "executionStats"}}
		var e explained
		if err := c.Database().RunCommand(t.Context(), command).Decode(&e); err != nil {
			t.Fatalf("%s: %v", q.find, err)
		}
		s := e.ExecutionStats
		if s.Returned == 0 || s.Keys > q.most || s.Docs > q.most {
			t.Errorf("%s: %d keys and %d documents examined for %d, want at most %d", q.find, s.Keys, s.Docs, s.Returned, q.most)
		}
	}
}

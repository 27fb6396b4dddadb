package conformance

import (
	"testing"

	"go.mongodb.org/mongo-driver/bson"
	driver "go.mongodb.org/mongo-driver/mongo"
)

// inSession runs a command with a transaction number, in a session. The driver adds the session's id.
func inSession(ctx driver.SessionContext, t *testing.T, c *driver.Collection, txn int64, command string) (bson.Raw, error) {
	t.Helper()
	return c.Database().RunCommand(ctx, append(on(c, doc(t, command)), bson.E{Key: "txnNumber", Value: txn})).Raw()
}

// session runs do in a session of its own.
func session(t *testing.T, c *driver.Collection, do func(driver.SessionContext)) {
	t.Helper()
	err := c.Database().Client().UseSession(t.Context(), func(ctx driver.SessionContext) error { do(ctx); return nil })
	if err != nil {
		t.Fatal(err)
	}
}

// A repeated transaction number gets the first answer and changes nothing.
func TestRetriedWritesRunOnce(t *testing.T) {
	for _, r := range []struct{ command, field, after string }{
		{`{"insert": "$C", "documents": [{"_id": 2}]}`, "n", `{"_id":1,"n":1}{"_id":2}`},
		{`{"update": "$C", "updates": [{"q": {"_id": 1}, "u": {"$inc": {"n": 1}}}]}`, "nModified", `{"_id":1,"n":2}`},
		{`{"update": "$C", "updates": [{"q": {"_id": 3}, "u": {"$inc": {"n": 1}}, "upsert": true}]}`, "upserted", `{"_id":1,"n":1}{"_id":3,"n":1}`},
		{`{"delete": "$C", "deletes": [{"q": {"n": 1}, "limit": 1}]}`, "n", ``},
		{`{"findAndModify": "$C", "query": {"_id": 1}, "update": {"$inc": {"n": 1}}, "new": true}`, "value", `{"_id":1,"n":2}`},
		{`{"findAndModify": "$C", "query": {"_id": 1}, "remove": true}`, "value", ``},
	} {
		c := collection(t, `{"_id": 1, "n": 1}`)
		session(t, c, func(ctx driver.SessionContext) {
			first, err := inSession(ctx, t, c, 100, r.command)
			second, again := inSession(ctx, t, c, 100, r.command)
			if err != nil || again != nil || !first.Lookup(r.field).Equal(second.Lookup(r.field)) {
				t.Errorf("%s: %v (%v), then %v (%v)", r.command, first, err, second, again)
			}
		})
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
	session(t, c, func(ctx driver.SessionContext) {
		for _, txn := range []int64{105, 106} {
			if _, err := inSession(ctx, t, c, txn, inc); err != nil {
				t.Error(err)
			}
		}
		_, err := inSession(ctx, t, c, 105, inc)
		wantCode(t, "an old number", err, 225)
	})
	same(t, "two writes", contents(t, c), []string{`{"_id":1,"n":2}`})
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

func TestExplainCountsExaminedDocuments(t *testing.T) {
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

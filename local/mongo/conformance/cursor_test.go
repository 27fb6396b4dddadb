package conformance

import (
	"context"
	"net"
	"testing"

	"go.mongodb.org/mongo-driver/bson"
	driver "go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
	"go.mongodb.org/mongo-driver/x/bsonx/bsoncore"
	"go.mongodb.org/mongo-driver/x/mongo/driver/connstring"
	"go.mongodb.org/mongo-driver/x/mongo/driver/wiremessage"
)

// thousand is a collection of 1,000 documents.
func thousand(t *testing.T) *driver.Collection {
	t.Helper()
	c := collection(t)
	docs := make([]any, 1000)
	for i := range docs {
		docs[i] = bson.M{"_id": i, "n": i % 10}
	}
	if _, err := c.InsertMany(t.Context(), docs); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestBatchesMakeUpTheWhole(t *testing.T) {
	c := thousand(t)
	index(t, c, `{"n": 1}`)
	for name, o := range map[string]*options.FindOptions{
		"natural":           options.Find().SetBatchSize(7),
		"sorted by _id":     options.Find().SetBatchSize(7).SetSort(bson.M{"_id": -1}),
		"sorted by index":   options.Find().SetBatchSize(7).SetSort(bson.M{"n": 1}),
		"sorted in memory":  options.Find().SetBatchSize(7).SetSort(bson.D{{Key: "n", Value: 1}, {Key: "x", Value: 1}}),
		"one at a time":     options.Find().SetBatchSize(1),
		"as large as it is": options.Find().SetBatchSize(1000),
	} {
		seen := map[string]bool{}
		for _, d := range find(t, c, bson.D{}, o) {
			seen[d] = true
		}
		if len(seen) != 1000 {
			t.Errorf("%s: %d different documents", name, len(seen))
		}
	}
	page := options.Find().SetSort(bson.M{"_id": 1}).SetSkip(10).SetLimit(25).SetBatchSize(10)
	if got := find(t, c, bson.D{}, page); len(got) != 25 || got[0] != `{"_id":10,"n":0}` || got[24] != `{"_id":34,"n":4}` {
		t.Errorf("skip 10, limit 25: %v", got)
	}
}

func TestGetMoreAndKillCursors(t *testing.T) {
	c := thousand(t)
	db := c.Database()
	var opened struct {
		Cursor struct {
			ID         int64
			NS         string
			FirstBatch []bson.Raw `bson:"firstBatch"`
		}
	}
	run := func(answer any, cmd bson.D) error {
		r := db.RunCommand(t.Context(), cmd)
		if answer == nil {
			return r.Err()
		}
		return r.Decode(answer)
	}
	if err := run(&opened, bson.D{{Key: "find", Value: c.Name()}, {Key: "batchSize", Value: 0}}); err != nil || opened.Cursor.ID == 0 || len(opened.Cursor.FirstBatch) != 0 {
		t.Fatalf("find: %+v, %v", opened, err)
	}
	if want := db.Name() + "." + c.Name(); opened.Cursor.NS != want {
		t.Errorf("ns %s, want %s", opened.Cursor.NS, want)
	}
	more := bson.D{{Key: "getMore", Value: opened.Cursor.ID}, {Key: "collection", Value: c.Name()}, {Key: "batchSize", Value: 3}}
	var batch struct {
		Cursor struct {
			ID        int64
			NextBatch []bson.Raw `bson:"nextBatch"`
		}
	}
	if err := run(&batch, more); err != nil || len(batch.Cursor.NextBatch) != 3 || batch.Cursor.ID != opened.Cursor.ID {
		t.Fatalf("getMore: %+v, %v", batch, err)
	}
	var killed struct {
		Killed   []int64 `bson:"cursorsKilled"`
		NotFound []int64 `bson:"cursorsNotFound"`
	}
	kill := bson.D{{Key: "killCursors", Value: c.Name()}, {Key: "cursors", Value: bson.A{opened.Cursor.ID, int64(77)}}}
	if err := run(&killed, kill); err != nil || len(killed.Killed) != 1 || len(killed.NotFound) != 1 {
		t.Errorf("killCursors: %+v, %v", killed, err)
	}
	wantCode(t, "getMore of a killed cursor", run(nil, more), 43)
	wantCode(t, "getMore of no cursor", run(nil, bson.D{{Key: "getMore", Value: int64(12345)}, {Key: "collection", Value: c.Name()}}), 43)
	wantCode(t, "batchSize below 0", run(nil, bson.D{{Key: "find", Value: c.Name()}, {Key: "batchSize", Value: -1}}), 2, 9, 51024)
}

// A cursor goes on beside writers: what was there all the time comes exactly once.
func TestCursorBesideWrites(t *testing.T) {
	c := thousand(t)
	cursor, err := c.Find(t.Context(), bson.D{}, options.Find().SetBatchSize(10).SetSort(bson.M{"_id": 1}))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]int{}
	for i := 0; cursor.Next(t.Context()); i++ {
		seen[int(cursor.Current.Lookup("_id").AsInt64())]++
		if i%10 == 0 && i < 900 { // delete what is ahead, add what is behind and ahead
			if _, err := c.DeleteOne(t.Context(), bson.M{"_id": 995 - i/10}); err != nil {
				t.Fatal(err)
			}
			if _, err := c.InsertMany(t.Context(), []any{bson.M{"_id": -1 - i}, bson.M{"_id": 5000 + i}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cursor.Err(); err != nil {
		t.Fatal(err)
	}
	for id := range 900 {
		if seen[id] != 1 {
			t.Errorf("%d came %d times", id, seen[id])
		}
	}
}

func TestDroppingACollectionEndsItsCursors(t *testing.T) {
	c := thousand(t)
	cursor, err := c.Find(t.Context(), bson.D{}, options.Find().SetBatchSize(2))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Drop(t.Context()); err != nil {
		t.Fatal(err)
	}
	for cursor.Next(t.Context()) {
	}
	wantCode(t, "a cursor of a dropped collection", cursor.Err(), 175, 43, 237)
}

// A client that vanishes in the middle of a message leaves the server as it was.
func TestClientsVanishInTheMiddle(t *testing.T) {
	c := thousand(t)
	server, err := connstring.ParseAndValidate(uri)
	if err != nil {
		t.Fatal(err)
	}
	host := server.Hosts[0]
	body := bsoncore.NewDocumentBuilder().AppendString("insert", c.Name()).AppendString("$db", c.Database().Name()).
		AppendArray("documents", bsoncore.NewArrayBuilder().AppendDocument(bsoncore.NewDocumentBuilder().AppendString("_id", "half").Build()).Build()).Build()
	i, message := wiremessage.AppendHeaderStart(nil, 1, 0, wiremessage.OpMsg)
	message = wiremessage.AppendMsgFlags(message, 0)
	message = wiremessage.AppendMsgSectionType(message, wiremessage.SingleDocument)
	message = append(message, body...)
	message = bsoncore.UpdateLength(message, i, int32(len(message)))
	for n := range len(message) {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write(message[:n]); err != nil {
			t.Error(err)
		}
		conn.Close()
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if n, err := c.CountDocuments(ctx, bson.D{}); n != 1000 || err != nil {
		t.Errorf("%d documents, %v", n, err)
	}
}

package mongo

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/bson"
	driver "go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
)

// A write that fails, or panics, in the middle leaves nothing behind, and those that
// shared its transaction are kept.
func TestAFailedWriteHarmsNoOther(t *testing.T) {
	s, err := openStore(t.TempDir(), false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.close() })
	broken := errors.New("broken")
	write := func(n int) error {
		return caught(func() {
			s.update(func(tx *txn) {
				tx.insert("db.docs", marshal(bson.D{{Key: "_id", Value: n}}))
				switch n % 10 {
				case 3:
					panic(broken)
				case 7:
					panic("in the middle")
				}
			})
		})
	}
	var all sync.WaitGroup
	for n := range 200 {
		all.Go(func() {
			err := write(n)
			if failed := n%10 == 3 || n%10 == 7; failed != (err != nil) {
				t.Errorf("write %d: %v", n, err)
			}
		})
	}
	all.Wait()
	s.view(func(tx *txn) {
		c := tx.cat.collections["db.docs"]
		b := tx.Bucket(c.docsName())
		if b.Sequence() != 160 {
			t.Errorf("%d documents counted, want 160", b.Sequence())
		}
		for n := range 200 {
			there := b.Get(appendKey(nil, toValue(n))) != nil
			if want := n%10 != 3 && n%10 != 7; there != want {
				t.Errorf("document %d: %v", n, there)
			}
		}
	})
}

func TestARefusedWriteLeavesItsIndexesAlone(t *testing.T) {
	c := fresh(t)
	createIndex(t, c, bson.D{{Key: "a", Value: 1}}, nil)
	createIndex(t, c, bson.D{{Key: "u", Value: 1}}, options.Index().SetUnique(true))
	insert(t, c, bson.M{"_id": 1, "a": 1, "u": 1}, bson.M{"_id": 2, "a": 2, "u": 2})
	if _, err := c.UpdateByID(t.Context(), 2, bson.M{"$set": bson.M{"a": 9, "u": 1}}); !driver.IsDuplicateKeyError(err) {
		t.Fatalf("error %v; want a duplicate", err)
	}
	for value, want := range map[int]int64{1: 1, 2: 1, 9: 0} {
		n, err := c.CountDocuments(t.Context(), bson.M{"a": value}, options.Count().SetHint("a_1"))
		if err != nil || n != want {
			t.Errorf("a = %d finds %d documents, %v; want %d", value, n, err, want)
		}
	}
}

func TestFailedIndexBuildsLeaveNothing(t *testing.T) {
	c := fresh(t)
	insert(t, c, bson.M{"_id": 1, "u": 1}, bson.M{"_id": 2, "u": 1})
	model := driver.IndexModel{Keys: bson.D{{Key: "u", Value: 1}}, Options: options.Index().SetUnique(true)}
	for range 2 {
		if _, err := c.Indexes().CreateOne(t.Context(), model); !driver.IsDuplicateKeyError(err) {
			t.Fatalf("error %v; want a duplicate", err)
		}
	}
	if _, err := c.DeleteOne(t.Context(), bson.M{"_id": 2}); err != nil {
		t.Fatal(err)
	}
	createIndex(t, c, bson.D{{Key: "u", Value: 1}}, options.Index().SetUnique(true))
}

// Of a session's writes, the last one is not run again: neither at once nor after a
// restart.
func TestRetriedWritesRunOnceAcrossARestart(t *testing.T) {
	dir := t.TempDir()
	lsid := bson.E{Key: "lsid", Value: bson.D{{Key: "id", Value: newUUID()}}}
	increment := func(n int64) bson.D {
		return bson.D{{Key: "findAndModify", Value: "docs"}, {Key: "query", Value: bson.D{{Key: "_id", Value: 1}}},
			{Key: "update", Value: bson.D{{Key: "$inc", Value: bson.D{{Key: "n", Value: 1}}}}}, {Key: "new", Value: true},
			{Key: "upsert", Value: true}, lsid, {Key: "txnNumber", Value: n}}
	}
	for round := range 3 {
		s, client := start(t, dir, nil)
		for range 2 {
			raw, code := run(t, client, increment(1))
			if n, _ := raw.Lookup("value", "n").AsInt64OK(); code != 0 || n != 1 {
				t.Errorf("round %d: %s", round, raw)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	_, client := start(t, dir, nil)
	if raw, code := run(t, client, increment(2)); code != 0 || raw.Lookup("value", "n").AsInt64() != 2 {
		t.Errorf("the next write: %s", raw)
	}
	if _, code := run(t, client, increment(1)); code != codeTransactionTooOld {
		t.Errorf("an old number gets code %d", code)
	}
}

func TestEverythingIsThereAfterARestart(t *testing.T) {
	dir := t.TempDir()
	s, client := start(t, dir, nil)
	c := client.Database("db").Collection("docs")
	createIndex(t, c, bson.D{{Key: "tags", Value: 1}}, options.Index().SetUnique(true))
	insert(t, c, bson.M{"_id": 1, "tags": bson.A{"a", "b"}})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	_, client = start(t, dir, nil)
	c = client.Database("db").Collection("docs")
	if _, err := c.InsertOne(t.Context(), bson.M{"_id": 2, "tags": "b"}); !driver.IsDuplicateKeyError(err) {
		t.Errorf("the unique index over arrays is gone: %v", err)
	}
	if n, err := c.CountDocuments(t.Context(), bson.M{"tags": "b"}); err != nil || n != 1 {
		t.Errorf("%d documents, %v", n, err)
	}
}

// Cursors go on although what they were at is gone.
func TestCursorsSurviveTheDeletionOfTheirPlace(t *testing.T) {
	c := fresh(t)
	for n := range 100 {
		insert(t, c, bson.M{"_id": n, "a": fmt.Sprint(n % 3)})
	}
	createIndex(t, c, bson.D{{Key: "a", Value: 1}, {Key: "_id", Value: -1}}, nil)
	cursor, err := c.Find(t.Context(), bson.M{"a": bson.M{"$in": bson.A{"0", "1"}}}, options.Find().SetSort(bson.M{"_id": -1}).SetBatchSize(5))
	if err != nil {
		t.Fatal(err)
	}
	last, seen := 100, 0
	for cursor.Next(t.Context()) {
		id := int(cursor.Current.Lookup("_id").AsInt64())
		if id >= last {
			t.Fatalf("%d comes after %d", id, last)
		}
		if last, seen = id, seen+1; id%2 == 0 {
			if _, err := c.DeleteMany(t.Context(), bson.M{"_id": bson.M{"$gte": id - 1, "$lte": id + 1}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cursor.Err(); err != nil || seen < 30 || last > 3 {
		t.Errorf("saw %d documents down to %d: %v", seen, last, err)
	}
}

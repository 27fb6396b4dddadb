package conformance

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/bson"
	driver "go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/gridfs"
	"go.mongodb.org/mongo-driver/mongo/options"
)

func TestOrderedBatchStopsAtItsFirstError(t *testing.T) {
	for _, ordered := range []bool{true, false} {
		c := collection(t, `{"_id": 2}`)
		docs := []any{bson.M{"_id": 1}, bson.M{"_id": 2}, bson.M{"_id": 3}, bson.M{"_id": 3}, bson.M{"_id": 4}}
		_, err := c.InsertMany(t.Context(), docs, options.InsertMany().SetOrdered(ordered))
		var bulk driver.BulkWriteException
		if !errors.As(err, &bulk) {
			t.Fatalf("ordered %v: %v", ordered, err)
		}
		var failed []int
		for _, e := range bulk.WriteErrors {
			failed = append(failed, e.Index)
		}
		if ordered {
			same(t, "failed, ordered", failed, []int{1})
			same(t, "inserted, ordered", ids(t, c, `{}`), []int{1, 2})
		} else {
			same(t, "failed, unordered", failed, []int{1, 3})
			same(t, "inserted, unordered", ids(t, c, `{}`), []int{1, 2, 3, 4})
		}
	}
}

func TestBulkWrite(t *testing.T) {
	for _, ordered := range []bool{true, false} {
		c := collection(t, `{"_id": 1, "n": 1}`, `{"_id": 2, "n": 2}`, `{"_id": 3, "n": 3}`)
		r, err := c.BulkWrite(t.Context(), []driver.WriteModel{
			driver.NewInsertOneModel().SetDocument(bson.M{"_id": 4, "n": 4}),
			driver.NewUpdateOneModel().SetFilter(bson.M{"_id": 1}).SetUpdate(bson.M{"$inc": bson.M{"n": 10}}),
			driver.NewUpdateManyModel().SetFilter(bson.M{"_id": bson.M{"$in": bson.A{2, 3}}}).SetUpdate(bson.M{"$inc": bson.M{"n": 10}}),
			driver.NewUpdateOneModel().SetFilter(bson.M{"_id": 9}).SetUpdate(bson.M{"$set": bson.M{"n": 9}}).SetUpsert(true),
			driver.NewReplaceOneModel().SetFilter(bson.M{"_id": 77}).SetReplacement(bson.M{"n": 0}),
			driver.NewDeleteOneModel().SetFilter(bson.M{"_id": 5}),
			driver.NewDeleteManyModel().SetFilter(bson.M{"_id": 3}),
		}, options.BulkWrite().SetOrdered(ordered))
		if err != nil {
			t.Fatal(err)
		}
		if r.InsertedCount != 1 || r.MatchedCount != 3 || r.ModifiedCount != 3 || r.UpsertedCount != 1 || r.DeletedCount != 1 {
			t.Errorf("ordered %v: %+v", ordered, r)
		}
		same(t, "left", contents(t, c), []string{`{"_id":1,"n":11}`, `{"_id":2,"n":12}`, `{"_id":4,"n":4}`, `{"_id":9,"n":9}`})
	}
}

// An updateMany that fails at one document keeps what it has changed before, and harms no index.
func TestUpdateManyThatFailsLeavesIndexesWhole(t *testing.T) {
	c := collection(t, `{"_id": 1, "a": 1, "u": 1}`, `{"_id": 2, "a": 1, "u": 2}`, `{"_id": 3, "a": 1, "u": 3}`)
	index(t, c, `{"u": 1}`, unique)
	_, err := c.UpdateMany(t.Context(), bson.M{"a": 1}, bson.M{"$set": bson.M{"u": 9}})
	wantCode(t, "the second document", err, 11000)
	for _, filter := range []string{`{"u": 9}`, `{"u": {"$gte": 0}}`} {
		byIndex, byScan := ids(t, c, filter), ids(t, c, `{"$and": [{"a": 1}, `+filter+`]}`)
		same(t, filter, byIndex, byScan)
	}
	if n, _ := c.CountDocuments(t.Context(), bson.M{"u": 9}); n > 1 {
		t.Errorf("%d documents with one unique value", n)
	}
}

func TestLargeDocumentsAndBatches(t *testing.T) {
	c := collection(t)
	large := strings.Repeat("x", 15<<20)
	if _, err := c.InsertOne(t.Context(), bson.M{"_id": 1, "s": large}); err != nil {
		t.Fatal(err)
	}
	var got struct{ S string }
	if err := c.FindOne(t.Context(), bson.M{"_id": 1}).Decode(&got); err != nil || got.S != large {
		t.Errorf("%d bytes, %v", len(got.S), err)
	}
	_, err := c.UpdateOne(t.Context(), bson.M{"_id": 1}, bson.M{"$set": bson.M{"t": strings.Repeat("y", 2<<20)}})
	wantCode(t, "a document above 16 MiB", err, 17419, 10334, 17280, 2)
	docs := make([]any, 10_000)
	for i := range docs {
		docs[i] = bson.M{"_id": i + 10}
	}
	if r, err := c.InsertMany(t.Context(), docs); err != nil || len(r.InsertedIDs) != len(docs) {
		t.Error(err)
	}
	// Three documents of 15 MiB don't fit into one answer.
	insert := []any{bson.M{"_id": 2, "s": large}, bson.M{"_id": 3, "s": large}}
	if _, err := c.InsertMany(t.Context(), insert); err != nil {
		t.Fatal(err)
	}
	if n := len(find(t, c, bson.M{"_id": bson.M{"$lt": 5}}, options.Find().SetProjection(bson.M{"s": 1}))); n != 3 {
		t.Errorf("%d large documents", n)
	}
}

func TestGridFS(t *testing.T) {
	bucket, err := gridfs.NewBucket(database(t), options.GridFSBucket().SetChunkSizeBytes(1000))
	if err != nil {
		t.Fatal(err)
	}
	content := bytes.Repeat([]byte("0123456789"), 777)
	id, err := bucket.UploadFromStream("poster.png", bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if _, err := bucket.DownloadToStream(id, &got); err != nil || !bytes.Equal(got.Bytes(), content) {
		t.Errorf("%d bytes, %v", got.Len(), err)
	}
	if err := bucket.Delete(id); err != nil {
		t.Fatal(err)
	}
	if _, err := bucket.DownloadToStream(id, &got); !errors.Is(err, gridfs.ErrFileNotFound) {
		t.Errorf("a deleted file: %v", err)
	}
}

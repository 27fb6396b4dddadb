package standin

import (
	"context"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
)

func TestScansNameTheQueriesWithoutAnIndex(t *testing.T) {
	server := Start(t, "mongo").URL
	client, err := mongo.Connect(t.Context(), options.Client().ApplyURI(server))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Disconnect(context.Background()) })
	docs := client.Database("mine").Collection("docs")
	if _, err := docs.InsertOne(t.Context(), bson.M{"_id": 1, "a": 1, "b": 1}); err != nil {
		t.Fatal(err)
	}
	if _, err := docs.Indexes().CreateOne(t.Context(), mongo.IndexModel{Keys: bson.M{"a": 1}}); err != nil {
		t.Fatal(err)
	}
	for _, filter := range []bson.M{{}, {"_id": 1}, {"a": 1}, {"b": 1}, {"b": 2}} {
		if err := docs.FindOne(t.Context(), filter).Err(); err != nil && err != mongo.ErrNoDocuments {
			t.Fatal(err)
		}
	}

	scans, err := scansIn(server, "mine")
	if err != nil {
		t.Fatal(err)
	}
	if len(scans) != 1 || scans[0].Namespace != "mine.docs" || scans[0].Count != 2 || !strings.Contains(scans[0].Shape, "b $eq") {
		t.Errorf("%+v; want the two queries by b", scans)
	}
	if others, err := scansIn(server, "min"); err != nil || len(others) > 0 {
		t.Errorf("another database has the scans %+v, %v", others, err)
	}
}

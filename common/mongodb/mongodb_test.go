package mongodb_test

import (
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"ticketing.dev/common/mongodb"
	"ticketing.dev/common/standin"
)

// The client here ends operations after 300 ms rather than 10 s, and building the index takes a second.
func TestBuildingAnIndexMayTakeLongerThanOtherOperations(t *testing.T) {
	client, err := mongo.Connect(t.Context(), options.Client().ApplyURI(standin.Mongo(t)).
		SetAppName(t.Name()).SetTimeout(300*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := client.Disconnect(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	slow := bson.D{
		{Key: "configureFailPoint", Value: "failCommand"},
		{Key: "mode", Value: bson.M{"times": 1}},
		{Key: "data", Value: bson.M{
			"failCommands": bson.A{"createIndexes"}, "blockConnection": true, "blockTimeMS": 1000, "appName": t.Name(),
		}},
	}
	if err := client.Database("admin").RunCommand(t.Context(), slow).Err(); err != nil {
		t.Fatal(err)
	}
	docs := client.Database("large").Collection("docs")
	if err := mongodb.CreateIndexes(t.Context(), docs, mongo.IndexModel{Keys: bson.D{{Key: "a", Value: 1}}}); err != nil {
		t.Fatal(err)
	}
	all, err := docs.Indexes().ListSpecifications(t.Context())
	if err != nil || len(all) != 2 {
		t.Errorf("there are %d indexes, %v", len(all), err)
	}
}

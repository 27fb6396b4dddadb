package servicetest

import (
	"context"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/event"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"ticketing.dev/common/standin"
)

// Watched returns a database for this test, and reports each command before it's sent.
func Watched(t *testing.T, told func(*event.CommandStartedEvent)) *mongo.Database {
	t.Helper()
	uri := standin.Mongo(t)
	monitor := &event.CommandMonitor{Started: func(_ context.Context, e *event.CommandStartedEvent) { told(e) }}
	client, err := mongo.Connect(t.Context(), options.Client().ApplyURI(uri).SetMonitor(monitor))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Disconnect(context.Background()) })
	_, name, _ := strings.Cut(strings.TrimPrefix(uri, "mongodb://"), "/")
	name, _, _ = strings.Cut(name, "?")
	return client.Database(name)
}

package ferret_test

import (
	"context"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
	"go.mongodb.org/mongo-driver/mongo/readconcern"
	"go.mongodb.org/mongo-driver/mongo/writeconcern"

	"ticketing.dev/local/ferret"
)

const patience = time.Minute // before a test that hangs fails

// start runs a stand-in on a free port.
func start(t *testing.T, dir string, sync bool) *ferret.Server {
	t.Helper()
	s, err := ferret.Start(t.Context(), ferret.Options{Addr: "127.0.0.1:0", Dir: dir, Sync: sync})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// connect returns a collection seen through a driver as the services configure
// it: retries and sessions as they are by default, majority both ways.
func connect(t *testing.T, uri string) *mongo.Collection {
	t.Helper()
	journal := true
	client, err := mongo.Connect(t.Context(), options.Client().
		ApplyURI(uri).
		SetTimeout(patience).
		SetReadConcern(readconcern.Majority()).
		SetWriteConcern(&writeconcern.WriteConcern{W: "majority", Journal: &journal}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Disconnect(context.Background()) })
	return client.Database("test").Collection("things")
}

func TestDataSurvivesRestart(t *testing.T) {
	for name, sync := range map[string]bool{"synchronous": true, "throw-away": false} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			first := start(t, dir, sync)
			insert(t, connect(t, first.URI()), bson.M{"_id": "a", "title": "concert"})
			first.Close()

			var got struct{ Title string }
			err := connect(t, start(t, dir, sync).URI()).FindOne(t.Context(), bson.M{"_id": "a"}).Decode(&got)
			if err != nil || got.Title != "concert" {
				t.Errorf("after a restart: %q, %v", got.Title, err)
			}
		})
	}
}

// A driver keeps its pool over the restart of a server at the same address.
func TestDriverSurvivesRestart(t *testing.T) {
	dir := t.TempDir()
	first := start(t, dir, false)
	things := connect(t, first.URI())
	insert(t, things, bson.M{"_id": "a"})
	addr := first.URI()[len("mongodb://"):]
	first.Close()

	again, err := ferret.Start(t.Context(), ferret.Options{Addr: addr, Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if n, err := things.CountDocuments(t.Context(), bson.M{}); n != 1 || err != nil {
		t.Errorf("count after a restart = %d, %v; want 1", n, err)
	}
}

func TestEndOfContextEndsTheServer(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s, err := ferret.Start(ctx, ferret.Options{Addr: "127.0.0.1:0", Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	insert(t, connect(t, s.URI()), bson.M{"_id": "a"}) // its pooled connections stay open
	cancel()
	s.Wait()
}

func TestStartRefusesTakenAddress(t *testing.T) {
	addr := start(t, t.TempDir(), false).URI()[len("mongodb://"):]
	if s, err := ferret.Start(t.Context(), ferret.Options{Addr: addr, Dir: t.TempDir()}); err == nil {
		s.Close()
		t.Error("two servers on one address")
	}
}

// What the stand-in is trusted with beyond atomicity.

func TestOutbox(t *testing.T) {
	things := connect(t, start(t, t.TempDir(), false).URI())
	_, err := things.Indexes().CreateOne(t.Context(), mongo.IndexModel{
		Keys:    bson.D{{Key: "outbox.0.id", Value: 1}},
		Options: options.Index().SetSparse(true),
	})
	if err != nil {
		t.Fatal(err)
	}
	insert(t, things,
		bson.M{"_id": "a", "outbox": bson.A{bson.M{"id": "1"}, bson.M{"id": "2"}}},
		bson.M{"_id": "b", "outbox": bson.A{}},
		bson.M{"_id": "c"})

	pending := func() (ids []string) {
		t.Helper()
		cursor, err := things.Find(t.Context(), bson.M{"outbox.0.id": bson.M{"$exists": true}})
		if err != nil {
			t.Fatal(err)
		}
		var found []struct {
			ID     string `bson:"_id"`
			Outbox []struct{ ID string }
		}
		if err := cursor.All(t.Context(), &found); err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			for _, e := range f.Outbox {
				ids = append(ids, f.ID+e.ID)
			}
		}
		return ids
	}
	pop := func(id string) int64 {
		t.Helper()
		res, err := things.UpdateOne(t.Context(),
			bson.M{"_id": "a", "outbox.0.id": id},
			bson.M{"$pop": bson.M{"outbox": -1}})
		if err != nil {
			t.Fatal(err)
		}
		return res.ModifiedCount
	}

	if got := pending(); len(got) != 2 || got[0] != "a1" || got[1] != "a2" {
		t.Errorf("pending = %v; want a1 a2", got)
	}
	if n := pop("2"); n != 0 {
		t.Error("popped an event that is not the first")
	}
	if n := pop("1"); n != 1 {
		t.Error("did not pop the first event")
	}
	if n := pop("1"); n != 0 {
		t.Error("popped the first event twice")
	}
	if n := pop("2"); n != 1 {
		t.Error("did not pop the second event")
	}
	if got := pending(); got != nil {
		t.Errorf("pending = %v after all are popped", got)
	}
}

func TestUnacknowledgedWrite(t *testing.T) {
	things := connect(t, start(t, t.TempDir(), false).URI()+"/?maxPoolSize=1")
	careless, err := things.Clone(options.Collection().SetWriteConcern(writeconcern.Unacknowledged()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := careless.InsertOne(t.Context(), bson.M{"_id": "a"}); err != nil && err != mongo.ErrUnacknowledgedWrite {
		t.Fatal(err)
	}
	// The same connection must not take the answer to the insert for its own.
	if n, err := things.CountDocuments(t.Context(), bson.M{}); n != 1 || err != nil {
		t.Errorf("count = %d, %v; want 1", n, err)
	}
}

func insert(t *testing.T, c *mongo.Collection, documents ...any) {
	t.Helper()
	if _, err := c.InsertMany(t.Context(), documents); err != nil {
		t.Fatal(err)
	}
}

package mongo

import (
	"log/slog"
	"testing"

	"go.mongodb.org/mongo-driver/bson"
	driver "go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
)

// start runs a server on a directory until the test ends.
func start(t testing.TB, dir string, log *slog.Logger) (*Server, *driver.Client) {
	t.Helper()
	s, err := Open(Options{Dir: dir, Addr: "127.0.0.1:0", Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, connect(t, s)
}

func connect(t testing.TB, s *Server) *driver.Client {
	t.Helper()
	client, err := driver.Connect(t.Context(), options.Client().ApplyURI(s.URI()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Disconnect(t.Context()) })
	return client
}

// fresh is an empty collection in a server of the test's own.
func fresh(t testing.TB) *driver.Collection {
	t.Helper()
	_, client := start(t, t.TempDir(), nil)
	return client.Database("db").Collection("docs")
}

func insert(t testing.TB, c *driver.Collection, docs ...any) {
	t.Helper()
	if _, err := c.InsertMany(t.Context(), docs); err != nil {
		t.Fatal(err)
	}
}

func createIndex(t testing.TB, c *driver.Collection, keys bson.D, o *options.IndexOptions) {
	t.Helper()
	if _, err := c.Indexes().CreateOne(t.Context(), driver.IndexModel{Keys: keys, Options: o}); err != nil {
		t.Fatal(err)
	}
}

// run runs a command and returns its answer and its error's code.
func run(t testing.TB, c *driver.Client, command bson.D) (bson.Raw, int32) {
	t.Helper()
	raw, err := c.Database("db").RunCommand(t.Context(), command).Raw()
	if e, ok := err.(driver.CommandError); ok {
		return raw, e.Code
	}
	if err != nil {
		t.Fatal(err)
	}
	return raw, 0
}

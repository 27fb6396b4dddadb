package cluster_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"ticketing.dev/common/mongodb"
	"ticketing.dev/common/process"
	"ticketing.dev/common/standin"
	"ticketing.dev/e2e/chaos/cluster"
)

func TestAClusterRunsOnAnExternalMongoDB(t *testing.T) {
	uri := "mongodb://" + standin.Start(t, "mongo").Addr()
	server, err := cluster.ParseMongo(uri)
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	databases := server.Databases(7)
	w, err := cluster.Start(t.Context(), cluster.Config{
		Dir: t.TempDir(), Root: root, Programs: programs, Ports: process.NewPorts(), OrderTTL: time.Minute, Mongo: databases,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	if w.Process(cluster.Mongo) != nil {
		t.Error("the stand-in runs")
	}
	buy(t, w, "buyer@example.com")
	if stuck, err := w.Stuck(bounded(t)); len(stuck) > 0 || err != nil {
		t.Errorf("stuck charges %v, %v", stuck, err)
	}
	link := w.Link("auth→mongo")
	link.Cut()
	if err := w.Process("auth").Ready(t.Context()); err == nil {
		t.Error("auth serves, though its way to MongoDB is cut")
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if got := databasesOf(t, uri); len(got) != 4 {
		t.Errorf("the databases are %v", got)
	}
	if err := databases.Drop(t.Context()); err != nil {
		t.Error(err)
	}
	if got := databasesOf(t, uri); len(got) > 0 {
		t.Errorf("%v are left", got)
	}
}

// databasesOf are the names of those that the campaign has made.
func databasesOf(t *testing.T, uri string) (names []string) {
	t.Helper()
	db, err := mongodb.Connect(t.Context(), mongodb.Config{URI: uri}, "admin", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer mongodb.Disconnect(db)
	all, err := db.Client().ListDatabaseNames(t.Context(), struct{}{})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range all {
		if strings.HasPrefix(name, "chaos_7_") {
			names = append(names, name)
		}
	}
	return names
}

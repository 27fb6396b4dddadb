package standin

import (
	"context"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
)

// scanPatience bounds how long asking the stand-in for its scans may take.
const scanPatience = 10 * time.Second

// scan is a kind of query that read a whole collection.
type scan struct {
	Namespace string `bson:"ns"`
	Shape     string `bson:"shape"`
	Count     int    `bson:"count"`
}

// failOnScans fails a test whose queries scanned a collection of its database, so
// that a missing index shows up here and not in production.
func failOnScans(tb testing.TB, server, database string) {
	tb.Helper()
	scans, err := scansIn(server, database)
	if err != nil {
		tb.Errorf("ask MongoDB's stand-in for its collection scans: %v", err)
	}
	for _, s := range scans {
		tb.Errorf("%s is scanned %d times, as no index helps this query: %s", s.Namespace, s.Count, s.Shape)
	}
}

// scansIn asks a stand-in which queries scanned a collection of a database.
func scansIn(server, database string) ([]scan, error) {
	ctx, cancel := context.WithTimeout(context.Background(), scanPatience)
	defer cancel()
	client, err := mongo.Connect(ctx, options.Client().ApplyURI(server))
	if err != nil {
		return nil, err
	}
	defer func() { _ = client.Disconnect(ctx) }()

	var status struct {
		Metrics struct {
			QueryExecutor struct {
				CollectionScans struct{ Shapes []scan } `bson:"collectionScans"`
			} `bson:"queryExecutor"`
		}
	}
	if err := client.Database("admin").RunCommand(ctx, bson.D{{Key: "serverStatus", Value: 1}}).Decode(&status); err != nil {
		return nil, err
	}
	var own []scan
	for _, s := range status.Metrics.QueryExecutor.CollectionScans.Shapes {
		if strings.HasPrefix(s.Namespace, database+".") {
			own = append(own, s)
		}
	}
	return own, nil
}

package mongo

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/bson"
	driver "go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
)

// listing is a collection as the services have them: 500 documents and their indexes.
func listing(t *testing.T) *driver.Collection {
	t.Helper()
	c := fresh(t)
	var docs []any
	for n := range 500 {
		doc := bson.D{{Key: "_id", Value: n}, {Key: "status", Value: []string{"a", "b", "c"}[n%3]}, {Key: "userId", Value: n % 50},
			{Key: "at", Value: n / 5}, {Key: "tags", Value: bson.A{n % 7, n % 11}}}
		if n%100 == 0 {
			doc = append(doc, bson.E{Key: "outbox", Value: bson.A{bson.D{{Key: "id", Value: n}, {Key: "at", Value: n}}}})
		}
		docs = append(docs, doc)
	}
	insert(t, c, docs...)
	createIndex(t, c, bson.D{{Key: "status", Value: 1}, {Key: "_id", Value: -1}}, nil)
	createIndex(t, c, bson.D{{Key: "userId", Value: 1}, {Key: "at", Value: 1}}, nil)
	createIndex(t, c, bson.D{{Key: "tags", Value: 1}, {Key: "_id", Value: 1}}, nil)
	createIndex(t, c, bson.D{{Key: "outbox.0.id", Value: 1}}, options.Index().SetSparse(true))
	return c
}

// explained is what the tests read of an explanation.
type explained struct {
	Stats struct {
		Returned int `bson:"nReturned"`
		Keys     int `bson:"totalKeysExamined"`
		Docs     int `bson:"totalDocsExamined"`
	} `bson:"executionStats"`
	Planner bson.Raw `bson:"queryPlanner"`
}

func explain(t *testing.T, c *driver.Collection, find bson.D) (e explained) {
	t.Helper()
	command := bson.D{{Key: "explain", Value: append(bson.D{{Key: "find", Value: c.Name()}}, find...)}, {Key: "verbosity", Value: "executionStats"}}
	if err := c.Database().RunCommand(t.Context(), command).Decode(&e); err != nil {
		t.Fatal(err)
	}
	return e
}

func TestPlansReadNoMoreThanTheyNeed(t *testing.T) {
	c := listing(t)
	op := func(name string, v any) bson.D { return bson.D{{Key: name, Value: v}} }
	newest := bson.E{Key: "sort", Value: bson.D{{Key: "_id", Value: -1}}}
	for _, test := range []struct {
		name     string
		filter   bson.D
		more     bson.D
		plan     string
		without  string
		returned int
		docs     int
	}{
		{"by _id", bson.D{{Key: "_id", Value: 7}}, nil, "IDHACK", "", 1, 1},
		{"several _ids", bson.D{{Key: "_id", Value: op("$in", bson.A{7, 8, 9000})}}, nil, "_id_", "COLLSCAN", 2, 2},
		{"first page", bson.D{{Key: "status", Value: "a"}}, bson.D{newest, {Key: "limit", Value: 10}}, "status_1__id_-1", "SORT", 10, 10},
		{"next page", bson.D{{Key: "status", Value: "a"}, {Key: "_id", Value: op("$lt", 100)}}, bson.D{newest, {Key: "limit", Value: 10}}, "status_1__id_-1", "SORT", 10, 10},
		{"merged pages", bson.D{{Key: "status", Value: op("$in", bson.A{"a", "b"})}}, bson.D{newest, {Key: "limit", Value: 10}}, "status_1__id_-1", "SORT", 10, 10},
		{"equality, then range", bson.D{{Key: "userId", Value: 3}, {Key: "at", Value: op("$lt", 50)}}, nil, "userId_1_at_1", "COLLSCAN", 5, 5},
		{"sort by an index", bson.D{}, bson.D{newest, {Key: "limit", Value: 3}}, "_id_", "SORT", 3, 3},
		{"an element of an array", bson.D{{Key: "tags", Value: 10}}, nil, "tags_1__id_1", "COLLSCAN", 45, 45},
		{"the index with fewer keys", bson.D{{Key: "status", Value: "a"}, {Key: "userId", Value: 3}}, bson.D{newest}, "userId_1_at_1", "COLLSCAN", 4, 10},
		{"the rarer of two elements", bson.D{{Key: "tags", Value: op("$all", bson.A{1, 10})}}, nil, "tags_1__id_1", "COLLSCAN", 6, 45},
		{"sparse", bson.D{{Key: "outbox.0.id", Value: op("$exists", true)}}, nil, "outbox.0.id_1", "COLLSCAN", 5, 5},
		{"nothing can match", bson.D{{Key: "_id", Value: op("$in", bson.A{})}}, nil, "EOF", "COLLSCAN", 0, 0},
		{"either", bson.D{{Key: "$or", Value: bson.A{bson.D{{Key: "_id", Value: 1}}, bson.D{{Key: "userId", Value: 2}}}}}, nil, "OR", "COLLSCAN", 11, 11},
		{"no index", bson.D{{Key: "at", Value: 3}}, nil, "COLLSCAN", "IXSCAN", 5, 500},
		{"sparse is no help for a missing field", bson.D{{Key: "outbox.0.id", Value: nil}}, nil, "COLLSCAN", "IXSCAN", 495, 500},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := explain(t, c, append(bson.D{{Key: "filter", Value: test.filter}}, test.more...))
			plan := e.Planner.String()
			if !strings.Contains(plan, test.plan) || (test.without != "" && strings.Contains(plan, `"`+test.without+`"`)) {
				t.Errorf("plan %s; want %s without %s", plan, test.plan, test.without)
			}
			if e.Stats.Returned != test.returned || e.Stats.Docs > test.docs+1 || e.Stats.Docs < test.docs {
				t.Errorf("%d documents of %d examined; want %d of %d", e.Stats.Returned, e.Stats.Docs, test.returned, test.docs)
			}
		})
	}
}

func TestLargeScansAreLoggedOnceForEachShape(t *testing.T) {
	var log bytes.Buffer
	s, client := start(t, t.TempDir(), slog.New(slog.NewTextHandler(&log, nil)))
	c := client.Database("db").Collection("docs")
	docs := make([]any, slowScan+1)
	for n := range docs {
		docs[n] = bson.D{{Key: "n", Value: n}}
	}
	insert(t, c, docs...)
	for n := range 3 {
		if err := c.FindOne(t.Context(), bson.D{{Key: "n", Value: n}}).Err(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.CountDocuments(t.Context(), bson.D{{Key: "n", Value: 1}, {Key: "m", Value: 1}}); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(log.String(), "query scans its collection"); lines != 2 {
		t.Errorf("%d warnings, want 2:\n%s", lines, log.String())
	}
	if scans := s.Scans(); len(scans) != 2 || scans[0].Count != 3 || scans[0].Namespace != "db.docs" {
		t.Errorf("scans %+v", scans)
	}
}

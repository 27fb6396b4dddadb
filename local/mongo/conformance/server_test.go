// Package conformance holds what the services expect of MongoDB. The tests run against the embedded
// server, or against the one that MONGO_URI names: both must pass.
package conformance

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
	driver "go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
	"go.mongodb.org/mongo-driver/mongo/writeconcern"

	"ticketing.dev/local/mongo"
)

// patience ends an operation that hangs.
const patience = time.Minute

// uri names the server under test.
var uri = os.Getenv("MONGO_URI")

// embedded says that the server under test is ours.
var embedded = uri == ""

func TestMain(m *testing.M) {
	if !embedded {
		os.Exit(m.Run())
	}
	dir, err := os.MkdirTemp("", "conformance-")
	if err != nil {
		panic(err)
	}
	server, err := mongo.Open(mongo.Options{Dir: filepath.Join(dir, "data"), Addr: "127.0.0.1:0"})
	if err != nil {
		panic(err)
	}
	uri = server.URI()
	code := m.Run()
	if err := server.Close(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.RemoveAll(dir)
	os.Exit(code)
}

// database connects as the services do and returns a database for one test, dropped at its end.
func database(t testing.TB, opts ...*options.ClientOptions) *driver.Database {
	t.Helper()
	durable := writeconcern.Majority()
	durable.Journal = new(true)
	all := append([]*options.ClientOptions{options.Client().ApplyURI(uri).SetSocketTimeout(patience).SetWriteConcern(durable)}, opts...)
	client, err := driver.Connect(t.Context(), all...)
	if err != nil {
		t.Fatal(err)
	}
	db := client.Database("conformance-" + primitive.NewObjectID().Hex())
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := db.Drop(ctx); err != nil {
			t.Error(err)
		}
		_ = client.Disconnect(ctx)
	})
	return db
}

// collection is a collection that holds documents, written as extended JSON.
func collection(t testing.TB, docs ...string) *driver.Collection {
	t.Helper()
	c := database(t).Collection("things")
	insert(t, c, docs...)
	return c
}

func insert(t testing.TB, c *driver.Collection, docs ...string) {
	t.Helper()
	for _, text := range docs {
		if _, err := c.InsertOne(t.Context(), doc(t, text)); err != nil {
			t.Fatalf("insert %s: %v", text, err)
		}
	}
}

// doc reads extended JSON.
func doc(t testing.TB, text string) (d bson.D) {
	t.Helper()
	if err := bson.UnmarshalExtJSON([]byte(text), false, &d); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return d
}

// text writes a document as relaxed extended JSON.
func text(t testing.TB, document any) string {
	t.Helper()
	b, err := bson.MarshalExtJSON(document, false, false)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// contents are all documents by their _id.
func contents(t testing.TB, c *driver.Collection) []string {
	t.Helper()
	return find(t, c, bson.D{}, options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}))
}

func find(t testing.TB, c *driver.Collection, filter any, o ...*options.FindOptions) []string {
	t.Helper()
	cursor, err := c.Find(t.Context(), filter, o...)
	if err != nil {
		t.Fatalf("find %v: %v", filter, err)
	}
	var docs []bson.Raw
	if err := cursor.All(t.Context(), &docs); err != nil {
		t.Fatalf("find %v: %v", filter, err)
	}
	found := make([]string, len(docs))
	for i, d := range docs {
		found[i] = text(t, d)
	}
	return found
}

// ids are the _ids, as numbers, of what a filter selects, in their order.
func ids(t testing.TB, c *driver.Collection, filter string) []int {
	t.Helper()
	cursor, err := c.Find(t.Context(), doc(t, filter))
	if err != nil {
		t.Fatalf("find %s: %v", filter, err)
	}
	found := []struct {
		ID int `bson:"_id"`
	}{}
	if err := cursor.All(t.Context(), &found); err != nil {
		t.Fatalf("find %s: %v", filter, err)
	}
	numbers := make([]int, len(found))
	for i, f := range found {
		numbers[i] = f.ID
	}
	slices.Sort(numbers)
	return numbers
}

func index(t testing.TB, c *driver.Collection, keys string, o ...*options.IndexOptions) {
	t.Helper()
	//lint:ignore SA1019 this driver's own way to copy options, which it writes to
	if _, err := c.Indexes().CreateOne(t.Context(), driver.IndexModel{Keys: doc(t, keys), Options: options.MergeIndexOptions(o...)}); err != nil {
		t.Fatalf("index %s: %v", keys, err)
	}
}

// wantCode checks that an error has one of the codes.
func wantCode(t testing.TB, what string, err error, codes ...int) {
	t.Helper()
	refused, ok := err.(driver.ServerError)
	if !ok || !slices.ContainsFunc(codes, refused.HasErrorCode) {
		t.Errorf("%s: %v, want code %s", what, err, strings.Trim(fmt.Sprint(codes), "[]"))
	}
}

// same compares in order.
func same[T comparable](t testing.TB, what string, got, want []T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\ngot  %v\nwant %v", what, got, want)
	}
}

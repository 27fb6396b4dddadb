package standin

import (
	"crypto/rand"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
)

// sharedMongo is one MongoDB for all tests of the process. It keeps its data in a
// directory of its own, which it removes when it ends, with the process.
var sharedMongo = sync.OnceValues(func() (*child, error) { return launch("mongo") })

// Mongo returns the URI of an empty database of the test's own, in a server that
// all tests of the process share. The server is a stand-in unless MONGO_URI names
// a real one, where the database stays after the test. A query that no index helped
// fails the test.
func Mongo(tb testing.TB) string {
	tb.Helper()
	server, name := os.Getenv("MONGO_URI"), "test-"+strings.ToLower(rand.Text())
	if server == "" {
		mongo, err := sharedMongo()
		if err != nil {
			tb.Fatal(err)
		}
		server = mongo.url
		tb.Cleanup(func() { failOnScans(tb, server, name) })
	}
	uri, err := withDatabase(server, name)
	if err != nil {
		tb.Fatalf("URI of MongoDB: %v", err)
	}
	return uri
}

// withDatabase names the database in a MongoDB URI and keeps its options. Several
// hosts in one URI are more than net/url takes.
func withDatabase(uri, database string) (string, error) {
	base, options, _ := strings.Cut(uri, "?")
	scheme, rest, ok := strings.Cut(base, "://")
	if !ok {
		return "", errors.New("not of the form mongodb://host:port")
	}
	hosts, old, _ := strings.Cut(rest, "/")
	if hosts == "" {
		return "", errors.New("names no host")
	}
	if old != "" && strings.Contains(hosts, "@") && !strings.Contains(options, "authSource=") {
		options = strings.TrimPrefix(options+"&authSource="+old, "&") // which the path said until now
	}
	uri = scheme + "://" + hosts + "/" + database
	if options != "" {
		uri += "?" + options
	}
	return uri, nil
}

// Redis returns the address of an empty Redis of the test's own, unless REDIS_ADDR
// names a real one: that is shared by everybody.
func Redis(tb testing.TB) string {
	tb.Helper()
	if addr := os.Getenv("REDIS_ADDR"); addr != "" {
		return addr
	}
	return Start(tb, "redis").Addr()
}

// NATS starts NATS Streaming for the test, with the cluster id ticketing.
func NATS(tb testing.TB) *Process {
	tb.Helper()
	return Start(tb, "nats")
}

// Stripe starts the Stripe sandbox for the test. The arguments are the flags of the
// command, such as -webhook-url and -webhook-secret.
func Stripe(tb testing.TB, args ...string) *Process {
	tb.Helper()
	return Start(tb, "stripe", args...)
}

// Package servicetest runs a whole service in a test: with its database, on a bus in memory, driven
// over HTTP.
package servicetest

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/mongo"

	"ticketing.dev/common/bus"
	"ticketing.dev/common/bus/memory"
	"ticketing.dev/common/events"
	"ticketing.dev/common/forwarded"
	"ticketing.dev/common/mongodb"
	"ticketing.dev/common/service"
	"ticketing.dev/common/session"
	"ticketing.dev/common/session/sessiontest"
	"ticketing.dev/common/standin"
)

// Patience ends a wait for what must happen, also on a machine that is busy.
const Patience = time.Minute

// jwtKey is what the sessions of tests are derived from.
const jwtKey = "a key that only tests use, and long enough"

// SignedOut makes requests without a session.
var SignedOut session.User

// Log writes to the test's output.
func Log(t testing.TB) *slog.Logger { return slog.New(slog.NewTextHandler(t.Output(), nil)) }

// Database is an empty database of the test's own.
func Database(t testing.TB) *mongo.Database {
	t.Helper()
	db, err := mongodb.Connect(t.Context(), mongodb.Config{URI: standin.Mongo(t)}, "", Log(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := mongodb.Disconnect(db); err != nil {
			t.Error(err)
		}
	})
	return db
}

// Sessions reads the sessions that Client sends. It trusts loopback about where a visitor is.
func Sessions(t testing.TB) *session.Sessions {
	t.Helper()
	sessions, err := session.Open(session.Config{Key: jwtKey, Proxies: forwarded.Proxies{netip.MustParsePrefix("127.0.0.0/8")}}, Log(t))
	if err != nil {
		t.Fatal(err)
	}
	return sessions
}

// Run runs a service until the test ends or Stop is called.
func Run(t testing.TB, name string, b bus.Bus, s service.Service) *Client {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- service.Run(ctx, name, l, b, Log(t), s) }()
	stop := sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	c := &Client{t, "http://" + l.Addr().String(), stop}
	if a := c.Do(SignedOut, http.MethodGet, "/readyz", ""); a.Status != http.StatusOK {
		t.Fatalf("%s is not ready: %+v", name, a)
	}
	return c
}

// Client sends requests to a service that runs.
type Client struct {
	t    testing.TB
	URL  string
	Stop func()
}

// Answer is a response that has been read.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// Do sends a request as a user, with a JSON body if there is one.
func (c *Client) Do(as session.User, method, path, body string) Answer {
	c.t.Helper()
	return c.Send(as, method, path, "application/json", body)
}

// DoWith sends a request with a JSON body and one more header.
func (c *Client) DoWith(as session.User, header, value, method, path, body string) Answer {
	c.t.Helper()
	r := c.NewRequest(as, method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(header, value)
	return c.Request(r)
}

// Send sends a request whose body is of any type.
func (c *Client) Send(as session.User, method, path, contentType, body string) Answer {
	c.t.Helper()
	r := c.NewRequest(as, method, path, strings.NewReader(body))
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	return c.Request(r)
}

// NewRequest makes a request as a user, for Request to send.
func (c *Client) NewRequest(as session.User, method, path string, body io.Reader) *http.Request {
	c.t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, c.URL+path, body)
	if err != nil {
		c.t.Fatal(err)
	}
	if as != SignedOut {
		r.AddCookie(sessiontest.Cookie(c.t, jwtKey, as))
	}
	return r
}

// Request sends a request that the test has made.
func (c *Client) Request(r *http.Request) Answer {
	c.t.Helper()
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Error(err)
		return Answer{}
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Error(err)
	}
	return Answer{res.StatusCode, res.Header, string(body)}
}

// Decode reads the body of an answer that has to have this status.
func Decode[T any](t testing.TB, a Answer, status int) T {
	t.Helper()
	var v T
	if a.Status != status {
		t.Fatalf("status %d, want %d: %s", a.Status, status, a.Body)
	}
	if err := json.Unmarshal([]byte(a.Body), &v); err != nil {
		t.Fatalf("%v in %s", err, a.Body)
	}
	return v
}

// Refused checks that an answer is a problem with this one error. An empty message stands for any.
func (a Answer) Refused(t testing.TB, status int, field, message string) {
	t.Helper()
	p := Decode[struct {
		Status int
		Errors []struct{ Message, Field string }
	}](t, a, status)
	if kind := a.Header.Get("Content-Type"); kind != "application/problem+json" || p.Status != status {
		t.Errorf("%s with status %d: %s", kind, p.Status, a.Body)
	}
	if len(p.Errors) != 1 || p.Errors[0].Field != field || message != "" && p.Errors[0].Message != message {
		t.Errorf("refused by %s, want field %q and message %q", a.Body, field, message)
	}
}

// Publish sends an event as another service would.
func Publish(t testing.TB, b bus.Publisher, e events.Event) {
	t.Helper()
	if err := bus.Send(t.Context(), b, events.Owner(e.Subject()), e, time.Now()); err != nil {
		t.Fatal(err)
	}
}

// Published is what has been published of a kind of event, in its order, each once.
func Published[E events.Event](t testing.TB, b *memory.Bus) []E {
	t.Helper()
	var e E
	var all []E
	seen := map[string]bool{}
	for _, encoded := range b.Messages(e.Subject()) {
		var m events.Message
		if err := json.Unmarshal(encoded, &m); err != nil {
			t.Fatal(err)
		}
		if seen[m.ID] {
			continue
		}
		seen[m.ID] = true
		e, err := events.Decode[E](encoded)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}

// Settled waits until every group has handled every message.
func Settled(t testing.TB, b *memory.Bus) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	defer cancel()
	if err := b.Settled(ctx); err != nil {
		t.Fatal(err)
	}
}

// Random is another sequence each time. The environment variable SEED repeats the one that a failed
// test names.
func Random(t testing.TB) *rand.Rand {
	t.Helper()
	seed := rand.Uint64()
	if s, ok := os.LookupEnv("SEED"); ok {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatalf("SEED: %v", err)
		}
	}
	t.Logf("SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, seed))
}

// Indexes checks that a collection has just these indexes beside that on _id, each by its name, which
// holds the fields and their order, followed by " unique" if it is.
func Indexes(t testing.TB, docs *mongo.Collection, want ...string) {
	t.Helper()
	specs, err := docs.Indexes().ListSpecifications(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, spec := range specs {
		name := spec.Name
		if spec.Unique != nil && *spec.Unique {
			name += " unique"
		}
		if spec.Name != "_id_" {
			got = append(got, name)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s has the indexes %q, want %q", docs.Name(), got, want)
	}
}

// Eventually waits until something holds.
func Eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(Patience); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("timed out waiting for %s", what)
		}
	}
}

package tickets_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/mongo"

	"ticketing.dev/common/bus"
	"ticketing.dev/common/bus/memory"
	"ticketing.dev/common/events"
	"ticketing.dev/common/mongodb"
	"ticketing.dev/common/service"
	"ticketing.dev/common/session"
	"ticketing.dev/common/session/sessiontest"
	"ticketing.dev/common/standin"
	"ticketing.dev/tickets"
)

const (
	jwtKey = "a key that only the tests of tickets use"
	// patience ends a wait for what must happen.
	patience = 30 * time.Second
)

// The users of the tests: ada sells, bob is somebody else, nobody is not signed in.
var (
	ada    = session.User{ID: seller, Email: "ada@example.com"}
	bob    = session.User{ID: other, Email: "bob@example.com"}
	nobody = session.User{}
)

// system is the service with a database and a bus of its own.
type system struct {
	t   *testing.T
	log *slog.Logger
	db  *mongo.Database
	bus *memory.Bus
	url string
}

// start runs the service.
func start(t *testing.T, o ...memory.Option) *system {
	s := prepare(t, o...)
	s.run()
	return s
}

// prepare makes everything that the service needs.
func prepare(t *testing.T, o ...memory.Option) *system {
	t.Helper()
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	db, err := mongodb.Connect(t.Context(), mongodb.Config{URI: standin.Mongo(t)}, "tickets", log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := mongodb.Disconnect(db); err != nil {
			t.Error(err)
		}
	})
	return &system{t: t, log: log, db: db, bus: memory.New(o...)}
}

// open makes an instance of the service.
func (s *system) open() *tickets.Service {
	s.t.Helper()
	sessions, err := session.Open(session.Config{Key: jwtKey}, s.log)
	if err != nil {
		s.t.Fatal(err)
	}
	opened, err := tickets.New(s.t.Context(), tickets.Options{DB: s.db, Bus: s.bus, Sessions: sessions, Log: s.log})
	if err != nil {
		s.t.Fatal(err)
	}
	return opened
}

// run runs an instance of the service until the test ends, and waits until it listens.
func (s *system) run() {
	s.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	opened := s.open()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- service.Run(ctx, "tickets", l, s.bus, s.log, opened) }()
	s.t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			s.t.Error(err)
		}
	})
	s.url = "http://" + l.Addr().String()
	if a := s.do(nobody, http.MethodGet, "/readyz", ""); a.status != http.StatusOK {
		s.t.Fatalf("not ready: %+v", a)
	}
}

// answer is a response that has been read.
type answer struct {
	status int
	header http.Header
	body   string
}

// do sends a request with a body of JSON.
func (s *system) do(user session.User, method, path, body string) answer {
	s.t.Helper()
	return s.send(user, method, path, "application/json", body)
}

func (s *system) send(user session.User, method, path, contentType, body string) answer {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	if user != nobody {
		r.AddCookie(sessiontest.Cookie(s.t, jwtKey, user))
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	read, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(read)}
}

// ticket is a ticket as the API shows it.
type ticket struct {
	ID      string      `json:"id"`
	Title   string      `json:"title"`
	Price   json.Number `json:"price"`
	UserID  string      `json:"userId"`
	OrderID string      `json:"orderId"`
	Status  string      `json:"status"`
	Version int64       `json:"version"`
}

// list puts a ticket up for sale.
func (s *system) list(user session.User, title, price string) ticket {
	s.t.Helper()
	return decode[ticket](s.t, s.do(user, http.MethodPost, "/api/tickets", offer(title, price)), http.StatusCreated)
}

// get looks a ticket up.
func (s *system) get(id string) ticket {
	s.t.Helper()
	return decode[ticket](s.t, s.do(nobody, http.MethodGet, "/api/tickets/"+id, ""), http.StatusOK)
}

// offer is the body of a listing or an edit.
func offer(title, price string) string { return fmt.Sprintf(`{"title":%q,"price":%s}`, title, price) }

// decode reads the body of an answer that has to have this status.
func decode[T any](t *testing.T, a answer, status int) T {
	t.Helper()
	var v T
	if a.status != status {
		t.Fatalf("status %d, want %d: %s", a.status, status, a.body)
	}
	if err := json.Unmarshal([]byte(a.body), &v); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
	return v
}

// refused checks that an answer is a problem with this one error. An empty message stands for any.
func refused(t *testing.T, a answer, status int, field, message string) {
	t.Helper()
	p := decode[struct {
		Status int
		Errors []struct{ Message, Field string }
	}](t, a, status)
	if kind := a.header.Get("Content-Type"); kind != "application/problem+json" || p.Status != status {
		t.Errorf("%s with status %d: %s", kind, p.Status, a.body)
	}
	if len(p.Errors) != 1 || p.Errors[0].Field != field || message != "" && p.Errors[0].Message != message {
		t.Errorf("refused by %s, want field %q and message %q", a.body, field, message)
	}
}

// publish plays the orders service.
func (s *system) publish(e events.Event) {
	s.t.Helper()
	m, err := events.NewMessage("orders", e, time.Now())
	if err != nil {
		s.t.Fatal(err)
	}
	encoded, err := json.Marshal(m)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.bus.Publish(s.t.Context(), e.Subject(), encoded); err != nil {
		s.t.Fatal(err)
	}
}

// settled waits until everything published has been handled.
func (s *system) settled() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	if err := s.bus.Settled(ctx); err != nil {
		s.t.Fatal(err)
	}
}

// order is the n-th order of a ticket as it is now.
func order(t ticket, n int64) events.Order {
	return events.Order{
		ID:     fmt.Sprintf("%s-%d", t.ID, n),
		Ticket: events.OrderedTicket{ID: t.ID, Title: t.Title, Price: 1999, Reservation: n},
	}
}

// hear subscribes to a kind of event. Each comes once, for what is published twice is the same.
func hear[E interface {
	events.Event
	comparable
}](s *system) <-chan E {
	s.t.Helper()
	heard := make(chan E, 1000)
	var known sync.Map
	listener := bus.On(func(_ context.Context, e E) error {
		if _, again := known.LoadOrStore(e, true); !again {
			heard <- e
		}
		return nil
	})
	listening, err := bus.Listen(s.bus, "test", []bus.Listener{listener}, s.log)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		if err := listening.Close(); err != nil {
			s.t.Error(err)
		}
	})
	return heard
}

// next waits for an event.
func next[E any](t *testing.T, heard <-chan E) E {
	t.Helper()
	select {
	case e := <-heard:
		return e
	case <-time.After(patience):
		t.Fatal("no event came")
		panic("unreachable")
	}
}

package service

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-chi/chi/v5"

	"ticketing.dev/common/bus"
	"ticketing.dev/common/bus/memory"
	"ticketing.dev/common/events"
)

// station is a service whose parts the test holds in its hand.
type station struct {
	ready   error
	entered chan struct{} // a request or message has begun
	leave   chan struct{} // and may end
	task    func(ctx context.Context) error
}

func (s *station) Routes(r chi.Router) {
	r.Get("/slow", func(w http.ResponseWriter, _ *http.Request) {
		s.entered <- struct{}{}
		<-s.leave
		io.WriteString(w, "done")
	})
}

func (s *station) Listeners() []bus.Listener {
	return []bus.Listener{bus.On(func(context.Context, events.OrderCreated) error {
		s.entered <- struct{}{}
		<-s.leave
		return nil
	})}
}

func (s *station) Tasks() []Task               { return []Task{s.task} }
func (s *station) Ready(context.Context) error { return s.ready }

// start runs a station and returns its address, a way to end it and what Run returns.
func start(t *testing.T, s *station, b *memory.Bus) (url string, stop func(), ended chan error) {
	t.Helper()
	s.entered, s.leave = make(chan struct{}, 1), make(chan struct{})
	if s.task == nil {
		s.task = func(ctx context.Context) error { <-ctx.Done(); return nil }
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	ended = make(chan error, 1)
	go func() { ended <- Run(ctx, "station", l, b, slog.New(slog.DiscardHandler), s) }()
	return "http://" + l.Addr().String(), cancel, ended
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

func TestHealthAndReadiness(t *testing.T) {
	s := &station{}
	url, _, _ := start(t, s, memory.New())
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/nowhere": 404} {
		if got, _ := get(t, url+path); got != want {
			t.Errorf("%s answers %d, want %d", path, got, want)
		}
	}
	down, _, _ := start(t, &station{ready: errors.New("no database")}, memory.New())
	if got, _ := get(t, down+"/healthz"); got != 200 {
		t.Errorf("/healthz answers %d though the process lives", got)
	}
	if got, body := get(t, down+"/readyz"); got != 503 || strings.Contains(body, "database") {
		t.Errorf("/readyz answers %d %s", got, body)
	}
}

func TestStoppingLetsARequestEnd(t *testing.T) {
	s := &station{}
	url, stop, ended := start(t, s, memory.New())
	answer := make(chan string, 1)
	go func() { _, body := get(t, url+"/slow"); answer <- body }()
	<-s.entered
	stop()
	select {
	case err := <-ended:
		t.Fatalf("ended (%v) while a request was under way", err)
	case <-time.After(50 * time.Millisecond):
	}
	close(s.leave)
	if got := <-answer; got != "done" {
		t.Errorf("the request was answered %q", got)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestStoppingLetsAMessageEndBeforeTheTasks(t *testing.T) {
	tasksEnded := make(chan struct{})
	s := &station{task: func(ctx context.Context) error { <-ctx.Done(); close(tasksEnded); return nil }}
	b := memory.New()
	_, stop, ended := start(t, s, b)
	message := []byte(`{"specversion":"1.0","source":"orders","type":"order:created","data":{"id":"1"}}`)
	if err := b.Publish(t.Context(), "order:created", message); err != nil {
		t.Fatal(err)
	}
	<-s.entered
	stop()
	select {
	case <-tasksEnded: // the relay would be gone before the handler's events
		t.Fatal("tasks ended while a message was being handled")
	case <-time.After(50 * time.Millisecond):
	}
	close(s.leave)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	<-tasksEnded
}

// A client that asks for much and reads nothing does not hold the service up for longer than it may.
func TestClientsThatDoNotReadAreDisconnected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := net.Pipe()
		s := newServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, err := w.Write(make([]byte, 1<<20))
			if !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("writing to a closed connection ended with %v", err)
			}
		}), slog.New(slog.DiscardHandler))
		l := make(connections, 1)
		l <- server
		go s.Serve(l)
		start := time.Now()
		io.WriteString(client, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
		synctest.Wait()
		if err := s.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took > drainTimeout {
			t.Errorf("it took %s", took)
		}
	})
}

// connections is a listener to which these come.
type connections chan net.Conn

func (c connections) Accept() (net.Conn, error) {
	conn, ok := <-c
	if !ok {
		return nil, net.ErrClosed
	}
	return conn, nil
}
func (c connections) Close() error { close(c); return nil }
func (connections) Addr() net.Addr { return &net.TCPAddr{} }

func TestAFailingTaskEndsTheService(t *testing.T) {
	broken := errors.New("broken")
	_, _, ended := start(t, &station{task: func(context.Context) error { return broken }}, memory.New())
	if err := <-ended; !errors.Is(err, broken) {
		t.Errorf("ended with %v", err)
	}
}

func TestEveryGoesOnAfterAnError(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	times := 0
	task := Every(time.Millisecond, slog.New(slog.DiscardHandler), "test", func(context.Context) error {
		if times++; times == 3 {
			cancel()
		}
		return errors.New("again")
	})
	if err := task(ctx); err != nil || times < 3 {
		t.Errorf("%d times, %v", times, err)
	}
}

// sessionBus is a bus whose session the test decides.
type sessionBus struct {
	bus.Bus
	connected bool
}

func (b *sessionBus) Session() bus.Session { return bus.Session{Connected: b.connected} }

func TestReadyzNamesTheStateOfTheBroker(t *testing.T) {
	for want, b := range map[string]bus.Bus{"": nil, "connected": &sessionBus{connected: true}, "away": &sessionBus{}} {
		w := httptest.NewRecorder()
		handler(new(station), b, make(chan struct{}), slog.New(slog.DiscardHandler)).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
		if got := w.Header().Get("Broker"); w.Code != http.StatusOK || got != want {
			t.Errorf("/readyz answers %d with %q; want 200 with %q", w.Code, got, want)
		}
	}
}

package expiration_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"ticketing.dev/common/bus/memory"
	"ticketing.dev/common/events"
	"ticketing.dev/common/service"
	"ticketing.dev/expiration"
)

// patience is how long a test waits for what should come before it fails.
const patience = time.Minute

// world is what surrounds the service: a bus, a Redis, and a listener in the place of orders.
type world struct {
	t       *testing.T
	bus     *memory.Bus
	redis   string
	log     *logbook
	expired chan expired
	seen    []expired // what has come while expiry waited
}

// expired is an expiration:complete as orders gets it.
type expired struct {
	order              string
	published, arrived time.Time
}

// newWorld makes a world around the Redis at addr. Services of two worlds must not share one at the
// same time: the one would fire the other's timers.
func newWorld(t *testing.T, addr string, options ...memory.Option) *world {
	w := &world{
		t:       t,
		bus:     memory.New(options...),
		redis:   addr,
		log:     &logbook{wrote: make(chan struct{}, 1)},
		expired: make(chan expired, 1000),
	}
	listening, err := w.bus.Subscribe("orders", "expiration:complete", func(_ context.Context, encoded []byte) error {
		var m events.Message
		if err := json.Unmarshal(encoded, &m); err != nil {
			return err
		}
		e, err := events.Decode[events.ExpirationComplete](encoded)
		if err != nil || m.Source != "expiration" {
			t.Errorf("bad event from %q: %v", m.Source, err)
		}
		w.expired <- expired{e.OrderID, m.Time, time.Now()}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listening.Close() })
	return w
}

func connect(t *testing.T, r expiration.Redis) *goredis.Client {
	t.Helper()
	client, err := expiration.Connect(r)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// start runs a service, a replica if there is one already, until the test ends or stop is called. It
// returns when the service listens.
func (w *world) start(with ...func(*expiration.Options)) (stop func()) {
	w.t.Helper()
	client := connect(w.t, expiration.Redis{Addr: w.redis})
	o := expiration.Options{Redis: client, Bus: w.bus, Log: slog.New(slog.NewTextHandler(w.log, nil))}
	for _, set := range with {
		set(&o)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- service.Run(ctx, "expiration", l, w.bus, o.Log, expiration.New(o)) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			w.t.Errorf("the service ended: %v", err)
		}
		_ = client.Close()
	})
	w.t.Cleanup(stop)
	health, err := http.Get("http://" + l.Addr().String() + "/healthz")
	if err != nil {
		w.t.Fatal(err)
	}
	_ = health.Body.Close()
	return stop
}

func (w *world) publish(e events.Event) {
	w.t.Helper()
	if err := w.bus.Publish(w.t.Context(), e.Subject(), encode(w.t, e)); err != nil {
		w.t.Fatal(err)
	}
}

func encode(t *testing.T, e events.Event) []byte {
	t.Helper()
	message, err := events.NewMessage("orders", e, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

// created publishes that an order was made, and returns it.
func (w *world) created(id string, expiresAt time.Time) events.Order {
	w.t.Helper()
	o := events.Order{ID: id, Status: "created", ExpiresAt: expiresAt.UTC()}
	w.publish(events.OrderCreated{Order: o})
	return o
}

// settled waits until every event has been acknowledged.
func (w *world) settled() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	if err := w.bus.Settled(ctx); err != nil {
		w.t.Fatal(err)
	}
}

// expiry waits for the expiration of the order.
func (w *world) expiry(order string) expired {
	w.t.Helper()
	timeout := time.After(patience)
	for {
		if i := slices.IndexFunc(w.seen, func(e expired) bool { return e.order == order }); i >= 0 {
			return w.seen[i]
		}
		select {
		case e := <-w.expired:
			w.seen = append(w.seen, e)
		case <-timeout:
			w.t.Fatalf("order %s does not expire", order)
		}
	}
}

// logbook keeps what is logged.
type logbook struct {
	mu    sync.Mutex
	text  bytes.Buffer
	wrote chan struct{}
}

func (l *logbook) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case l.wrote <- struct{}{}:
	default:
	}
	return l.text.Write(line)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *logbook) count(what string) int { return strings.Count(l.String(), what) }

// await waits until something has been logged n times.
func (l *logbook) await(t *testing.T, what string, n int) {
	t.Helper()
	timeout := time.After(patience)
	for l.count(what) < n {
		select {
		case <-l.wrote:
		case <-timeout:
			t.Fatalf("%q is not logged %d times, but\n%s", what, n, l)
		}
	}
}

// publisher plays the bus that the service publishes to.
type publisher func(ctx context.Context, channel string, message []byte) error

func (p publisher) Publish(ctx context.Context, channel string, message []byte) error {
	return p(ctx, channel, message)
}

// through makes the service publish through p.
func through(p publisher) func(*expiration.Options) {
	return func(o *expiration.Options) { o.Bus = p }
}

// receive waits for n values.
func receive(t *testing.T, from <-chan struct{}, n int, what string) {
	t.Helper()
	timeout := time.After(patience)
	for i := range n {
		select {
		case <-from:
		case <-timeout:
			t.Fatalf("%s %d times, want %d", what, i, n)
		}
	}
}

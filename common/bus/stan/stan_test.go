package stan_test

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ticketing.dev/common/bus"
	"ticketing.dev/common/bus/bustest"
	"ticketing.dev/common/bus/stan"
	"ticketing.dev/common/standin"
)

// patience is how long a test waits for what must happen.
const patience = time.Minute

func TestConformance(t *testing.T) {
	bustest.Run(t, func(t *testing.T) bustest.Broker { return broker{standin.NATS(t)} })
}

type broker struct{ *standin.Process }

func (b broker) Connect(t *testing.T) bus.Bus {
	connection, logged := open(t, b.URL)
	logged.await(t, "broker connected")
	return connection
}

func (b broker) Restart(*testing.T) { b.Process.Restart() } // with kill -9

func TestOpensWithoutBroker(t *testing.T) {
	nats := standin.NATS(t)
	nats.Kill()

	b, logged := open(t, nats.URL)
	tickets := subscribe(t, b, "ticket:created", accept)
	orders := subscribe(t, b, "order:created", accept)
	logged.await(t, "broker unreachable")
	if b.Connected() {
		t.Error("connected to nothing")
	}
	if s := b.Session(); s.AwayFor() <= 0 || s.SteadyFor(0) {
		t.Errorf("opened without a broker, its session is %+v", s)
	}
	if err := b.Publish(t.Context(), "ticket:created", nil); !errors.Is(err, stan.ErrNotConnected) {
		t.Errorf("publishing without a broker: %v", err)
	}

	nats.Restart()
	logged.await(t, "broker connected")
	publish(t, b, "ticket:created", "ticket")
	publish(t, b, "order:created", "order")
	expect(t, tickets, "ticket")
	expect(t, orders, "order")
}

func TestNoticesDeadBroker(t *testing.T) {
	nats := standin.NATS(t)
	_, logged := open(t, nats.URL)
	logged.await(t, "broker connected")
	nats.Kill()
	start := time.Now()
	logged.await(t, "broker lost")
	if d := time.Since(start); d > 3*time.Second {
		t.Errorf("noticed after %v, as if the broker had only been silent", d)
	}
}

func TestNoticesFrozenBroker(t *testing.T) {
	nats := standin.NATS(t)
	b, logged := open(t, nats.URL)
	got := subscribe(t, b, "ticket:created", accept)
	logged.await(t, "broker connected")
	publish(t, b, "ticket:created", "before")
	expect(t, got, "before")

	nats.Pause()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	start := time.Now()
	if err := b.Publish(ctx, "ticket:created", []byte("meanwhile")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("publishing to a frozen broker: %v", err)
	}
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("publishing took %v with a tenth of a second to spend", d)
	}
	logged.await(t, "broker lost")
	if d := time.Since(start); d > 20*time.Second {
		t.Errorf("noticed after %v", d)
	}
	if err := b.Publish(t.Context(), "ticket:created", nil); !errors.Is(err, stan.ErrNotConnected) {
		t.Errorf("publishing after the loss: %v", err)
	}

	nats.Resume()
	logged.await(t, "broker connected")
	publish(t, b, "ticket:created", "after")
	for receive(t, got) != "after" { // "meanwhile" may have been stored.
	}
}

func TestProcessesOfOneName(t *testing.T) {
	nats := standin.NATS(t)
	for range 2 {
		_, logged := open(t, nats.URL)
		logged.await(t, "broker connected")
	}
}

// A message in the hands of a lost session is not left there until AckWait has passed, nor until the
// broker finds by its heartbeats that the session is dead, which takes it four seconds at least.
func TestTakesOverFromLostSession(t *testing.T) {
	nats := standin.NATS(t)
	b, logged := openWith(t, stan.Config{URL: nats.URL, AckWait: time.Hour})
	logged.await(t, "broker connected")
	got := subscribe(t, b, "ticket:created", func() error { return errors.New("again") })
	publish(t, b, "ticket:created", "one")
	expect(t, got, "one")

	nats.Kill()
	logged.await(t, "broker lost")
	nats.Restart()
	start := time.Now()
	expect(t, got, "one")
	if d := time.Since(start); d > 3*time.Second {
		t.Errorf("the message came after %v", d)
	}
}

func TestBoundsHandlersThatIgnoreTheirDeadline(t *testing.T) {
	const messages, allowed = 100, 64
	nats := standin.NATS(t)
	b, logged := open(t, nats.URL)
	logged.await(t, "broker connected")
	for range messages {
		publish(t, b, "ticket:created", "one")
	}

	var running, most atomic.Int32
	release := make(chan struct{})
	got := subscribe(t, b, "ticket:created", func() error {
		most.Store(max(most.Load(), running.Add(1)))
		<-release
		running.Add(-1)
		return nil
	})
	logged.await(t, "handlers exceed their deadline, message deferred")
	if n := running.Load(); n != allowed {
		t.Errorf("%d handlers at work", n)
	}
	close(release)
	for range messages {
		expect(t, got, "one")
	}
	if n := most.Load(); n > allowed {
		t.Errorf("%d handlers at once", n)
	}
}

func TestCloseLeavesNothingBehind(t *testing.T) {
	t.Run("after an outage", func(t *testing.T) {
		nats := standin.NATS(t)
		b, logged := open(t, nats.URL)
		got := subscribe(t, b, "ticket:created", accept)
		logged.await(t, "broker connected")
		nats.Kill()
		logged.await(t, "broker lost")
		nats.Restart()
		logged.await(t, "broker connected")
		publish(t, b, "ticket:created", "one")
		expect(t, got, "one")
		closeWithoutTrace(t, b)
		if _, err := b.Subscribe("orders", "ticket:created", nil); !errors.Is(err, stan.ErrClosed) {
			t.Errorf("subscribing to a closed bus: %v", err)
		}
		if err := b.Publish(t.Context(), "ticket:created", nil); !errors.Is(err, stan.ErrNotConnected) {
			t.Errorf("publishing to a closed bus: %v", err)
		}
	})
	t.Run("while there is no broker", func(t *testing.T) {
		nats := standin.NATS(t)
		nats.Kill()
		b, logged := open(t, nats.URL)
		subscribe(t, b, "ticket:created", accept)
		logged.await(t, "broker unreachable")
		closeWithoutTrace(t, b)
	})
	t.Run("while the broker is silent", func(t *testing.T) {
		nats := standin.NATS(t)
		b, logged := open(t, nats.URL)
		got := subscribe(t, b, "ticket:created", accept)
		logged.await(t, "broker connected")
		publish(t, b, "ticket:created", "one")
		expect(t, got, "one")
		nats.Pause()
		closeWithoutTrace(t, b)
		logged.await(t, "unsubscribing not confirmed by the broker")
	})
	t.Run("while a handler publishes", func(t *testing.T) {
		nats := standin.NATS(t)
		b, logged := open(t, nats.URL)
		logged.await(t, "broker connected")
		published := make(chan error, 1)
		got := subscribe(t, b, "ticket:created", func() error {
			published <- b.Publish(context.Background(), "ticket:updated", []byte("one"))
			return nil
		})
		publish(t, b, "ticket:created", "one")
		expect(t, got, "one")
		closeWithoutTrace(t, b)
		if err := receive(t, published); err != nil {
			t.Error(err)
		}
	})
}

// closeWithoutTrace waits until no goroutine is left of what the bus and its libraries have started.
func closeWithoutTrace(t *testing.T, b *stan.Bus) {
	t.Helper()
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	if b.Connected() {
		t.Error("connected though closed")
	}
	deadline := time.After(patience)
	for look := time.NewTicker(10 * time.Millisecond); ; {
		select {
		case <-look.C:
		case <-deadline:
			t.Fatalf("left behind:\n%s", strings.Join(goroutinesOfBus(), "\n\n"))
		}
		if len(goroutinesOfBus()) == 0 {
			return
		}
	}
}

func goroutinesOfBus() []string {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	var ours []string
	for stack := range strings.SplitSeq(string(stacks), "\n\n") {
		if strings.Contains(stack, "nats-io/") || strings.Contains(stack, "common/bus/stan.") {
			ours = append(ours, stack)
		}
	}
	return ours
}

func TestRefusesConfig(t *testing.T) {
	good := stan.Config{URL: "nats://127.0.0.1:1", ClusterID: "ticketing", ClientID: "orders"}
	for problem, spoil := range map[string]func(*stan.Config){
		"no URL":                  func(c *stan.Config) { c.URL = "" },
		"no ClusterID":            func(c *stan.Config) { c.ClusterID = "" },
		"no ClientID":             func(c *stan.Config) { c.ClientID = "" },
		"not a whole number of s": func(c *stan.Config) { c.AckWait = 1500 * time.Millisecond },
		"AckWait is -1s":          func(c *stan.Config) { c.AckWait = -time.Second },
	} {
		bad := good
		spoil(&bad)
		if _, err := stan.Open(bad, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), problem) {
			t.Errorf("%s: %v", problem, err)
		}
	}
}

func TestRefusesNames(t *testing.T) {
	b, _ := open(t, "nats://127.0.0.1:1")
	for _, name := range []struct{ group, channel string }{
		{"", "ticket:created"},
		{"orders:1", "ticket:created"},
		{"orders 1", "ticket:created"},
		{"orders.1", "ticket:created"},
		{"orders", ""},
		{"orders", "ticket.*"},
		{"orders", "ticket.>"},
		{"orders", "ticket created"},
		{"orders", ".ticket"},
		{"orders", "ticket..created"},
		{"orders", "ticket/created"},
	} {
		if _, err := b.Subscribe(name.group, name.channel, nil); err == nil {
			t.Errorf("group %q of channel %q was taken", name.group, name.channel)
		}
	}
}

func open(t *testing.T, url string) (*stan.Bus, logbook) {
	return openWith(t, stan.Config{URL: url, AckWait: time.Second})
}

// openWith opens a bus until the end of the test, and gives what it logs. The client id is one that
// the broker would refuse as it is.
func openWith(t *testing.T, c stan.Config) (*stan.Bus, logbook) {
	t.Helper()
	logged := make(logbook, 10_000)
	c.ClusterID, c.ClientID = "ticketing", "orders/7f.x:1"
	b, err := stan.Open(c, slog.New(logged))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b, logged
}

// logbook are the messages of a log, to be waited for.
type logbook chan string

func (e logbook) await(t *testing.T, message string) {
	t.Helper()
	for receive(t, e) != message {
	}
}

func (e logbook) Enabled(context.Context, slog.Level) bool { return true }
func (e logbook) WithAttrs([]slog.Attr) slog.Handler       { return e }
func (e logbook) WithGroup(string) slog.Handler            { return e }
func (e logbook) Handle(_ context.Context, r slog.Record) error {
	e <- r.Message
	return nil
}

func accept() error { return nil }

// subscribe gives what the group orders is called with.
func subscribe(t *testing.T, b *stan.Bus, channel string, next func() error) <-chan string {
	t.Helper()
	got := make(chan string, 10_000)
	_, err := b.Subscribe("orders", channel, func(_ context.Context, message []byte) error {
		got <- string(message)
		return next()
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func publish(t *testing.T, b *stan.Bus, channel, message string) {
	t.Helper()
	if err := b.Publish(t.Context(), channel, []byte(message)); err != nil {
		t.Fatal(err)
	}
}

func expect(t *testing.T, got <-chan string, want string) {
	t.Helper()
	if message := receive(t, got); message != want {
		t.Fatalf("got %q, want %q", message, want)
	}
}

func receive[T any, C ~chan T | ~<-chan T](t *testing.T, from C) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

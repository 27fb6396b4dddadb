package stan

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Between two attempts a pause of shortest comes first, each is twice as long as the one before, up to
// longest, and up to half of each is left out by chance.
const (
	shortest = 100 * time.Millisecond
	longest  = 5 * time.Second
)

// attempts are when something was logged, which here is when the broker could not be reached.
type attempts struct {
	mu sync.Mutex
	at []time.Time
}

func (a *attempts) Enabled(context.Context, slog.Level) bool { return true }
func (a *attempts) WithAttrs([]slog.Attr) slog.Handler       { return a }
func (a *attempts) WithGroup(string) slog.Handler            { return a }
func (a *attempts) Handle(_ context.Context, r slog.Record) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.at = append(a.at, r.Time)
	return nil
}

// take returns the attempts so far, and forgets them.
func (a *attempts) take() []time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	at := a.at
	a.at = nil
	return at
}

// closing is the address of a broker that closes each connection at once.
func closing(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
	return "nats://" + l.Addr().String()
}

// double checks the pauses between the attempts.
func double(t *testing.T, at []time.Time) {
	t.Helper()
	if len(at) < 10 {
		t.Fatalf("%d attempts", len(at))
	}
	pause := shortest
	for i := range at[1:] {
		if d := at[i+1].Sub(at[i]); d < pause/2 || d > pause {
			t.Errorf("before attempt %d a pause of %s, not of %s to %s", i+1, d, pause/2, pause)
		}
		pause = min(2*pause, longest)
	}
}

// After a session is lost, reconnecting starts over with the shortest pause. (There is no
// session in this test: nats.go keeps timers for other connections, which no fake clock may meet.)
func TestPausesDoubleAndBeginAnew(t *testing.T) {
	url := closing(t) // outside the bubble, whose clock must not wait for it
	synctest.Test(t, func(t *testing.T) {
		var a attempts
		b := &Bus{config: Config{URL: url, ClusterID: "ticketing", ClientID: "orders"}, log: slog.New(&a)}
		for range 2 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			if _, err := b.connect(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("it ended with %v", err)
			}
			cancel()
			double(t, a.take())
		}
	})
}

// A bus that is closed in the longest pause does not wait for its end.
func TestTheEndWaitsForNoPause(t *testing.T) {
	url := closing(t)
	synctest.Test(t, func(t *testing.T) {
		b, err := Open(Config{URL: url, ClusterID: "ticketing", ClientID: "orders"}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.Subscribe("orders", "ticket:created", func(context.Context, []byte) error { return nil }); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		begun := time.Now()
		if err := b.Close(); err != nil {
			t.Error(err)
		}
		if d := time.Since(begun); d > 0 {
			t.Errorf("it took %s", d)
		}
	})
}

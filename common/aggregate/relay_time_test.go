package aggregate_test

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/mongo"

	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/bus"
	"ticketing.dev/common/service/servicetest"
)

// What the relay promises.
const (
	publishTimeout    = 5 * time.Second
	sweepEvery        = 2 * time.Second // on average, and up to 2.5 s
	longestSweepPause = 10 * time.Second
	sweepAge          = publishTimeout + time.Second
	drainTimeout      = 5 * time.Second
)

// publisher plays the bus.
type publisher func(ctx context.Context) error

func (p publisher) Publish(ctx context.Context, _ string, _ []byte) error { return p(ctx) }

// inFakeTime runs a relay. stop returns when it has ended.
func inFakeTime(t *testing.T, b bus.Publisher, do func(t *testing.T, store *aggregate.Store[*counter], stop func())) {
	t.Helper()
	servicetest.InFakeTime(t, func(t *testing.T, db *mongo.Database) {
		store, relay := open(t, db, b, slog.DiscardHandler)
		do(t, store, run(t, relay))
	})
}

// open opens the store of one replica.
func open(t *testing.T, db *mongo.Database, b bus.Publisher, log slog.Handler) (*aggregate.Store[*counter], *aggregate.Relay) {
	t.Helper()
	relay := aggregate.NewRelay(b, slog.New(log))
	store, err := aggregate.Open(t.Context(), db.Collection("counters"), "counting", relay, func() *counter { return new(counter) })
	if err != nil {
		t.Fatal(err)
	}
	return store, relay
}

// replica opens a store and runs its relay.
func replica(t *testing.T, db *mongo.Database, b bus.Publisher) *aggregate.Store[*counter] {
	t.Helper()
	store, relay := open(t, db, b, slog.DiscardHandler)
	run(t, relay)
	return store
}

// insert commits an event.
func insert(t *testing.T, store *aggregate.Store[*counter]) {
	t.Helper()
	if err := store.Insert(t.Context(), newCounter("one")); err != nil {
		t.Fatal(err)
	}
}

// until waits for something, and says how long it took.
func until(t *testing.T, longest time.Duration, holds func() bool) time.Duration {
	t.Helper()
	begun := time.Now()
	for !holds() {
		if time.Since(begun) > longest {
			t.Fatalf("not within %s", longest)
		}
		time.Sleep(time.Millisecond)
	}
	return time.Since(begun)
}

// A broker in trouble isn't asked over and over, and yet nothing waits much longer than the trouble lasts.
func TestTheRelayTriesLessOftenWhileTheBusFails(t *testing.T) {
	var away atomic.Bool
	var tries, published atomic.Int64
	away.Store(true)
	b := publisher(func(context.Context) error {
		tries.Add(1)
		if away.Load() {
			return errors.New("away")
		}
		published.Add(1)
		return nil
	})
	inFakeTime(t, b, func(t *testing.T, store *aggregate.Store[*counter], _ func()) {
		time.Sleep(sweepEvery / 4)
		insert(t, store)
		const outage = time.Minute
		time.Sleep(outage)
		// One at the commit, then after 2, 4 and 8 s, and every 8 s.
		if n := tries.Load(); n < 7 || n > 12 {
			t.Errorf("tried %d times in %s", n, outage)
		}
		away.Store(false)
		until(t, longestSweepPause, func() bool { return published.Load() > 0 })
		time.Sleep(10 * sweepEvery)
		if n := published.Load(); n != 1 {
			t.Errorf("published %d times", n)
		}
	})
}

// A bus that takes what it is given and says nothing: every try ends.
func TestASilentBusIsGivenUp(t *testing.T) {
	var silent atomic.Bool
	var published atomic.Int64
	silent.Store(true)
	b := publisher(func(ctx context.Context) error {
		if silent.Load() {
			<-ctx.Done()
			return ctx.Err()
		}
		published.Add(1)
		return nil
	})
	inFakeTime(t, b, func(t *testing.T, store *aggregate.Store[*counter], _ func()) {
		insert(t, store)
		time.Sleep(time.Minute)
		silent.Store(false)
		until(t, publishTimeout+longestSweepPause, func() bool { return published.Load() > 0 })
	})
}

// A relay that is to stop while its bus is silent does not try everything that it still has.
func TestASilentBusDoesNotHoldUpTheEnd(t *testing.T) {
	b := publisher(func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
	inFakeTime(t, b, func(t *testing.T, store *aggregate.Store[*counter], stop func()) {
		for range 100 {
			insert(t, store)
		}
		begun := time.Now()
		stop()
		if d := time.Since(begun); d > drainTimeout {
			t.Errorf("it ended after %s", d)
		}
	})
}

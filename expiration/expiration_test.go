package expiration_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	"ticketing.dev/common/bus/memory"
	"ticketing.dev/common/events"
	"ticketing.dev/common/standin"
	"ticketing.dev/expiration"
)

// redis returns the address of a Redis without timers, and lets the test run in parallel, since tests mostly
// wait for timers. An external Redis is shared by all tests, which then run one after another.
func redis(t *testing.T) string {
	t.Helper()
	if os.Getenv("REDIS_ADDR") == "" {
		t.Parallel()
	}
	addr := standin.Redis(t)
	if err := inspector(t, addr).DeleteQueue("expiration", true); err != nil && !errors.Is(err, asynq.ErrQueueNotFound) {
		t.Fatal(err)
	}
	return addr
}

func inspector(t *testing.T, addr string) *asynq.Inspector {
	t.Helper()
	i := asynq.NewInspector(asynq.RedisClientOpt{Addr: addr})
	t.Cleanup(func() { _ = i.Close() })
	return i
}

// timers counts the timers in Redis.
func (w *world) timers() int {
	w.t.Helper()
	info, err := inspector(w.t, w.redis).GetQueueInfo("expiration")
	if err != nil {
		w.t.Fatal(err)
	}
	return info.Size
}

// promised is by how much an order outlives its time at most, whatever was down (P5). How long it takes
// otherwise is logged: a busy machine is no error.
const promised = 15 * time.Second

// The promise is two seconds for 99 of 100, and never early.
func TestOrdersExpireOnTime(t *testing.T) {
	const orders = 200
	for name, spread := range map[string]time.Duration{
		"spread over five seconds": 5 * time.Second,
		"all at once":              0,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, redis(t))
			slow := through(func(ctx context.Context, channel string, message []byte) error {
				time.Sleep(50 * time.Millisecond) // a busy disk
				return w.bus.Publish(ctx, channel, message)
			})
			w.start(slow)
			w.start(slow) // two replicas share the work
			first := time.Now().Add(2500 * time.Millisecond)
			expiresAt := make(map[string]time.Time, orders)
			for i := range orders {
				id := fmt.Sprintf("order-%d", i)
				expiresAt[id] = first.Add(time.Duration(rand.Int64N(int64(spread) + 1)))
				w.created(id, expiresAt[id])
			}

			for id := range expiresAt {
				w.expiry(id)
			}
			var late []time.Duration
			for _, e := range w.seen {
				if e.published.Before(expiresAt[e.order]) {
					t.Errorf("order %s expired %v early", e.order, expiresAt[e.order].Sub(e.published))
				}
				late = append(late, e.arrived.Sub(expiresAt[e.order]))
			}
			slices.Sort(late)
			p50, p99 := late[len(late)/2], late[len(late)*99/100]
			t.Logf("%d orders expired late by: p50 %v, p99 %v, at most %v", orders, p50, p99, late[len(late)-1])
			if late[len(late)-1] > promised {
				t.Errorf("an order expired more than %v late", promised)
			}
			if len(w.seen) != orders {
				t.Errorf("%d expirations of %d orders", len(w.seen), orders)
			}
		})
	}
}

func TestOverdueOrderExpiresAtOnce(t *testing.T) {
	w := newWorld(t, redis(t))
	w.start()
	start := time.Now()
	w.created("a", start.Add(-24*time.Hour))
	if after := w.expiry("a").arrived.Sub(start); after > promised {
		t.Errorf("it took %v", after)
	}
}

func TestOrderHasOneTimer(t *testing.T) {
	w := newWorld(t, redis(t), memory.Twice())
	w.start()
	o := w.created("a", time.Now().Add(time.Hour))
	w.publish(events.OrderCreated{Order: o})
	w.settled()
	if n := w.timers(); n != 1 {
		t.Errorf("%d timers, want 1", n)
	}
}

func TestEndedOrderDoesNotExpire(t *testing.T) {
	end := map[string]func(events.Order) events.Event{
		"cancelled": func(o events.Order) events.Event { return events.OrderCancelled{Order: o, Reason: "user"} },
		"completed": func(o events.Order) events.Event { return events.OrderCompleted{Order: o} },
	}
	w := newWorld(t, redis(t), memory.Twice())
	w.start()
	expiresAt := time.Now().Add(3 * time.Second)
	for name, event := range end {
		o := w.created(name, expiresAt)
		w.settled()
		w.publish(event(o))
	}
	w.settled()
	if n := w.timers(); n != 0 {
		t.Errorf("%d timers are left", n)
	}
	w.created("open", expiresAt.Add(time.Second))
	w.expiry("open")
	if len(w.seen) > 1 {
		t.Errorf("ended orders have expired: %v", w.seen)
	}
}

// orders ignores what comes of it.
func TestOrderThatEndedBeforeItWasCreatedExpires(t *testing.T) {
	w := newWorld(t, redis(t))
	w.start()
	o := events.Order{ID: "a", Status: "cancelled", ExpiresAt: time.Now()}
	w.publish(events.OrderCancelled{Order: o, Reason: "user"})
	w.settled()
	w.created(o.ID, o.ExpiresAt)
	w.expiry(o.ID)
}

// A timer that is firing cannot be stopped, and the event is not tried again for that.
func TestOrderEndsWhileItsTimerFires(t *testing.T) {
	w := newWorld(t, redis(t))
	firing, goOn := make(chan struct{}, 1), make(chan struct{})
	w.start(through(func(ctx context.Context, channel string, message []byte) error {
		firing <- struct{}{}
		<-goOn
		return w.bus.Publish(ctx, channel, message)
	}))
	o := w.created("a", time.Now())
	receive(t, firing, 1, "the timer fired")
	w.publish(events.OrderCompleted{Order: o})
	w.settled()
	close(goOn)
	w.expiry(o.ID)
	if n := w.log.count("not handled"); n > 0 {
		t.Errorf("the end of the order was refused:\n%s", w.log)
	}
}

func TestExpirationWaitsForTheBus(t *testing.T) {
	w := newWorld(t, redis(t))
	var back atomic.Bool
	refused := make(chan struct{}, 100)
	w.start(through(func(ctx context.Context, channel string, message []byte) error {
		if !back.Load() {
			refused <- struct{}{}
			return errors.New("the broker is away")
		}
		return w.bus.Publish(ctx, channel, message)
	}))
	w.created("a", time.Now())
	w.created("b", time.Now())
	receive(t, refused, 5, "refused")
	back.Store(true)
	w.expiry("a")
	w.expiry("b")
	w.log.await(t, "publishing expirations works again", 1)
	if n := w.log.count("level=ERROR"); n != 1 {
		t.Errorf("the outage was logged %d times, want once:\n%s", n, w.log)
	}
}

func TestTimersOutliveTheService(t *testing.T) {
	t.Run("stopped before the order is due", func(t *testing.T) {
		w := newWorld(t, redis(t))
		stop := w.start()
		expiresAt := time.Now().Add(2300 * time.Millisecond)
		w.created("a", expiresAt)
		w.settled()
		stop()
		w.start()
		if e := w.expiry("a"); e.published.Before(expiresAt) {
			t.Errorf("published %v early", expiresAt.Sub(e.published))
		}
	})
	t.Run("stopped before the bus takes the expiration", func(t *testing.T) {
		w := newWorld(t, redis(t))
		refused := make(chan struct{}, 100)
		stop := w.start(through(func(context.Context, string, []byte) error {
			refused <- struct{}{}
			return errors.New("the broker is away")
		}))
		w.created("a", time.Now())
		receive(t, refused, 1, "refused")
		stop()
		w.start()
		w.expiry("a")
	})
}

// The clock that lets a timer fire may be another replica's.
func TestTimerThatFiresEarlyFiresAgain(t *testing.T) {
	w := newWorld(t, redis(t))
	var right atomic.Bool
	asked := make(chan struct{}, 100)
	w.start(func(o *expiration.Options) {
		o.Now = func() time.Time {
			if right.Load() {
				return time.Now()
			}
			asked <- struct{}{}
			return time.Now().Add(-time.Hour)
		}
	})
	w.created("a", time.Now())
	receive(t, asked, 2, "the clock was asked")
	if n := len(w.bus.Messages("expiration:complete")); n > 0 {
		t.Error("the order expired early by the service's clock")
	}
	right.Store(true)
	w.expiry("a")
}

func TestRedisGoesAndComesBack(t *testing.T) {
	t.Parallel()
	server := standin.Start(t, "redis")
	w := newWorld(t, server.Addr())
	server.Kill()
	stop := w.start()
	for i, order := range []string{"before Redis was ever there", "after Redis was lost"} {
		w.log.await(t, "Redis unavailable", i+1)
		w.created(order, time.Now())
		w.log.await(t, "set the timer of order "+order, 1)
		server.Restart()
		w.expiry(order)
		w.log.await(t, "Redis available again", i+1)
		server.Kill()
	}
	stop()
}

// The bus redelivers a message after twelve seconds.
func TestNothingWaitsLongForRedis(t *testing.T) {
	t.Parallel()
	server := standin.Start(t, "redis")
	client := connect(t, expiration.Redis{Addr: server.Addr()})
	defer client.Close()
	w := newWorld(t, server.Addr())
	s := expiration.New(expiration.Options{Redis: client, Bus: w.bus, Log: slog.New(slog.DiscardHandler)})
	if err := s.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	server.Pause()
	defer server.Resume()

	var calls sync.WaitGroup
	call := func(what string, do func() error) {
		calls.Go(func() {
			start := time.Now()
			err := do()
			if took := time.Since(start); err == nil || took > 12*time.Second {
				t.Errorf("%s: %v after %v", what, err, took)
			}
		})
	}
	call("readiness", func() error { return s.Ready(context.Background()) })
	o := events.Order{ID: "a", ExpiresAt: time.Now()}
	messages := map[string][]byte{
		"order:created":   encode(t, events.OrderCreated{Order: o}),
		"order:cancelled": encode(t, events.OrderCancelled{Order: o}),
		"order:completed": encode(t, events.OrderCompleted{Order: o}),
	}
	for _, l := range s.Listeners() {
		call(l.Channel, func() error { return l.Handle(context.Background(), messages[l.Channel]) })
	}
	calls.Wait()
}

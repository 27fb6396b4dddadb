package aggregate_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/mongo"

	"ticketing.dev/common/bus"
	"ticketing.dev/common/service/servicetest"
)

// choosy refuses the events of some aggregates.
type choosy struct {
	refuses   func(message string) bool
	published sync.Map // times by message
	tries     atomic.Int64
}

func (c *choosy) Publish(_ context.Context, _ string, message []byte) error {
	c.tries.Add(1)
	if c.refuses(string(message)) {
		return errors.New("refused")
	}
	c.published.Store(string(message), time.Now())
	return nil
}

// lines counts the log lines with a text.
func lines(log *bytes.Buffer, text string) int { return strings.Count(log.String(), text) }

func TestTheAlarmDoesNotFlapBetweenOneFailingAggregateAndHealthyOnes(t *testing.T) {
	var ill atomic.Value
	ill.Store("none")
	b := &choosy{refuses: func(m string) bool { return strings.Contains(m, ill.Load().(string)) }}
	var log bytes.Buffer
	servicetest.InFakeTime(t, func(t *testing.T, db *mongo.Database) {
		store, relay := open(t, db, b, slog.NewTextHandler(&log, nil))
		stop := run(t, relay)
		failing := newCounter("failing")
		ill.Store(failing.ID)
		if err := store.Insert(t.Context(), failing); err != nil {
			t.Fatal(err)
		}
		for range 60 {
			insert(t, store)
			time.Sleep(time.Second)
		}
		ill.Store("none")
		time.Sleep(sweepAge + 2*longestSweepPause)
		stop()
	})
	const began, over = "publishing events fails", "publishing events works again"
	if n, m := lines(&log, began), lines(&log, over); n != 1 || m != 1 {
		t.Errorf("logged %q %d times and %q %d times, want once each:\n%s", began, n, over, m, &log)
	}
	if n := size(&b.published); n != 61 {
		t.Errorf("%d of 61 events were published", n)
	}
}

func TestTheOldestPendingEventIsKnown(t *testing.T) {
	var ill atomic.Bool
	ill.Store(true)
	b := &choosy{refuses: func(string) bool { return ill.Load() }}
	servicetest.InFakeTime(t, func(t *testing.T, db *mongo.Database) {
		store, relay := open(t, db, b, slog.DiscardHandler)
		stop := run(t, relay)
		insert(t, store)
		time.Sleep(40 * time.Second)
		insert(t, store)
		time.Sleep(20 * time.Second)
		if age := relay.OldestPending(); age < 60*time.Second || age > 62*time.Second {
			t.Errorf("an event that waits for 60 s is said to wait for %v", age)
		}
		ill.Store(false)
		time.Sleep(2 * longestSweepPause)
		if age := relay.OldestPending(); age != 0 {
			t.Errorf("nothing waits, but the oldest event is said to wait for %v", age)
		}
		stop()
	})
}

// More outboxes fail than a sweep tries, and the others are published nevertheless.
func TestFailingAggregatesDoNotStarveTheOthers(t *testing.T) {
	const failing, healthy = 40, 5
	var refused []string
	b := &choosy{refuses: func(m string) bool {
		return slices.ContainsFunc(refused, func(id string) bool { return strings.Contains(m, id) })
	}}
	servicetest.InFakeTime(t, func(t *testing.T, db *mongo.Database) {
		crashed, _ := open(t, db, b, slog.DiscardHandler)
		var all []*counter
		for range failing {
			c := newCounter("failing")
			all, refused = append(all, c), append(refused, c.ID)
		}
		for range healthy {
			all = append(all, newCounter("healthy"))
		}
		if err := crashed.InsertAll(t.Context(), all); err != nil {
			t.Fatal(err)
		}
		replica(t, db, b)
		until(t, 10*longestSweepPause, func() bool { return size(&b.published) == healthy })
	})
}

// sessions is a bus whose session can end.
type sessions struct {
	choosy
	now atomic.Pointer[bus.Session]
}

func (s *sessions) Session() bus.Session { return *s.now.Load() }

func TestAReturningBrokerIsUsedAtOnce(t *testing.T) {
	b := &sessions{}
	b.refuses = func(string) bool { return !b.Session().Connected }
	servicetest.InFakeTime(t, func(t *testing.T, db *mongo.Database) {
		b.now.Store(&bus.Session{Since: time.Now()})
		store := replica(t, db, b)
		insert(t, store)
		time.Sleep(time.Hour)
		if n := b.tries.Load(); n != 1 {
			t.Errorf("tried %d times without a session, want once", n)
		}
		b.now.Store(&bus.Session{Connected: true, Since: time.Now()})
		until(t, time.Second, func() bool { return size(&b.published) == 1 })
	})
}

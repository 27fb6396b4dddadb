package aggregate_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/mongo"
	"golang.org/x/sync/errgroup"

	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/bus/memory"
	"ticketing.dev/common/service/servicetest"
)

// heard counts how often the bus got each event.
func heard(b *memory.Bus) (messages, different int) {
	all := b.Messages("counter:stepped")
	distinct := map[string]bool{}
	for _, m := range all {
		distinct[string(m)] = true
	}
	return len(all), len(distinct)
}

// Workers, callers that wait, and sweeps of two replicas come across the same outboxes all the time.
func TestWithoutErrorsAnEventIsPublishedOnce(t *testing.T) {
	db, b := database(t), memory.New()
	var stores []*aggregate.Store[*counter]
	for range 2 {
		store, relay := process(t, db, b)
		run(t, relay)
		stores = append(stores, store)
	}
	const counters, steps = 10, 12
	var all errgroup.Group
	all.SetLimit(6)
	for i := range counters {
		c := newCounter(fmt.Sprint(i))
		if _, err := stores[0].InsertAndPublish(t.Context(), c, patience); err != nil {
			t.Fatal(err)
		}
		for n := range steps {
			all.Go(func() error {
				_, err := stores[n%2].Update(t.Context(), c.ID, (*counter).step)
				return err
			})
		}
	}
	if err := all.Wait(); err != nil {
		t.Fatal(err)
	}
	const want = counters * (1 + steps)
	for id, versions := range published(t, b, want) {
		if !slices.IsSorted(versions) {
			t.Errorf("%s was published in the order %v", id, versions)
		}
	}
	emptied(t, db)
	if n, different := heard(b); n != want || different != want {
		t.Errorf("%d messages, %d different ones, for %d events", n, different, want)
	}
}

// slowly delays each publication.
func slowly(d time.Duration, published *sync.Map) publisher {
	return func(ctx context.Context) error {
		select {
		case <-time.After(d):
			published.Store(time.Now(), true)
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func size(m *sync.Map) (n int) {
	m.Range(func(any, any) bool { n++; return true })
	return n
}

func TestAStalledBusGetsEveryEventOnce(t *testing.T) {
	var published sync.Map
	b := slowly(publishTimeout-100*time.Millisecond, &published)
	servicetest.InFakeTime(t, func(t *testing.T, db *mongo.Database) {
		store := replica(t, db, b)
		replica(t, db, b)
		for range 5 {
			time.Sleep(700 * time.Millisecond)
			insert(t, store)
		}
		time.Sleep(time.Minute)
		if n := size(&published); n != 5 {
			t.Errorf("published %d times, want 5", n)
		}
	})
}

// An event of another process goes first. If the process has died, it does so when it's old.
func TestEventsOfADeadProcessGoFirst(t *testing.T) {
	db, b := database(t), memory.New()
	crashed, _ := process(t, db, b)
	c := newCounter("one")
	if err := crashed.Insert(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	store, relay := process(t, db, b)
	run(t, relay)
	for range 3 {
		if _, err := store.Update(t.Context(), c.ID, (*counter).step); err != nil {
			t.Fatal(err)
		}
	}
	if got := published(t, b, 4)[c.ID]; !slices.Equal(got, []int64{0, 1, 2, 3}) {
		t.Errorf("published in the order %v", got)
	}
	emptied(t, db)
	if n, _ := heard(b); n != 4 {
		t.Errorf("%d messages for 4 events", n)
	}
}

// A removal that comes between reading and writing doesn't bring the event back.
func TestAnUpdateDoesNotBringBackAPublishedEvent(t *testing.T) {
	db, b := database(t), memory.New()
	store, _ := process(t, db, b)
	c := newCounter("one")
	if err := store.Insert(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	tries := 0
	updated, err := store.Update(t.Context(), c.ID, func(read *counter) error {
		if tries++; tries == 1 && !store.Publish(t.Context(), read, patience) {
			return errors.New("not published")
		}
		return read.step()
	})
	if err != nil {
		t.Fatal(err)
	}
	if tries != 2 || len(updated.Outbox) != 1 {
		t.Errorf("%d tries, %d events in the outbox; want 2 and 1", tries, len(updated.Outbox))
	}
}

// More events than a sweep reads at once.
func TestASweepPublishesAnyNumberOfOutboxes(t *testing.T) {
	db, b := database(t), memory.New()
	store, _ := process(t, db, b)
	const n = 1201
	var all []*counter
	for i := range n {
		all = append(all, newCounter(fmt.Sprint(i)))
	}
	if err := store.InsertAll(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	_, relay := process(t, db, b)
	run(t, relay)
	published(t, b, n)
	emptied(t, db)
	if got, _ := heard(b); got != n {
		t.Errorf("%d messages for %d events", got, n)
	}
}

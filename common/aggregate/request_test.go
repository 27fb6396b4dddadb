package aggregate_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/bson"

	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/bus/memory"
	"ticketing.dev/common/idempotency"
)

func keyed(at time.Time, digest string) *idempotency.Request {
	return &idempotency.Request{Key: "k", Digest: digest, At: at.UTC().Truncate(time.Millisecond)}
}

// once makes a counter for a request, on whichever replica.
func once(t *testing.T, s *aggregate.Store[*counter], q *idempotency.Request) (c *counter, made bool, err error) {
	t.Helper()
	return s.Once(t.Context(), q, func() (*counter, error) {
		c := newCounter(aggregate.NewID())
		c.Request = q
		return c, s.Insert(t.Context(), c)
	})
}

func TestOneOfTwentyRequestsWithAKeyMakesSomething(t *testing.T) {
	db := database(t)
	one, _ := process(t, db, memory.New())
	two, _ := process(t, db, memory.New())
	type result struct {
		id   string
		made bool
	}
	results := make([]result, 20)
	var all sync.WaitGroup
	for i := range results {
		store := []*aggregate.Store[*counter]{one, two}[i%2]
		all.Go(func() {
			c, made, err := once(t, store, keyed(time.Now(), "same"))
			if err != nil {
				t.Error(err)
				return
			}
			results[i] = result{c.ID, made}
		})
	}
	all.Wait()
	made := 0
	for _, r := range results {
		if r.id != results[0].id {
			t.Errorf("answered with %s and %s", r.id, results[0].id)
		}
		if r.made {
			made++
		}
	}
	if n, err := db.Collection("counters").CountDocuments(t.Context(), bson.M{}); err != nil || n != 1 || made != 1 {
		t.Errorf("%d made, %d there (%v)", made, n, err)
	}
}

func TestWithoutAKeyEveryRequestMakesSomething(t *testing.T) {
	store, _ := process(t, database(t), memory.New())
	first, _, err1 := once(t, store, nil)
	second, made, err2 := once(t, store, nil)
	if err := errors.Join(err1, err2); err != nil || !made || first.ID == second.ID {
		t.Errorf("%+v, %+v, %v", first, second, err)
	}
}

func TestAKeyIsForOneRequestUntilItExpires(t *testing.T) {
	store, _ := process(t, database(t), memory.New())
	now := time.Now()
	first, _, err := once(t, store, keyed(now, "one"))
	if err != nil {
		t.Fatal(err)
	}
	if _, made, err := once(t, store, keyed(now, "other")); made || !errors.Is(err, idempotency.ErrReused) {
		t.Errorf("another request: %v, %v", made, err)
	}
	day := now.Add(idempotency.Lifetime + time.Second)
	second, made, err := once(t, store, keyed(day, "other"))
	if err != nil || !made || second.ID == first.ID {
		t.Fatalf("after a day: %+v, %v, %v", second, made, err)
	}
	old, err := store.Get(t.Context(), first.ID)
	if err != nil || old.Request != nil || old.Version != 0 {
		t.Errorf("what the first made is %+v, %v", old, err)
	}
}

// A key expires and is taken between the read and the write of an update.
func TestAnUpdateOutlivesItsExpiredKey(t *testing.T) {
	store, _ := process(t, database(t), memory.New())
	now := time.Now()
	first, _, err := once(t, store, keyed(now, "one"))
	if err != nil {
		t.Fatal(err)
	}
	var second *counter
	updated, err := store.Update(t.Context(), first.ID, func(c *counter) error {
		if second == nil {
			if second, _, err = once(t, store, keyed(now.Add(idempotency.Lifetime+time.Second), "two")); err != nil {
				return err
			}
		}
		return c.step()
	})
	if err != nil || updated.Steps != 1 {
		t.Fatalf("%+v, %v", updated, err)
	}
	if again, _, err := once(t, store, keyed(now.Add(idempotency.Lifetime+time.Second), "two")); err != nil || again.ID != second.ID {
		t.Errorf("the key leads to %+v, %v, want %s", again, err, second.ID)
	}
}

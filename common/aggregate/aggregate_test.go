package aggregate_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/bus/memory"
	"ticketing.dev/common/events"
	"ticketing.dev/common/mongodb"
	"ticketing.dev/common/problem"
	"ticketing.dev/common/standin"
)

// patience ends a wait for what must happen, also on a machine that is busy.
const patience = time.Minute

// counter is an aggregate that tells of every step.
type counter struct {
	aggregate.Root `bson:",inline"`
	Name           string `bson:"name"`
	Steps          int64  `bson:"steps"`
}

type stepped struct {
	ID      string `json:"id"`
	Version int64  `json:"version"`
	Steps   int64  `json:"steps"`
}

func (stepped) Subject() string     { return "counter:stepped" }
func (s stepped) Aggregate() string { return s.ID }

func (c *counter) step() error {
	c.Steps++
	c.Record(stepped{c.ID, c.Version, c.Steps})
	return nil
}

func newCounter(name string) *counter {
	c := &counter{Root: aggregate.Root{ID: aggregate.NewID()}, Name: name}
	c.Record(stepped{c.ID, 0, 0})
	return c
}

func database(t *testing.T) *mongo.Database {
	t.Helper()
	db, err := mongodb.Connect(t.Context(), mongodb.Config{URI: standin.Mongo(t)}, "", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mongodb.Disconnect(db) })
	return db
}

// process is one replica of a service: a store and its relay.
func process(t *testing.T, db *mongo.Database, b *memory.Bus) (*aggregate.Store[*counter], *aggregate.Relay) {
	t.Helper()
	relay := aggregate.NewRelay(b, slog.New(slog.DiscardHandler))
	store, err := aggregate.Open(t.Context(), db.Collection("counters"), "counting", relay, func() *counter { return new(counter) },
		mongo.IndexModel{Keys: bson.D{{Key: "name", Value: 1}}, Options: options.Index().SetUnique(true)})
	if err != nil {
		t.Fatal(err)
	}
	return store, relay
}

// run runs a relay until the test ends or stop is called.
func run(t *testing.T, r *aggregate.Relay) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// published waits for n different events of the bus and returns the versions of each aggregate in
// the order of their first publication.
func published(t *testing.T, b *memory.Bus, n int) map[string][]int64 {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		versions, ids := map[string][]int64{}, map[string]bool{}
		for _, encoded := range b.Messages("counter:stepped") {
			e, err := events.Decode[stepped](encoded)
			if err != nil {
				t.Fatal(err)
			}
			var m events.Message
			if err := json.Unmarshal(encoded, &m); err != nil {
				t.Fatal(err)
			}
			if !ids[m.ID] {
				ids[m.ID] = true
				versions[e.ID] = append(versions[e.ID], e.Version)
			}
		}
		if len(ids) >= n {
			return versions
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d events were published", len(ids), n)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// emptied waits until no outbox holds anything.
func emptied(t *testing.T, db *mongo.Database) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		n, err := db.Collection("counters").CountDocuments(t.Context(), bson.M{"outbox.0.id": bson.M{"$exists": true}})
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d outboxes still hold events", n)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestConcurrentUpdatesAllCount(t *testing.T) {
	db, b := database(t), memory.New()
	store, relay := process(t, db, b)
	other, otherRelay := process(t, db, b)
	run(t, relay)
	run(t, otherRelay)
	c := newCounter("one")
	if err := store.Insert(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	const writers, steps = 8, 5
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			s := []*aggregate.Store[*counter]{store, other}[i%2]
			for range steps {
				if _, err := s.Update(t.Context(), c.ID, (*counter).step); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	got, err := store.Get(t.Context(), c.ID)
	if err != nil || got.Steps != writers*steps || got.Version != writers*steps {
		t.Fatalf("%d steps and version %d (%v), want %d of both", got.Steps, got.Version, err, writers*steps)
	}
	versions := published(t, b, writers*steps+1)[c.ID]
	if !slices.IsSorted(versions) {
		t.Errorf("first published in the order %v", versions)
	}
	emptied(t, db)
}

func TestAnEventCarriesTheVersionThatItsChangeMade(t *testing.T) {
	b := memory.New()
	store, relay := process(t, database(t), b)
	run(t, relay)
	c := newCounter("one")
	if err := store.Insert(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	changed, err := store.Update(t.Context(), c.ID, (*counter).step)
	if err != nil || changed.Version != 1 {
		t.Fatalf("version %d (%v), want 1", changed.Version, err)
	}
	if got := published(t, b, 2)[c.ID]; !slices.Equal(got, []int64{0, 1}) {
		t.Errorf("published versions %v, want 0 and 1", got)
	}
}

func TestChangesWithoutEffectWriteNothing(t *testing.T) {
	store, _ := process(t, database(t), memory.New())
	c := newCounter("one")
	if err := store.Insert(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	same, err := store.Update(t.Context(), c.ID, func(*counter) error { return nil })
	if err != nil || same.Version != 0 {
		t.Errorf("version %d after no change (%v), want 0", same.Version, err)
	}
	refusal := errors.New("no")
	if _, err := store.Update(t.Context(), c.ID, func(c *counter) error { c.Steps = 9; return refusal }); !errors.Is(err, refusal) {
		t.Errorf("got %v, want the change's own error", err)
	}
	if got, _ := store.Get(t.Context(), c.ID); got.Steps != 0 || got.Version != 0 {
		t.Errorf("a refused change was written: %+v", got)
	}
	// Without an event a change is written all the same.
	if got, err := store.Update(t.Context(), c.ID, func(c *counter) error { c.Name = "two"; return nil }); err != nil || got.Version != 1 {
		t.Errorf("version %d (%v), want 1", got.Version, err)
	}
}

// The process dies after the commit and before the publication: its relay never runs.
func TestACrashBetweenCommitAndPublishLosesNothing(t *testing.T) {
	db, b := database(t), memory.New()
	crashed, _ := process(t, db, b)
	const n = 40
	for i := range n {
		c := newCounter(fmt.Sprint(i))
		if err := crashed.Insert(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if _, err := crashed.Update(t.Context(), c.ID, (*counter).step); err != nil {
			t.Fatal(err)
		}
	}
	if got := b.Messages("counter:stepped"); len(got) != 0 {
		t.Fatalf("%d events were published without a relay", len(got))
	}
	_, relay := process(t, db, b)
	run(t, relay)
	for id, versions := range published(t, b, 2*n) {
		if !slices.Equal(versions, []int64{0, 1}) {
			t.Errorf("%s was first published in the order %v", id, versions)
		}
	}
	emptied(t, db)
}

// The process dies after the publication and before the removal from the outbox.
func TestACrashBetweenPublishAndRemovalPublishesAgain(t *testing.T) {
	db, b := database(t), memory.New()
	crashed, _ := process(t, db, b)
	c := newCounter("one")
	if err := crashed.Insert(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if err := b.Publish(t.Context(), c.Outbox[0].Channel, []byte(c.Outbox[0].Message)); err != nil {
		t.Fatal(err)
	}
	_, relay := process(t, db, b)
	run(t, relay)
	emptied(t, db)
	got := b.Messages("counter:stepped")
	if len(got) != 2 || string(got[0]) != string(got[1]) {
		t.Errorf("%d messages, want the same one twice", len(got))
	}
}

// Its clock was far ahead of all others.
func TestEventsDatedByAWrongClockArePublished(t *testing.T) {
	db, b := database(t), memory.New()
	crashed, _ := process(t, db, b)
	if err := crashed.Insert(t.Context(), newCounter("one")); err != nil {
		t.Fatal(err)
	}
	ahead := bson.M{"$set": bson.M{"outbox.0.at": time.Now().Add(time.Hour)}}
	if _, err := db.Collection("counters").UpdateOne(t.Context(), bson.M{}, ahead); err != nil {
		t.Fatal(err)
	}
	_, relay := process(t, db, b)
	run(t, relay)
	published(t, b, 1)
	emptied(t, db)
}

func TestTheOutboxWaitsForTheBus(t *testing.T) {
	db, b := database(t), memory.New()
	store, relay := process(t, db, b)
	run(t, relay)
	b.Stop()
	c := newCounter("one")
	if err := store.Insert(t.Context(), c); err != nil {
		t.Fatal("a commit must not wait for the bus:", err)
	}
	for range 3 {
		if _, err := store.Update(t.Context(), c.ID, (*counter).step); err != nil {
			t.Fatal(err)
		}
	}
	b.Start()
	if got := published(t, b, 4)[c.ID]; !slices.Equal(got, []int64{0, 1, 2, 3}) {
		t.Errorf("first published in the order %v", got)
	}
	emptied(t, db)
}

func TestAStoppingRelayPublishesCommittedEvents(t *testing.T) {
	db, b := database(t), memory.New()
	store, relay := process(t, db, b)
	stop := run(t, relay)
	const n = 50
	for i := range n {
		if err := store.Insert(t.Context(), newCounter(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	if got := b.Messages("counter:stepped"); len(got) != n {
		t.Errorf("%d of %d events were published before the relay ended", len(got), n)
	}
}

func TestAUniqueIndexLetsOneIn(t *testing.T) {
	store, _ := process(t, database(t), memory.New())
	const n = 20
	errs := make(chan error, n)
	for range n {
		go func() { errs <- store.Insert(t.Context(), newCounter("same")) }()
	}
	in := 0
	for range n {
		switch err := <-errs; {
		case err == nil:
			in++
		case !errors.Is(err, aggregate.ErrDuplicate):
			t.Error(err)
		}
	}
	if in != 1 {
		t.Errorf("%d were let in", in)
	}
}

func TestMissingAggregatesAreNotFound(t *testing.T) {
	store, _ := process(t, database(t), memory.New())
	if _, err := store.Get(t.Context(), aggregate.NewID()); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	if _, err := store.Update(t.Context(), "x", (*counter).step); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

func TestNewestPages(t *testing.T) {
	store, _ := process(t, database(t), memory.New())
	var want []string
	for i := range 5 {
		c := newCounter(fmt.Sprint(i))
		if err := store.Insert(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		want = append([]string{c.ID}, want...)
	}
	var got []string
	after := ""
	for range 3 {
		page, err := store.Newest(t.Context(), bson.M{}, after, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range page {
			got = append(got, c.ID)
			after = c.ID
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestTheOutboxIsIndexed(t *testing.T) {
	db := database(t)
	process(t, db, memory.New())
	specs, err := db.Collection("counters").Indexes().ListSpecifications(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(specs, func(s *mongo.IndexSpecification) bool { return s.Name == "outbox.0.id_1" })
	switch {
	case i < 0:
		t.Error("no index on outbox.0.id")
	case specs[i].Sparse == nil || !*specs[i].Sparse:
		t.Error("the index on outbox.0.id is not sparse")
	}
}

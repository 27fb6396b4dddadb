package crash

import (
	"context"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	driver "go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
)

const writers = 8

// acknowledged is what the server has said yes to, by one writer.
type acknowledged struct {
	steps    int   // $inc of the writer's own document
	versions int   // conditional replacements of another
	inserted []int // _ids
	deleted  []int
}

// KILLS is how often the server is killed; a few times in the tests of every day.
func TestKilledUnderLoadItLosesNothing(t *testing.T) {
	kills, err := strconv.Atoi(os.Getenv("KILLS"))
	if err != nil {
		kills = 6
	}
	for _, sync := range []string{"", "1"} {
		t.Run("sync="+sync, func(t *testing.T) {
			dir := t.TempDir()
			var acks [writers]acknowledged
			for i := range kills / 2 {
				p := run(t, dir, serveSync+"="+sync)
				c := connect(t, p.uri).Collection("things")
				if i == 0 {
					prepare(t, c)
				}
				check(t, c, &acks)
				load(t, p, c, &acks)
			}
			p := run(t, dir, serveSync+"="+sync)
			check(t, connect(t, p.uri).Collection("things"), &acks)
			p.stop(t)
			total := 0
			for _, a := range acks {
				total += a.steps + a.versions + len(a.inserted) + len(a.deleted)
			}
			t.Logf("%d kills, %d acknowledged writes", kills/2, total)
		})
	}
}

// prepare makes the indexes and each writer's two documents.
func prepare(t *testing.T, c *driver.Collection) {
	t.Helper()
	_, err := c.Indexes().CreateMany(t.Context(), []driver.IndexModel{
		{Keys: bson.D{{Key: "key", Value: 1}}, Options: options.Index().SetUnique(true).SetSparse(true)},
		{Keys: bson.D{{Key: "writer", Value: 1}, {Key: "_id", Value: -1}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for w := range writers {
		docs := []any{bson.M{"_id": -1 - w, "n": 0}, bson.M{"_id": -101 - w, "version": 0}}
		if _, err := c.InsertMany(t.Context(), docs); err != nil {
			t.Fatal(err)
		}
	}
}

// load lets all write until the server is killed in the middle of it.
func load(t *testing.T, p *process, c *driver.Collection, acks *[writers]acknowledged) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for write(ctx, c, w, &acks[w]) == nil {
			}
		})
	}
	time.Sleep(time.Duration(20+rand.IntN(150)) * time.Millisecond) // the moment is random on purpose
	p.kill()
	cancel()
	all.Wait()
}

// write does one of each kind. What was under way when the server died may or may not be done, so each
// state is read from the counters and not assumed.
func write(ctx context.Context, c *driver.Collection, w int, a *acknowledged) error {
	if _, err := c.UpdateOne(ctx, bson.M{"_id": -1 - w}, bson.M{"$inc": bson.M{"n": 1}}); err != nil {
		return err
	}
	a.steps++
	next := a.versions + 1
	r, err := c.ReplaceOne(ctx, bson.M{"_id": -101 - w, "version": a.versions}, bson.M{"version": next})
	if err != nil {
		return err
	}
	if r.MatchedCount == 1 {
		a.versions = next
	}
	id := w + writers*(len(a.inserted)+len(a.deleted)+int(time.Now().UnixNano()/1000%1e12))
	if _, err := c.InsertOne(ctx, bson.M{"_id": id, "writer": w, "key": id}); err != nil {
		return err
	}
	a.inserted = append(a.inserted, id)
	if len(a.inserted) > 3 && rand.IntN(4) == 0 {
		old := a.inserted[0]
		a.inserted = a.inserted[1:] // from here on it may be gone
		if _, err := c.DeleteOne(ctx, bson.M{"_id": old}); err != nil {
			return err
		}
		a.deleted = append(a.deleted, old)
	}
	return nil
}

// check compares what is there with what was acknowledged. One write of each writer may be there beyond.
func check(t *testing.T, c *driver.Collection, acks *[writers]acknowledged) {
	t.Helper()
	for w := range acks {
		a := &acks[w]
		var got struct{ N, Version int }
		if err := c.FindOne(t.Context(), bson.M{"_id": -1 - w}).Decode(&got); err != nil || got.N < a.steps {
			t.Fatalf("writer %d: %d of %d steps are there, %v", w, got.N, a.steps, err)
		}
		a.steps = got.N
		if err := c.FindOne(t.Context(), bson.M{"_id": -101 - w}).Decode(&got); err != nil || got.Version < a.versions || got.Version > a.versions+1 {
			t.Fatalf("writer %d: version %d, %d was acknowledged, %v", w, got.Version, a.versions, err)
		}
		a.versions = got.Version
		for _, filter := range []string{"_id", "key"} {
			if n := count(t, c, bson.M{filter: bson.M{"$in": append([]int{}, a.inserted...)}}); n != len(a.inserted) {
				t.Fatalf("writer %d: %d of %d insertions are found by %s", w, n, len(a.inserted), filter)
			}
			if n := count(t, c, bson.M{filter: bson.M{"$in": append([]int{}, a.deleted...)}}); n != 0 {
				t.Fatalf("writer %d: %d deleted documents are found by %s", w, n, filter)
			}
		}
	}
	all := count(t, c, bson.M{"_id": bson.M{"$gte": 0}})
	if byKey, byWriter := count(t, c, bson.M{"key": bson.M{"$gte": 0}}), count(t, c, bson.M{"writer": bson.M{"$gte": 0}}); byKey != all || byWriter != all {
		t.Fatalf("%d documents, %d in one index and %d in the other", all, byKey, byWriter)
	}
}

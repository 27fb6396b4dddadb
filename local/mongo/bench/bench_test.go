// Package bench measures what an operation costs the embedded MongoDB server, and
// that it costs no more with more data.
//
//	go test -bench . ./mongo/bench             1,000 and 100,000 documents
//	go test -bench . ./mongo/bench -million    1,000,000 too, which takes minutes
//
// The server has its own process. server-µs/op is its processor time per operation,
// and server-MiB its heap afterward.
package bench

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"go.mongodb.org/mongo-driver/bson"
	driver "go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
	"go.mongodb.org/mongo-driver/mongo/writeconcern"

	"ticketing.dev/local/mongo"
)

var million = flag.Bool("million", false, "measure with 1,000,000 documents too")

// serveDir makes the test program a server, which reports its usage for each line of input.
const serveDir = "BENCH_SERVE_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(serveDir); dir != "" {
		serve(dir)
		return
	}
	code := m.Run()
	shared.stop()
	os.Exit(code)
}

func serve(dir string) {
	debug.SetGCPercent(400) // like standin mongo
	s, err := mongo.Open(mongo.Options{Dir: dir, Addr: "127.0.0.1:0"})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(s.URI())
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var u syscall.Rusage
		_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
		var m runtime.MemStats
		if lines.Text() == "heap" {
			runtime.GC()
			runtime.ReadMemStats(&m)
		}
		fmt.Println((u.Utime.Nano()+u.Stime.Nano())/1000, m.HeapInuse)
	}
	_ = s.Close()
}

// server is the process that all benchmarks share. It has a collection of each size.
type server struct {
	start sync.Once
	dir   string
	cmd   *exec.Cmd
	stdin io.WriteCloser
	out   *bufio.Reader
	db    *driver.Database
	sizes map[int]*driver.Collection
}

var shared server

func (s *server) open(b *testing.B) {
	s.start.Do(func() {
		var err error
		if s.dir, err = os.MkdirTemp("", "bench-"); err != nil {
			b.Fatal(err)
		}
		s.cmd = exec.Command(os.Args[0])
		s.cmd.Env = append(os.Environ(), serveDir+"="+s.dir)
		s.cmd.Stderr = os.Stderr
		s.stdin, _ = s.cmd.StdinPipe()
		out, _ := s.cmd.StdoutPipe()
		s.out = bufio.NewReader(out)
		if err := s.cmd.Start(); err != nil {
			b.Fatal(err)
		}
		uri, err := s.out.ReadString('\n')
		if err != nil {
			b.Fatal(err)
		}
		durable := writeconcern.Majority()
		durable.Journal = new(true)
		client, err := driver.Connect(context.Background(), options.Client().ApplyURI(strings.TrimSpace(uri)).SetWriteConcern(durable))
		if err != nil {
			b.Fatal(err)
		}
		s.db, s.sizes = client.Database("bench"), map[int]*driver.Collection{}
	})
}

func (s *server) stop() {
	if s.cmd == nil {
		return
	}
	_ = s.db.Client().Disconnect(context.Background())
	s.stdin.Close()
	_ = s.cmd.Wait()
	os.RemoveAll(s.dir)
}

// usage returns the server's processor time in microseconds, and its heap in bytes.
func (s *server) usage(b *testing.B, what string) (cpu, heap int64) {
	b.Helper()
	if _, err := fmt.Fprintln(s.stdin, what); err != nil {
		b.Fatal(err)
	}
	if _, err := fmt.Fscan(s.out, &cpu, &heap); err != nil {
		b.Fatal(err)
	}
	return cpu, heap
}

// sellers is how many users the tickets belong to.
const sellers = 100

// ticket is a document like those of the tickets service.
func ticket(id int) bson.D {
	return bson.D{
		{Key: "_id", Value: name(id)},
		{Key: "version", Value: int64(0)},
		{Key: "userId", Value: name(id % sellers)},
		{Key: "title", Value: "Paper Lanterns: World Tour, Beacon Theatre, New York, Sat Jun 13 2026, Mezzanine"},
		{Key: "price", Value: int64(8950)},
		{Key: "status", Value: []string{"available", "available", "available", "reserved", "sold"}[id%5]},
		{Key: "reservation", Value: int64(0)},
		{Key: "note", Value: strings.Repeat("x", 160)},
	}
}

func name(id int) string { return fmt.Sprintf("%024x", id) }

// collection returns the one with n documents and three indexes, and fills it the first time.
func (s *server) collection(b *testing.B, n int) *driver.Collection {
	b.Helper()
	s.open(b)
	if c := s.sizes[n]; c != nil {
		return c
	}
	c := s.db.Collection(fmt.Sprintf("tickets%d", n))
	for _, keys := range []bson.D{{{Key: "status", Value: 1}, {Key: "_id", Value: -1}}, {{Key: "userId", Value: 1}, {Key: "_id", Value: -1}}} {
		if _, err := c.Indexes().CreateOne(b.Context(), driver.IndexModel{Keys: keys}); err != nil {
			b.Fatal(err)
		}
	}
	pending := driver.IndexModel{Keys: bson.D{{Key: "outbox.0.id", Value: 1}}, Options: options.Index().SetSparse(true)}
	if _, err := c.Indexes().CreateOne(b.Context(), pending); err != nil {
		b.Fatal(err)
	}
	const batch = 5000
	for from := 0; from < n; from += batch {
		docs := make([]any, 0, batch)
		for id := from; id < min(from+batch, n); id++ {
			docs = append(docs, ticket(id))
		}
		if _, err := c.InsertMany(b.Context(), docs); err != nil {
			b.Fatal(err)
		}
	}
	s.sizes[n] = c
	return c
}

// clients is how many work at once.
const clients = 8

// bySize runs an operation on each collection. i is different in each call.
func bySize(b *testing.B, op func(ctx context.Context, c *driver.Collection, size, i int) error) {
	sizes := []int{1000, 100_000}
	if *million {
		sizes = append(sizes, 1_000_000)
	}
	var next atomic.Int64
	for _, n := range sizes {
		b.Run(fmt.Sprintf("documents=%d", n), func(b *testing.B) {
			c := shared.collection(b, n)
			b.SetParallelism(max(1, clients/runtime.GOMAXPROCS(0)))
			before, _ := shared.usage(b, "cpu")
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := op(b.Context(), c, n, int(next.Add(1))); err != nil {
						b.Error(err)
						return
					}
				}
			})
			b.StopTimer()
			after, heap := shared.usage(b, "heap")
			b.ReportMetric(float64(after-before)/float64(b.N), "server-µs/op")
			b.ReportMetric(float64(heap>>20), "server-MiB")
		})
	}
}

// spread picks documents from all over a collection, the same ones in every run.
func spread(i, size int) int { return int(uint64(i) * 2654435761 % uint64(size)) }

func BenchmarkFindByID(b *testing.B) {
	bySize(b, func(ctx context.Context, c *driver.Collection, size, i int) error {
		return c.FindOne(ctx, bson.D{{Key: "_id", Value: name(spread(i, size))}}).Err()
	})
}

// Services replace a document if its version is still the one they read.
func BenchmarkConditionalReplace(b *testing.B) {
	bySize(b, func(ctx context.Context, c *driver.Collection, size, i int) error {
		id := spread(i, size)
		r, err := c.ReplaceOne(ctx, bson.D{{Key: "_id", Value: name(id)}, {Key: "version", Value: 0}}, ticket(id))
		if err == nil && r.MatchedCount != 1 {
			err = fmt.Errorf("no ticket %d", id)
		}
		return err
	})
}

// BenchmarkPageOf100 reads a page from anywhere in a listing.
func BenchmarkPageOf100(b *testing.B) {
	o := options.Find().SetSort(bson.D{{Key: "_id", Value: -1}}).SetLimit(100)
	bySize(b, func(ctx context.Context, c *driver.Collection, size, i int) error {
		after := name(max(200, spread(i, size)))
		cursor, err := c.Find(ctx, bson.D{{Key: "status", Value: "available"}, {Key: "_id", Value: bson.D{{Key: "$lt", Value: after}}}}, o)
		if err != nil {
			return err
		}
		var page []bson.Raw
		if err := cursor.All(ctx, &page); err != nil || len(page) != 100 {
			return fmt.Errorf("a page of %d: %w", len(page), err)
		}
		return nil
	})
}

// BenchmarkInsertWithThreeIndexes runs last because it grows the collections. New
// documents land between the existing ones.
func BenchmarkInsertWithThreeIndexes(b *testing.B) {
	bySize(b, func(ctx context.Context, c *driver.Collection, size, i int) error {
		d := ticket(spread(i, size))
		d[0].Value = fmt.Sprintf("%s-%d", d[0].Value, i)
		_, err := c.InsertOne(ctx, d)
		return err
	})
}

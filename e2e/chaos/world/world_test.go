package world_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ticketing.dev/common/process"
	"ticketing.dev/e2e/chaos/world"
	"ticketing.dev/local/api"
)

// root is the repository's, from this directory.
const root = "../../.."

// patience ends a wait for what must happen.
const patience = time.Minute

var programs world.Programs

func TestMain(m *testing.M) { os.Exit(run(m)) }

// binVariable names the directory with the programs to a test program that another one has started.
const binVariable = "CHAOS_BIN"

func run(m *testing.M) int {
	if dir := os.Getenv(doomed); dir != "" {
		beDoomed(dir)
	}
	bin, err := os.MkdirTemp("", "chaos-world-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(bin)
	if programs, err = world.Build(context.Background(), root, bin, "", io.Discard); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := os.Setenv(binVariable, bin); err != nil {
		panic(err)
	}
	return m.Run()
}

// programsIn are those that were built into a directory.
func programsIn(bin string) world.Programs {
	redis, err := exec.LookPath("redis-server")
	if err != nil {
		panic(err)
	}
	return world.Programs{Services: bin, Standin: filepath.Join(bin, "standin"), Redis: redis}
}

func start(t *testing.T) *world.World {
	t.Helper()
	w, err := world.Start(t.Context(), world.Config{
		Dir: t.TempDir(), Root: root, Programs: programs, Ports: process.NewPorts(), OrderTTL: time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	return w
}

func bounded(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func buy(t *testing.T, w *world.World, email string) {
	t.Helper()
	c := api.New(w.Gateway())
	if _, err := c.SignUp(t.Context(), email, "correct horse"); err != nil {
		t.Fatal(err)
	}
	ticket, err := c.ListTicket(t.Context(), "Front row", 1999)
	if err != nil {
		t.Fatal(err)
	}
	order, err := c.PlaceOrder(t.Context(), ticket.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Pay(t.Context(), order.ID, "tok_visa"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.AwaitOrder(bounded(t), order.ID, api.Complete); err != nil {
		t.Fatal(err)
	}
}

func TestAWorldIsHurtAndHeals(t *testing.T) {
	w := start(t)
	if err := w.NoteBefore(); err != nil {
		t.Fatal(err)
	}
	buy(t, w, "before@example.com")

	for _, name := range []string{world.NATS, world.Mongo, "orders-1", "expiration-2"} {
		if err := w.Process(name).Kill(); err != nil {
			t.Error(err)
		}
		if err := w.Process(name).Ready(t.Context()); err == nil {
			t.Errorf("%s is dead and serves", name)
		}
	}
	if err := w.WipeRedis(); err != nil {
		t.Error(err)
	}
	if files, err := filepath.Glob(filepath.Join(w.StoreDir(world.Redis), "*")); err != nil || len(files) > 0 {
		t.Errorf("Redis has left %v, %v", files, err)
	}
	cut, swallowed, slow := w.Link("tickets-1→mongo"), w.Link("payments-2→stripe"), w.Link("orders-2→nats")
	cut.Cut()
	if err := swallowed.Swallow(world.Back); err != nil {
		t.Error(err)
	}
	if err := slow.Slow(50*time.Millisecond, 10*time.Millisecond, 100); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"orders-1", world.Mongo, world.Redis, world.NATS, "expiration-2"} {
		if err := w.Process(name).Restart(); err != nil {
			t.Error(err)
		}
	}
	for _, l := range []*world.Link{cut, swallowed, slow} {
		if err := l.Heal(); err != nil {
			t.Error(err)
		}
	}
	if err := w.AwaitReady(bounded(t)); err != nil {
		t.Fatal(err)
	}
	buy(t, w, "after@example.com")
	if err := w.FlushRedis(t.Context()); err != nil {
		t.Error(err)
	}
	chance := rand.New(rand.NewPCG(1, 2))
	if n, err := w.Republish(bounded(t), chance, world.Channels, 2, time.Second); n < 5 || err != nil {
		t.Errorf("%d events published anew, %v", n, err)
	}

	if letters, err := w.DeadLetters(bounded(t)); len(letters) > 0 || err != nil {
		t.Errorf("dead letters %v, %v", letters, err)
	}
	if stuck, err := w.Stuck(bounded(t)); len(stuck) > 0 || err != nil {
		t.Errorf("stuck charges %v, %v", stuck, err)
	}
	all, err := w.End(t.Context(), func(replica string) bool { return strings.HasSuffix(replica, "-1") })
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != len(w.Processes()) {
		t.Errorf("%d processes are noted, and %d there are", len(all), len(w.Processes()))
	}
	for _, p := range all {
		t.Logf("%+v", p)
		if p.Exit != "" || len(p.Deaths) > 0 {
			t.Errorf("%s: %s, %v", p.Name, p.Exit, p.Deaths)
		}
		if told := p.Goroutines > 0; told != strings.HasSuffix(p.Name, "-1") {
			t.Errorf("%s told of %d goroutines", p.Name, p.Goroutines)
		}
	}
}

package cluster_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"ticketing.dev/common/process"
	"ticketing.dev/e2e/chaos/cluster"
	"ticketing.dev/local/api"
)

// root is the repository's, from this directory.
const root = "../../.."

// patience ends a wait for what must happen.
const patience = time.Minute

var programs cluster.Programs

func TestMain(m *testing.M) { os.Exit(run(m)) }

// binVariable names the directory with the programs to a test program that another one has started.
const binVariable = "CHAOS_BIN"

func run(m *testing.M) int {
	if dir := os.Getenv(doomed); dir != "" {
		beDoomed(dir)
	}
	bin, err := filepath.Abs(filepath.Join(root, ".bin")) // where other tests build the same programs
	if err != nil {
		panic(err)
	}
	if programs, err = cluster.Build(context.Background(), root, bin, ""); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := os.Setenv(binVariable, bin); err != nil {
		panic(err)
	}
	return m.Run()
}

// programsIn are those that were built into a directory.
func programsIn(bin string) cluster.Programs {
	redis, err := exec.LookPath("redis-server")
	if err != nil {
		panic(err)
	}
	return cluster.Programs{Bin: bin, Redis: redis}
}

func start(t *testing.T) *cluster.Cluster {
	t.Helper()
	w, err := cluster.Start(t.Context(), cluster.Config{
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

func buy(t *testing.T, w *cluster.Cluster, email string) {
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

func TestASystemHealsFromEveryFault(t *testing.T) {
	w := start(t)
	if err := w.NoteBefore(); err != nil {
		t.Fatal(err)
	}
	buy(t, w, "before@example.com")

	killed := []string{cluster.NATS, cluster.Mongo, "orders-1", "expiration-2"}
	for _, name := range killed {
		if err := w.Process(name).Kill(); err != nil {
			t.Error(err)
		}
		if err := w.Process(name).Ready(t.Context()); err == nil {
			t.Errorf("%s was killed and serves", name)
		}
	}
	if err := w.WipeRedis(); err != nil {
		t.Error(err)
	}
	if files, err := filepath.Glob(filepath.Join(w.StoreDir(cluster.Redis), "*")); err != nil || len(files) > 0 {
		t.Errorf("files of Redis: %v, %v", files, err)
	}
	cut, swallowed, slow := w.Link("tickets-1→mongo"), w.Link("payments-2→stripe"), w.Link("orders-2→nats")
	cut.Cut()
	if err := swallowed.Swallow(cluster.Back); err != nil {
		t.Error(err)
	}
	if err := slow.Slow(50*time.Millisecond, 10*time.Millisecond, 100); err != nil {
		t.Error(err)
	}
	for _, name := range append(killed, cluster.Redis) {
		if err := w.Process(name).Restart(); err != nil {
			t.Error(err)
		}
	}
	for _, l := range []*cluster.Link{cut, swallowed, slow} {
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
	if n, err := w.Republish(bounded(t), chance, cluster.Channels, 2, time.Second); n < 5 || err != nil {
		t.Errorf("%d events republished, %v", n, err)
	}
	endsWell(t, w)
}

// endsWell ends the processes, half of them with SIGQUIT, and checks that nothing is left over.
func endsWell(t *testing.T, w *cluster.Cluster) {
	t.Helper()
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
		t.Errorf("%d processes ended of %d", len(all), len(w.Processes()))
	}
	for _, p := range all {
		t.Logf("%+v", p)
		if p.Exit != "" || len(p.Deaths) > 0 {
			t.Errorf("%s: %s, %v", p.Name, p.Exit, p.Deaths)
		}
		for to, connections := range p.Links {
			if runtime.GOOS == "linux" && to != cluster.Stripe && connections == 0 {
				t.Errorf("%s reaches %s without its link", p.Name, to)
			}
		}
		if counted := p.Goroutines > 0; counted != strings.HasSuffix(p.Name, "-1") {
			t.Errorf("%s has %d goroutines", p.Name, p.Goroutines)
		}
	}
}

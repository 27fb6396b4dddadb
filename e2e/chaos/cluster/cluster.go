package cluster

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"ticketing.dev/common/process"
	"ticketing.dev/e2e/chaos/defects"
	"ticketing.dev/local/system"
)

const (
	// startTimeout is how long everything may take to serve.
	startTimeout = 3 * time.Minute
	// longestPause is how soon a process that has died is restarted.
	longestPause = 500 * time.Millisecond
	// cores gives services two cores on every machine. The memory of auth and the connections to Redis grow with
	// the cores, and the bounds for leaks are for two.
	cores = "GOMAXPROCS=2"
)

// Config says what a cluster is made of.
type Config struct {
	// Dir is an empty directory for everything that the processes write. Their logs are in log below it.
	Dir string
	// Root is the repository's.
	Root     string
	Programs Programs
	// Ports may be shared by clusters that run side by side.
	Ports *process.Ports
	// Mongo are databases on a MongoDB that's already running; nil starts the stand-in.
	Mongo *Databases
	// OrderTTL is how long orders may stay unpaid.
	OrderTTL time.Duration
	// Skew is how far the clock of a replica is ahead, by its name.
	Skew map[string]time.Duration
}

// Cluster is a running system, each connection of which to a store can be cut.
type Cluster struct {
	*system.System
	config Config
	run    system.Run
	before map[string]int64 // the memory of each replica before the load

	mu     sync.Mutex
	shared system.Settings // with the stores' own addresses
	links  map[string]*Link
}

// Start runs a cluster until Close is called. When it returns, everything serves. ctx bounds the start
// only.
func Start(ctx context.Context, config Config) (*Cluster, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	c := &Cluster{config: config, links: make(map[string]*Link), before: make(map[string]int64)}
	replicas := make(map[string]int)
	for _, service := range system.Services {
		replicas[service] = len(ReplicaNames(service))
	}
	env := system.Environment{Limits: system.Limits{RateFactor: "0"}} // all users have one address
	if config.Mongo != nil {
		env.MongoURI = config.Mongo.server.uri(config.Mongo.server.addr, "")
	}
	var err error
	c.System, err = system.Start(ctx, system.Config{
		Dir: config.Dir, Root: config.Root, Bin: config.Programs.Bin, RedisServer: config.Programs.Redis,
		Environment: env, Replicas: replicas, Replica: c.replica, OrderTTL: config.OrderTTL,
		LongestPause: longestPause, Ports: config.Ports,
	})
	if err != nil {
		c.cut()
		return nil, err
	}
	c.run = c.System.Run()
	return c, nil
}

// replica connects a replica to its stores through links, and sets its clock.
func (c *Cluster) replica(name string, shared system.Settings) (system.Settings, []string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shared = shared
	s := shared
	for _, to := range stores(ServiceOf(name)) {
		addr, err := c.config.Ports.Free()
		if err != nil {
			return s, nil, err
		}
		l, err := newLink(name, to, addr, c.store(to))
		if err != nil {
			return s, nil, err
		}
		c.links[l.Name()] = l
		switch to {
		case Mongo:
			s.MongoURI = c.mongoURI(addr, ServiceOf(name))
		case NATS:
			s.NATSURL = "nats://" + addr
		case Redis:
			s.RedisAddr = addr
		case Stripe:
			s.Stripe.URL = "http://" + addr
		}
	}
	environ := []string{cores}
	if skew := c.config.Skew[name]; skew != 0 {
		environ = append(environ, defects.SkewVariable+"="+skew.String())
	}
	return s, environ, nil
}

// store is the address of a store itself.
func (c *Cluster) store(name string) string {
	if name == Mongo && c.config.Mongo != nil {
		return c.config.Mongo.server.addr
	}
	_, addr, _ := strings.Cut(map[string]string{
		Mongo: c.shared.MongoURI, NATS: c.shared.NATSURL, Redis: "redis://" + c.shared.RedisAddr, Stripe: c.shared.Stripe.URL,
	}[name], "://")
	return addr
}

// Close kills what still runs.
func (c *Cluster) Close() error {
	defer c.cut()
	return c.Kill()
}

func (c *Cluster) cut() {
	for _, l := range c.links {
		l.Cut()
	}
}

// Gateway is the URL of the API.
func (c *Cluster) Gateway() string { return c.run.Gateway }

// Stripe is the URL of the sandbox itself.
func (c *Cluster) Stripe() string { return c.run.Stripe.URL }

// Link returns a link, such as orders-1→mongo, or nil.
func (c *Cluster) Link(name string) *Link { return c.links[name] }

// Log is the file with the output of a process.
func (c *Cluster) Log(name string) string { return filepath.Join(c.config.Dir, "log", name+".log") }

// StoreDir is where a store keeps its data.
func (c *Cluster) StoreDir(name string) string { return filepath.Join(c.config.Dir, name) }

// AwaitReady waits until every process serves, or ctx ends.
func (c *Cluster) AwaitReady(ctx context.Context) error {
	var errs []error
	for _, name := range c.Processes() {
		errs = append(errs, c.Process(name).AwaitReady(ctx))
	}
	return errors.Join(errs...)
}

// Heal undoes all faults that still last: links, processes, Stripe.
func (c *Cluster) Heal(ctx context.Context) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(c.links)) {
		errs = append(errs, c.links[name].Heal())
	}
	for _, name := range c.Processes() {
		errs = append(errs, c.Process(name).Resume(), c.Process(name).Restart())
	}
	return errors.Join(append(errs, c.HealStripe(ctx))...)
}

// FlushRedis empties Redis.
func (c *Cluster) FlushRedis(ctx context.Context) error {
	if err := process.Answers(c.store(Redis), "FLUSHALL SYNC\r\n", "+OK")(ctx); err != nil {
		return fmt.Errorf("flush Redis: %w", err)
	}
	return nil
}

// WipeRedis kills Redis and removes its files.
func (c *Cluster) WipeRedis() error {
	killed := c.Process(Redis).Kill()
	if killed != nil && !errors.Is(killed, process.ErrNotRunning) {
		return killed
	}
	dir := c.StoreDir(Redis)
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("remove Redis's files: %w", err)
	}
	return os.MkdirAll(dir, 0o700)
}

package cluster

import (
	"context"
	"errors"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"ticketing.dev/common/process"
	"ticketing.dev/local/system"
)

// Config says what a cluster is made of.
type Config struct {
	// Dir is an empty directory for everything that the processes write. Their logs are in log below it.
	Dir string
	// Root is the repository's.
	Root     string
	Programs Programs
	// Ports may be shared by worlds side by side.
	Ports *process.Ports
	// Mongo are databases on a MongoDB that runs already; nil starts the stand-in.
	Mongo *Databases
	// OrderTTL is how long orders may stay unpaid.
	OrderTTL time.Duration
	// Skew is how far the clock of a replica is ahead, by its name.
	Skew map[string]time.Duration
}

// Cluster is a system that runs.
type Cluster struct {
	config    Config
	settings  system.Settings // with the stores' own addresses, but for MongoDB
	processes map[string]*Process
	links     map[string]*Link
	addrs     map[string]string // by the name of the process, store or link
	listener  net.Listener
	server    *http.Server
	log       *os.File // the gateway's
	close     func() error
}

// Start runs a cluster until Close is called. When it returns, everything serves. ctx bounds the start
// only.
func Start(ctx context.Context, config Config) (*Cluster, error) {
	c := &Cluster{
		config:    config,
		processes: make(map[string]*Process),
		links:     make(map[string]*Link),
		addrs:     make(map[string]string),
	}
	c.close = sync.OnceValue(c.end)
	for _, step := range []func(context.Context) error{c.listen, c.startStores, c.openLinks, c.startServices, c.serve} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, c.Close())
		}
	}
	return c, nil
}

// Close kills what still runs. It may be called again.
func (c *Cluster) Close() error { return c.close() }

func (c *Cluster) end() error {
	var errs []error
	if c.server != nil {
		errs = append(errs, c.server.Close())
	}
	if c.listener != nil {
		_ = c.listener.Close() // the server may have closed it already
	}
	if c.log != nil {
		errs = append(errs, c.log.Close())
	}
	for _, p := range c.processes {
		p.Close()
	}
	for _, l := range c.links {
		l.Cut()
	}
	return errors.Join(errs...)
}

// Gateway is the URL of the API.
func (c *Cluster) Gateway() string { return "http://" + c.listener.Addr().String() }

// Stripe is the URL of the sandbox itself.
func (c *Cluster) Stripe() string { return c.settings.Stripe.URL }

// Process is the one of a name, such as nats or orders-1, or nil.
func (c *Cluster) Process(name string) *Process { return c.processes[name] }

// Link is the one of a name, such as orders-1→mongo, or nil.
func (c *Cluster) Link(name string) *Link { return c.links[name] }

// Log is the file with the output of a process.
func (c *Cluster) Log(name string) string { return filepath.Join(c.config.Dir, "log", name+".log") }

// Processes are all of them, by their names in order.
func (c *Cluster) Processes() []*Process {
	all := make([]*Process, 0, len(c.processes))
	for _, name := range slices.Sorted(maps.Keys(c.processes)) {
		all = append(all, c.processes[name])
	}
	return all
}

// Heal undoes all faults that still last: links, processes, Stripe.
func (c *Cluster) Heal(ctx context.Context) error {
	var errs []error
	for _, l := range c.links {
		errs = append(errs, l.Heal())
	}
	for _, p := range c.Processes() {
		errs = append(errs, p.Resume(), p.Restart())
	}
	return errors.Join(append(errs, c.HealStripe(ctx))...)
}

// address gives a part a port of its own.
func (c *Cluster) address(name string) (addr string, err error) {
	addr, err = c.config.Ports.Free()
	c.addrs[name] = addr
	return addr, err
}

// each calls a function for all of something.
func each[T any](all []T, do func(T) error) error {
	var errs []error
	for _, one := range all {
		errs = append(errs, do(one))
	}
	return errors.Join(errs...)
}

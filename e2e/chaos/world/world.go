package world

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

// Config says what a world is made of.
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

// World is a system that runs.
type World struct {
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

// Start runs a world until Close is called. When it returns, everything serves. ctx bounds the start
// only.
func Start(ctx context.Context, c Config) (*World, error) {
	w := &World{
		config:    c,
		processes: make(map[string]*Process),
		links:     make(map[string]*Link),
		addrs:     make(map[string]string),
	}
	w.close = sync.OnceValue(w.end)
	for _, step := range []func(context.Context) error{w.listen, w.startStores, w.openLinks, w.startServices, w.serve} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, w.Close())
		}
	}
	return w, nil
}

// Close kills what still runs. It may be called again.
func (w *World) Close() error { return w.close() }

func (w *World) end() error {
	var errs []error
	if w.server != nil {
		errs = append(errs, w.server.Close())
	}
	if w.listener != nil {
		_ = w.listener.Close() // the server may have closed it already
	}
	if w.log != nil {
		errs = append(errs, w.log.Close())
	}
	for _, p := range w.processes {
		p.Close()
	}
	for _, l := range w.links {
		l.Cut()
	}
	return errors.Join(errs...)
}

// Gateway is the URL of the API.
func (w *World) Gateway() string { return "http://" + w.listener.Addr().String() }

// Stripe is the URL of the sandbox itself.
func (w *World) Stripe() string { return w.settings.Stripe.URL }

// Process is the one of a name, such as nats or orders-1, or nil.
func (w *World) Process(name string) *Process { return w.processes[name] }

// Link is the one of a name, such as orders-1→mongo, or nil.
func (w *World) Link(name string) *Link { return w.links[name] }

// Log is the file with the output of a process.
func (w *World) Log(name string) string { return filepath.Join(w.config.Dir, "log", name+".log") }

// Processes are all of them, by their names in order.
func (w *World) Processes() []*Process {
	all := make([]*Process, 0, len(w.processes))
	for _, name := range slices.Sorted(maps.Keys(w.processes)) {
		all = append(all, w.processes[name])
	}
	return all
}

// Heal undoes whatever was done to the world, as far as it is not undone yet: links, processes, Stripe.
func (w *World) Heal(ctx context.Context) error {
	var errs []error
	for _, l := range w.links {
		errs = append(errs, l.Heal())
	}
	for _, p := range w.Processes() {
		errs = append(errs, p.Resume(), p.Restart())
	}
	return errors.Join(append(errs, w.HealStripe(ctx))...)
}

// address gives a part a port of its own.
func (w *World) address(name string) (addr string, err error) {
	addr, err = w.config.Ports.Free()
	w.addrs[name] = addr
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

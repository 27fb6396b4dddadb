// Package system runs the whole of Ticketing on one machine: the services' own programs, what they run on, and
// a gateway in front. Each part is a process that's restarted when it dies. Stand-ins take the place of MongoDB,
// NATS Streaming, Redis, Stripe, and an SMTP server unless the address of a real one is given.
package system

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"ticketing.dev/common/process"
	"ticketing.dev/common/web"
	"ticketing.dev/local/gateway"
)

// Services are the names of the services, in the order in which they are started.
var Services = []string{"auth", "tickets", "orders", "payments", "expiration"}

// StandinPackage is the program of the stand-ins.
const StandinPackage = "./local/cmd/standin"

// Packages are the programs of the services, as seen from the root of the repository.
func Packages() []string {
	packages := make([]string, len(Services))
	for i, name := range Services {
		packages[i] = "./" + name + "/cmd/" + name
	}
	return packages
}

// ReplicaNames are the names of a service's replicas: orders if there's one, and orders-1, orders-2 of two.
func ReplicaNames(service string, count int) []string {
	if count == 1 {
		return []string{service}
	}
	names := make([]string, count)
	for i := range names {
		names[i] = fmt.Sprintf("%s-%d", service, i+1)
	}
	return names
}

const (
	// mailboxService is what shows the mails, as a service of the gateway.
	mailboxService = "mail"
	// drainTimeout is for requests under way at the end. It's longer than a payment takes.
	drainTimeout = 35 * time.Second
	// buildPatience is how long a build is silent: one that finds everything up to date stays so.
	buildPatience = 2 * time.Second
)

// System is a running system.
type System struct {
	config   Config
	dir      *directory
	logs     *logs
	listener net.Listener
	settings Settings
	failed   chan error
	closers  []func() error // closed in reverse

	mu        sync.Mutex
	parts     map[string]*part // all of them
	standins  map[string]*part
	mailbox   string // the address that shows the mails, empty with a real SMTP server
	replicas  map[string][]*part
	client    *part // nil without a client
	announced bool
}

// Start runs a system until Close is called. When it returns, everything is ready. ctx bounds the start only.
func Start(ctx context.Context, c Config) (*System, error) {
	s := &System{
		config:   c,
		failed:   make(chan error, 1),
		parts:    make(map[string]*part),
		standins: make(map[string]*part),
		replicas: make(map[string][]*part),
	}
	for _, step := range []func(context.Context) error{
		s.check, s.openDirectory, s.listen, s.build, s.startStandins, s.startServices, s.startClient, s.serve, s.announce,
	} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return s, nil
}

// Close drains the gateway, then the services, then what they run on.
func (s *System) Close() error {
	var errs []error
	for _, undo := range slices.Backward(s.closers) {
		errs = append(errs, undo())
	}
	s.closers = nil
	return errors.Join(errs...)
}

// Kill ends all processes at once, without draining them, and closes the system.
func (s *System) Kill() error {
	for _, name := range s.Processes() {
		s.Process(name).Close()
	}
	return s.Close()
}

// Process returns the process of a stand-in, such as mongo, or of a replica, such as orders or orders-2, or nil.
func (s *System) Process(name string) *process.Supervisor {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.parts[name]; p != nil {
		return &p.Supervisor
	}
	return nil
}

// Processes returns the names of all processes in order.
func (s *System) Processes() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.parts))
}

// Settings are what the services run with.
func (s *System) Settings() Settings { return s.settings }

// Failed reports a failure that the system can't recover from.
func (s *System) Failed() <-chan error { return s.failed }

func (s *System) onClose(undo func() error) { s.closers = append(s.closers, undo) }

func (s *System) check(context.Context) error {
	s.config.setDefaults()
	return s.config.check()
}

func (s *System) openDirectory(context.Context) (err error) {
	if s.dir, err = openDirectory(s.config.Dir); err != nil {
		return err
	}
	s.onClose(s.dir.close)
	// Left behind by a killed system.
	if err := os.Remove(s.dir.path(runFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("data directory: %w", err)
	}
	if s.logs, err = openLogs(s.dir.path("log"), s.config.Errors, s.config.Verbose); err != nil {
		return err
	}
	s.onClose(s.logs.close)
	return nil
}

// listen takes the gateway's port before anything slow begins, since it may be in use.
func (s *System) listen(ctx context.Context) (err error) {
	if s.listener, err = new(net.ListenConfig).Listen(ctx, "tcp", s.config.Addr); err != nil {
		return fmt.Errorf("gateway: %w", err)
	}
	s.onClose(func() error { _ = s.listener.Close(); return nil }) // the server may have closed it already
	return nil
}

// build builds the programs unless they're there already.
func (s *System) build(ctx context.Context) (err error) {
	if s.config.Bin == "" {
		slow := time.AfterFunc(buildPatience, func() { fmt.Fprintln(s.config.Progress, "building the programs") })
		defer slow.Stop()
		s.config.Bin, err = Build(ctx, s.config.Root)
	}
	s.config.Standin = cmp.Or(s.config.Standin, filepath.Join(s.config.Bin, "standin"))
	return err
}

// Build builds all programs of the repository at root and returns their directory.
func Build(ctx context.Context, root string) (bin string, err error) {
	bin = filepath.Join(root, ".bin")
	return bin, process.Build(ctx, root, bin, append(Packages(), StandinPackage))
}

// startServices starts all services at once and waits until they're ready.
func (s *System) startServices(ctx context.Context) error {
	s.onClose(s.stopServices)
	var starting []func() error
	for _, name := range Services {
		for _, replica := range ReplicaNames(name, s.config.replicas(name)) {
			starting = append(starting, func() error { return s.startReplica(ctx, name, replica) })
		}
	}
	return together(starting)
}

func (s *System) stopServices() error {
	return stopAll(slices.Concat(slices.Collect(maps.Values(s.replicas))...))
}
func (s *System) stopStandins() error { return stopAll(slices.Collect(maps.Values(s.standins))) }

func stopAll(parts []*part) error {
	stopping := make([]func() error, len(parts))
	for i, p := range parts {
		stopping[i] = p.stop
	}
	return together(stopping)
}

// together calls functions concurrently and waits for all of them.
func together(all []func() error) error {
	errs := make([]error, len(all))
	var running sync.WaitGroup
	for i, f := range all {
		running.Go(func() { errs[i] = f() })
	}
	running.Wait()
	return errors.Join(errs...)
}

// serve runs the gateway.
func (s *System) serve(context.Context) error {
	routes, err := gateway.ReadRoutes(filepath.Join(s.config.Root, manifest))
	if err != nil {
		return err
	}
	if s.mailbox != "" {
		routes = append(routes, gateway.Route{Path: "/mail", Service: mailboxService})
	}
	j, err := s.logs.journal("gateway")
	if err != nil {
		return err
	}
	g := gateway.New(routes, s.backends, s.logs.logger(j, s.config.LogLevel))
	g.Trust(s.config.TrustedProxies)
	g.AllowHosts(s.config.GatewayHosts...)
	if s.config.Client != BuiltClient {
		g.AllowUpgrades()
	}
	server := &http.Server{Handler: web.Bounded(g), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10}
	server.RegisterOnShutdown(g.EndStreams)
	go func() {
		if err := server.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
			s.fail(fmt.Errorf("gateway: %w", err))
		}
	}()
	s.onClose(func() error {
		ctx, cancel := context.WithTimeout(context.Background(), drainTimeout)
		defer cancel()
		_ = server.Shutdown(ctx)
		return server.Close() // for requests that are still under way
	})
	return nil
}

// backends are the URLs of a service that the manifest calls <name>-srv.
func (s *System) backends(service string) (urls []*url.URL) {
	if service == mailboxService {
		return []*url.URL{{Scheme: "http", Host: s.mailbox}}
	}
	name := strings.TrimSuffix(service, "-srv")
	s.mu.Lock()
	defer s.mu.Unlock()
	if name == clientName && s.client != nil {
		return []*url.URL{s.client.url}
	}
	for _, p := range s.replicas[name] {
		urls = append(urls, p.url)
	}
	return urls
}

// gatewayURL is where this machine reaches the gateway, even if it listens on every address.
func (s *System) gatewayURL() string {
	addr := *s.listener.Addr().(*net.TCPAddr)
	if addr.IP.IsUnspecified() {
		addr.IP = net.IPv4(127, 0, 0, 1)
	}
	return "http://" + addr.String()
}

// siteURL is the site's address in mails: with the configured host name, if there's one.
func (s *System) siteURL() string {
	host, _, err := net.SplitHostPort(s.config.Addr)
	if err != nil || host == "" || net.ParseIP(host) != nil {
		return s.gatewayURL()
	}
	return fmt.Sprintf("http://%s:%d", host, s.listener.Addr().(*net.TCPAddr).Port)
}

// fail reports the first failure.
func (s *System) fail(err error) {
	select {
	case s.failed <- err:
	default:
	}
}

// Package system runs the whole of Ticketing on one machine: the five services, what they run on, and
// a gateway in front. MongoDB, NATS Streaming, Redis and Stripe are stand-ins unless the address of a
// real one is given.
//
// All of it is in this process, or each service and stand-in is in one of its own. The services do not
// know the difference: here they are made by their constructors, there by their programs, and they
// speak to each other over the same broker.
package system

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"ticketing.dev/local/gateway"
)

// Services are the names of the services, in the order in which they are started.
var Services = []string{"auth", "tickets", "orders", "payments", "expiration"}

// drainTimeout is what requests have to end in when the system stops: longer than a payment takes.
const drainTimeout = 35 * time.Second

// System is a running system.
type System struct {
	config   Config
	dir      *directory
	logs     *logs
	launcher launcher
	listener net.Listener
	settings Settings
	client   *unit // nil if there is none
	failed   chan error
	giveUp   context.CancelCauseFunc // ends the start
	closers  []func() error          // what to undo, in reverse

	mu        sync.Mutex
	standins  map[string]*unit
	replicas  map[string][]*unit
	announced bool
}

// Start runs a system until Close is called. When it returns, everything is ready: every service's
// store answers, and its bus is connected. ctx bounds the start only.
func Start(ctx context.Context, c Config) (*System, error) {
	s := &System{
		config:   c,
		failed:   make(chan error, 1),
		standins: make(map[string]*unit),
		replicas: make(map[string][]*unit),
	}
	ctx, s.giveUp = context.WithCancelCause(ctx)
	defer s.giveUp(nil)
	for _, step := range []func(context.Context) error{
		s.check, s.openDirectory, s.listen, s.prepare, s.startStandins, s.startServices, s.startClient, s.serve, s.announce,
	} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return s, nil
}

// Close drains the system: the gateway first, then the services, then what they run on.
func (s *System) Close() error {
	var errs []error
	for _, undo := range slices.Backward(s.closers) {
		errs = append(errs, undo())
	}
	s.closers = nil
	return errors.Join(errs...)
}

// Failed tells that a part has ended that is not started again. The system is to be closed then.
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
	if err := removeStale(s.dir.path(runFile)); err != nil {
		return err
	}
	if s.logs, err = openLogs(s.dir.path("log"), s.config.Errors, s.config.Verbose); err != nil {
		return err
	}
	s.onClose(s.logs.close)
	return nil
}

// listen takes the gateway's port, which is the first thing that may be wrong.
func (s *System) listen(ctx context.Context) (err error) {
	if s.listener, err = new(net.ListenConfig).Listen(ctx, "tcp", s.config.Addr); err != nil {
		return fmt.Errorf("gateway: %w", err)
	}
	s.onClose(func() error { _ = s.listener.Close(); return nil }) // the server may have closed it already
	return nil
}

// prepare decides in which processes things run.
func (s *System) prepare(ctx context.Context) error {
	if !s.config.Processes {
		s.launcher = &here{logs: s.logs, fail: s.fail}
		return nil
	}
	bin := cmp.Or(s.config.Bin, s.dir.path("bin"))
	if err := buildServices(ctx, s.config.Root, bin, s.config.Progress); err != nil {
		return err
	}
	standin := s.config.Standin
	if standin == "" {
		standin = filepath.Join(bin, "standin")
		if err := Build(ctx, filepath.Join(s.config.Root, "local"), "standin", bin, s.config.Progress); err != nil {
			return err
		}
	}
	s.launcher = &apart{bin: bin, standinProgram: standin, logs: s.logs, ports: NewPorts(), changed: s.rewrite}
	return nil
}

// startServices starts all of them side by side and waits until they are ready.
func (s *System) startServices(ctx context.Context) error {
	s.onClose(s.stopServices)
	started := make(chan error)
	begun := 0
	for _, name := range Services {
		for range s.config.replicas(name) {
			begun++
			go func() { started <- s.startService(ctx, name) }()
		}
	}
	var errs []error
	for range begun {
		errs = append(errs, <-started)
	}
	return errors.Join(errs...)
}

func (s *System) startService(ctx context.Context, name string) error {
	u, err := s.launcher.service(ctx, name, s.settings)
	if err != nil {
		return fmt.Errorf("start %s: %w", name, err)
	}
	s.mu.Lock()
	s.replicas[name] = append(s.replicas[name], u)
	s.mu.Unlock()
	if err := u.awaitReady(ctx); err != nil {
		return fmt.Errorf("%s: %w; see %s", name, err, s.logs.file(name))
	}
	return nil
}

// stopServices lets them drain side by side.
func (s *System) stopServices() error {
	s.mu.Lock()
	all := slices.Concat(slices.Collect(maps.Values(s.replicas))...)
	s.mu.Unlock()
	stopped := make(chan error)
	for _, u := range all {
		go func() { stopped <- u.stop() }()
	}
	var errs []error
	for range all {
		errs = append(errs, <-stopped)
	}
	return errors.Join(errs...)
}

// serve runs the gateway.
func (s *System) serve(context.Context) error {
	routes, err := gateway.ReadRoutes(filepath.Join(s.config.Root, manifest))
	if err != nil {
		return err
	}
	log, err := s.logs.logger("gateway", s.config.LogLevel)
	if err != nil {
		return err
	}
	g := gateway.New(routes, s.backends, log)
	g.Trust(s.config.TrustedProxies)
	server := &http.Server{Handler: g, ReadHeaderTimeout: 10 * time.Second}
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
		return server.Close() // for what is still under way then
	})
	return nil
}

// backends says where the replicas are of a service that the manifest calls <name>-srv.
func (s *System) backends(service string) []*url.URL {
	name := strings.TrimSuffix(service, "-srv")
	if name == clientName {
		if s.client == nil {
			return nil
		}
		return []*url.URL{s.client.url}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	urls := make([]*url.URL, len(s.replicas[name]))
	for i, u := range s.replicas[name] {
		urls[i] = u.url
	}
	return urls
}

// fail reports the first failure; more would say nothing new. A start that is under way ends with it.
func (s *System) fail(err error) {
	s.giveUp(err)
	select {
	case s.failed <- err:
	default:
	}
}

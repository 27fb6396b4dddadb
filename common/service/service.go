// Package service runs a service: its configuration, HTTP server, listeners and tasks. It shuts them down in an order
// that loses no request and no event.
package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"
	"golang.org/x/sync/errgroup"

	"ticketing.dev/common/bus"
	"ticketing.dev/common/metrics"
	"ticketing.dev/common/problem"
	"ticketing.dev/common/web"
)

const (
	// drainTimeout bounds requests at shutdown; web gives them 30 s. With the time that tasks need afterwards, a pod's
	// terminationGracePeriodSeconds must be above 45.
	drainTimeout = 35 * time.Second
	// writeTimeout bounds responses to slow clients: more than web's request timeout, less than drainTimeout. Streams
	// set their own deadlines.
	writeTimeout = 33 * time.Second
	// maxHeader is the size of the largest accepted request header, in bytes.
	maxHeader = 64 << 10
	// readyTimeout bounds the readiness check.
	readyTimeout = 2 * time.Second
)

// Service is a service that Run can run.
type Service interface {
	// Routes adds the service's HTTP routes.
	Routes(r chi.Router)
	// Listeners are the events that the service reacts to.
	Listeners() []bus.Listener
	// Tasks run in the background.
	Tasks() []Task
	// Ready checks the service's own store.
	Ready(ctx context.Context) error
}

// Task runs until ctx ends. An error stops the whole service.
type Task func(ctx context.Context) error

// Run serves until ctx ends. Then it stops accepting requests and messages, waits for those being handled, and finally
// stops the tasks, so that the relay still publishes what was committed.
func Run(ctx context.Context, name string, l net.Listener, b bus.Bus, log *slog.Logger, s Service) error {
	draining := make(chan struct{})
	server := newServer(handler(s, b, draining, log), log)
	server.BaseContext = func(net.Listener) context.Context {
		return context.WithValue(context.Background(), drainingKey{}, draining)
	}

	tasksCtx, stopTasks := context.WithCancel(context.WithoutCancel(ctx))
	defer stopTasks()
	tasks, failed := errgroup.WithContext(tasksCtx)
	for _, task := range s.Tasks() {
		tasks.Go(func() error { return task(failed) })
	}
	listening, err := bus.Listen(b, name, s.Listeners(), log)
	if err != nil {
		stopTasks()
		return errors.Join(err, tasks.Wait(), l.Close())
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	log.Info("serving", "address", l.Addr().String())

	select {
	case <-ctx.Done():
	case <-failed.Done():
	case err = <-served:
	}
	log.Info("draining")
	close(draining)
	err = errors.Join(err, drain(context.WithoutCancel(ctx), server, listening))
	stopTasks()
	return errors.Join(err, tasks.Wait())
}

type drainingKey struct{}

// Draining is closed when the service that handles a request starts to shut down. Endless responses must end then.
// Outside of Run it's never closed.
func Draining(ctx context.Context) <-chan struct{} {
	draining, _ := ctx.Value(drainingKey{}).(chan struct{})
	return draining
}

func newServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		MaxHeaderBytes:    maxHeader,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// drain waits for the requests and messages that are being handled.
func drain(ctx context.Context, server *http.Server, listening bus.Subscription) error {
	ctx, cancel := context.WithTimeout(ctx, drainTimeout)
	defer cancel()
	var both errgroup.Group
	both.Go(func() error {
		if err := server.Shutdown(ctx); err != nil {
			return errors.Join(fmt.Errorf("drain requests: %w", err), server.Close())
		}
		return nil
	})
	both.Go(listening.Close)
	return both.Wait()
}

// handler adds the health checks.
func handler(s Service, b bus.Bus, draining <-chan struct{}, log *slog.Logger) http.Handler {
	var identify web.Identify
	if users, ok := s.(interface {
		Identify(r *http.Request) []slog.Attr
	}); ok { // expiration has no users
		identify = users.Identify
	}
	r := web.NewRouter(log, identify)
	r.Use(metrics.Requests)
	r.Get("/healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	r.Method(http.MethodGet, "/readyz", web.Handler(func(w http.ResponseWriter, r *http.Request) error {
		select {
		case <-draining:
			return problem.New(problem.Unavailable, "Draining")
		default:
		}
		ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
		defer cancel()
		if err := s.Ready(ctx); err != nil {
			log.WarnContext(ctx, "not ready", "error", err)
			return problem.New(problem.Unavailable, "Not ready")
		}
		if b != nil {
			w.Header().Set("Broker", brokerState(b))
		}
		w.WriteHeader(http.StatusOK)
		return nil
	}))
	s.Routes(r)
	return r
}

// brokerState doesn't affect readiness: without its broker, a service still answers most requests. A program
// that starts a system can wait for it.
func brokerState(b bus.Bus) string {
	if bus.SessionOf(b).Connected {
		return "connected"
	}
	return "away"
}

// Every returns a task that calls do immediately and then at an interval. It logs errors and continues.
func Every(interval time.Duration, log *slog.Logger, what string, do func(ctx context.Context) error) Task {
	return func(ctx context.Context) error {
		tick := time.NewTicker(interval)
		defer tick.Stop()
		for {
			if err := do(ctx); err != nil && ctx.Err() == nil {
				log.Error(what+" failed", "error", err)
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return nil
			}
		}
	}
}

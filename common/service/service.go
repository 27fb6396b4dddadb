// Package service runs a service: its configuration, its HTTP, its listeners and its tasks, and the
// end of them all in an order that loses no request and no event.
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
	"ticketing.dev/common/problem"
	"ticketing.dev/common/web"
)

const (
	// drainTimeout is what requests have to end in when the service stops: web gives them 30 s. With
	// what the tasks need after that, a pod's terminationGracePeriodSeconds has to be above 45.
	drainTimeout = 35 * time.Second
	// writeTimeout ends a request whose client does not read the answer: later than web ends the work
	// for it, and before drainTimeout. A stream sets deadlines of its own.
	writeTimeout = 33 * time.Second
	// readyTimeout ends the question to the store whether it answers.
	readyTimeout = 2 * time.Second
)

// Service is what a program runs.
type Service interface {
	// Routes adds the service's part of the HTTP API.
	Routes(r chi.Router)
	// Listeners are the events that the service reacts to.
	Listeners() []bus.Listener
	// Tasks are what it does by itself.
	Tasks() []Task
	// Ready says whether the service's own store answers.
	Ready(ctx context.Context) error
}

// Task works until ctx ends. An error stops the whole service.
type Task func(ctx context.Context) error

// Run serves until ctx ends, then drains: no new requests and messages, and when the last of them has
// been handled the tasks end, the relay among them, so that what it committed is still published.
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

// Draining is closed when the service that handles a request begins to stop. A response that has no end
// of its own ends then, or the service would wait for it in vain. Outside of Run it is never closed.
func Draining(ctx context.Context) <-chan struct{} {
	draining, _ := ctx.Value(drainingKey{}).(chan struct{})
	return draining
}

func newServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// drain waits for the requests and the messages that are being handled.
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

// handler adds what the platform asks of every service.
func handler(s Service, b bus.Bus, draining <-chan struct{}, log *slog.Logger) http.Handler {
	r := web.NewRouter(log)
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

// brokerState doesn't affect readiness: without its broker, a service still answers most requests. But whoever
// starts a system may want to wait for it.
func brokerState(b bus.Bus) string {
	if bus.SessionOf(b).Connected {
		return "connected"
	}
	return "away"
}

// Every is a task that does something at once and then at an interval. An error is logged, and the
// next time comes as if it had not been.
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

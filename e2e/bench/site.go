package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"go.mongodb.org/mongo-driver/mongo"

	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/mongodb"
	"ticketing.dev/common/session"
	"ticketing.dev/local/system"
)

const (
	// quietPoll is how often a site that comes to rest is looked at, and quietShare the share of a core that its
	// services take at rest at most.
	quietPoll  = 250 * time.Millisecond
	quietShare = 0.15
	// quietPatience bounds the wait on a machine that other programs keep busy.
	quietPatience = time.Minute
)

// site is a system that is measured: the real programs, without the client, and without limits per user.
type site struct {
	system.Run
	system   *system.System
	db       *mongo.Client
	sessions *session.Sessions
	env      system.Environment
}

// openSite starts a system. MONGO_URI and its like name real servers, as for make up.
func openSite(ctx context.Context, dir string, progress io.Writer) (*site, error) {
	env, err := system.ReadEnvironment()
	if err != nil {
		return nil, err
	}
	env.JWTKey = rand.Text() + rand.Text()
	env.Limits = system.Limits{RateFactor: "0", StreamsMax: "1000000", StreamsMaxPerAddress: "1000000"}
	env.MaxOpenOrders, env.MaxUnpaidReservations = 0, 0
	log := slog.New(slog.NewTextHandler(progress, &slog.HandlerOptions{Level: slog.LevelWarn}))
	sessions, err := session.Open(session.Config{Key: env.JWTKey}, log)
	if err != nil {
		return nil, err
	}
	running, err := system.Start(ctx, system.Config{Dir: dir, OrderTTL: time.Hour, Environment: env, Progress: progress, Errors: progress})
	if err != nil {
		return nil, err
	}
	s := &site{Run: running.Run(), system: running, sessions: sessions, env: env}
	db, err := mongodb.Connect(ctx, mongodb.Config{URI: s.Mongo.URL}, "tickets", log)
	if err != nil {
		return nil, errors.Join(err, running.Close())
	}
	s.db = db.Client()
	return s, nil
}

func (s *site) close() error {
	return errors.Join(s.db.Disconnect(context.Background()), s.system.Close())
}

// withSite opens a site in a directory of its own and removes both afterwards.
func withSite(ctx context.Context, progress io.Writer, use func(*site) error) (err error) {
	dir, err := os.MkdirTemp("", "ticketing-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s, err := openSite(ctx, dir, progress)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	return use(s)
}

// user is a signed-in user. Sessions are signed with the system's key: signing up ten thousand users would take
// minutes of argon2id, and no service looks an id up.
type user struct {
	session.User
	cookie string
}

func (s *site) users(n int) ([]user, error) {
	all := make([]user, n)
	for i := range all {
		u := session.User{ID: aggregate.NewID(), Email: fmt.Sprintf("user-%d@example.com", i)}
		w := httptest.NewRecorder()
		if err := s.sessions.Start(w, httptest.NewRequest(http.MethodGet, "https://ticketing.dev/", nil), u); err != nil {
			return nil, err
		}
		all[i] = user{User: u}
		for _, c := range w.Result().Cookies() {
			all[i].cookie = c.Name + "=" + c.Value
		}
	}
	return all, nil
}

// collection is one of a service's database.
func (s *site) collection(service, name string) *mongo.Collection {
	return s.db.Database(service).Collection(name)
}

// quiet waits until the services and the broker have handled what was asked of them.
func (s *site) quiet(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, quietPatience)
	defer cancel()
	last, began := processor(s.Run), time.Now()
	for calm := 0; calm < 2; {
		select {
		case <-time.After(quietPoll):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		now := processor(s.Run)
		busy := now.since(last).of(append(system.Services, "nats"))
		if float64(busy) < quietShare*float64(time.Since(began)) {
			calm++
		} else {
			calm = 0
		}
		last, began = now, time.Now()
	}
	return nil
}

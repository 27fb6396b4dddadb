// Package auth signs users up, in and out.
package auth

import (
	"context"
	"log/slog"
	"runtime"

	"go.mongodb.org/mongo-driver/mongo"

	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/bus"
	"ticketing.dev/common/mongodb"
	"ticketing.dev/common/ratelimit"
	"ticketing.dev/common/service"
	"ticketing.dev/common/session"
)

// Service is the auth service.
type Service struct {
	db       *mongo.Database
	users    *aggregate.Store[*User]
	hasher   *Hasher
	sessions *session.Sessions
	attempts attempts
	// dummyUser stands in for an unknown user. No password matches.
	dummyUser *User
}

// Options configure a Service.
type Options struct {
	DB       *mongo.Database
	Sessions *session.Sessions
	// Limits are none by default.
	Limits ratelimit.Config
	Log    *slog.Logger
}

// New creates the service and its index, which makes emails unique.
func New(ctx context.Context, o Options) (*Service, error) {
	users, err := openUsers(ctx, o.DB)
	if err != nil {
		return nil, err
	}
	workers := runtime.GOMAXPROCS(0)
	return &Service{
		db:        o.DB,
		users:     users,
		hasher:    NewHasher(workers, workers*queuePerWorker),
		sessions:  o.Sessions,
		attempts:  newAttempts(o.Limits),
		dummyUser: NewUser("", dummyHash()),
	}, nil
}

// Listeners is empty: auth reacts to no events.
func (s *Service) Listeners() []bus.Listener { return nil }

// Tasks is empty: auth only handles requests.
func (s *Service) Tasks() []service.Task { return nil }

// Ready checks the database.
func (s *Service) Ready(ctx context.Context) error { return mongodb.Ping(ctx, s.db) }

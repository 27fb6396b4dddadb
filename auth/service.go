// Package auth knows who the users are: it signs them up, in and out.
package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/bus"
	"ticketing.dev/common/idempotency"
	"ticketing.dev/common/mongodb"
	"ticketing.dev/common/problem"
	"ticketing.dev/common/service"
	"ticketing.dev/common/session"
)

// Service is the auth service.
type Service struct {
	db       *mongo.Database
	users    *aggregate.Store[*User]
	hasher   *Hasher
	sessions *session.Sessions
	// nobody stands in for a user who is not there. No password is right.
	nobody *User
}

// Options are what a service is made of.
type Options struct {
	DB       *mongo.Database
	Sessions *session.Sessions
	Log      *slog.Logger
}

// New makes the service and the index that lets one user have an email.
func New(ctx context.Context, o Options) (*Service, error) {
	idle := aggregate.NewRelay(nil, o.Log) // users record no events
	users, err := aggregate.Open(ctx, o.DB.Collection("users"), "auth", idle, func() *User { return new(User) },
		mongo.IndexModel{Keys: bson.D{{Key: "email", Value: 1}}, Options: options.Index().SetUnique(true)})
	if err != nil {
		return nil, err
	}
	workers := runtime.GOMAXPROCS(0)
	return &Service{o.DB, users, NewHasher(workers, workers*queuePerWorker), o.Sessions, NewUser("", unmatched())}, nil
}

// Listeners are none: auth reacts to no events.
func (s *Service) Listeners() []bus.Listener { return nil }

// Tasks are none: all that auth does, it does when it is asked.
func (s *Service) Tasks() []service.Task { return nil }

// Ready says whether the database answers.
func (s *Service) Ready(ctx context.Context) error { return mongodb.Ping(ctx, s.db) }

// register creates a user, once for each idempotency key. A retry needs the right password: the key isn't
// a credential.
func (s *Service) register(ctx context.Context, form SignUp, request *idempotency.Request) (*User, error) {
	user, made, err := s.users.Once(ctx, request, func() (*User, error) { return s.create(ctx, form, request) })
	if made || err != nil {
		return user, err
	}
	right, err := s.hasher.Matches(ctx, user.PasswordHash, string(form.Password))
	switch {
	case err != nil:
		return nil, err
	case !right:
		return nil, idempotency.ErrReused
	}
	return user, nil
}

// create creates a user. If several sign up with the same email at once, the unique index lets one succeed.
func (s *Service) create(ctx context.Context, form SignUp, request *idempotency.Request) (*User, error) {
	if !form.Password.allowed() {
		return nil, ErrUntypable
	}
	hash, err := s.hasher.Hash(ctx, string(form.Password))
	if err != nil {
		return nil, err
	}
	user := NewUser(form.Email, hash)
	user.Request = request
	return user, s.insert(ctx, user)
}

// insert stores a new user unless the email is taken. The index covers only the current spelling, so it
// first looks for accounts that earlier builds stored under another.
func (s *Service) insert(ctx context.Context, user *User) error {
	if _, err := s.stored(ctx, user); err != nil {
		return err
	}
	err := s.users.Insert(ctx, user)
	if !errors.Is(err, aggregate.ErrDuplicate) {
		return err
	}
	stored, err := s.stored(ctx, user)
	if err == nil && !stored { // the duplicate is the idempotency key
		return aggregate.ErrDuplicate
	}
	return err
}

// stored reports whether the user already exists, as after an insert whose response was lost.
// ErrEmailInUse says that another user has the email.
func (s *Service) stored(ctx context.Context, user *User) (bool, error) {
	holder, err := s.holder(ctx, user.Email.spellings())
	switch {
	case errors.Is(err, problem.ErrNotFound):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("find the holder of an email: %w", err)
	case holder.ID != user.ID:
		return false, ErrEmailInUse
	}
	return true, nil
}

// holder finds the user whose email has the first spelling, or else the second, and so on.
func (s *Service) holder(ctx context.Context, spellings []Email) (*User, error) {
	found, err := s.users.All(ctx, bson.M{"email": bson.M{"$in": spellings}}, len(spellings))
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, problem.ErrNotFound
	}
	return slices.MinFunc(found, func(a, b *User) int {
		return slices.Index(spellings, a.Email) - slices.Index(spellings, b.Email)
	}), nil
}

// authenticate finds the user who has these credentials. An email that nobody has takes as much work
// as a wrong password, so that the time of the answer does not tell which emails have an account.
func (s *Service) authenticate(ctx context.Context, c Credentials) (*User, error) {
	passwords := c.passwords()
	if len(passwords) == 0 {
		return nil, ErrInvalidCredentials
	}
	user, err := s.holder(ctx, c.spellings())
	if errors.Is(err, problem.ErrNotFound) {
		user, err = s.nobody, nil
	}
	if err != nil {
		return nil, err
	}
	for _, password := range passwords {
		right, err := s.hasher.Matches(ctx, user.PasswordHash, password)
		switch {
		case err != nil:
			return nil, err
		case right:
			return user, nil
		}
	}
	return nil, ErrInvalidCredentials
}

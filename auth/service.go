// Package auth signs users up, in and out, and mails them.
package auth

import (
	"context"
	"log/slog"
	"net/netip"
	"runtime"
	"strings"

	"go.mongodb.org/mongo-driver/mongo"

	"ticketing.dev/auth/mail"
	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/bus"
	"ticketing.dev/common/mongodb"
	"ticketing.dev/common/ratelimit"
	"ticketing.dev/common/service"
	"ticketing.dev/common/session"
	"ticketing.dev/common/signouts"
)

// Service is the auth service.
type Service struct {
	db       *mongo.Database
	users    *aggregate.Store[*User]
	profiles *aggregate.Store[*Profile]
	hasher   *Hasher
	sessions *session.Sessions
	signouts *signouts.Copy
	relay    *aggregate.Relay
	attempts attempts
	// signingIn are the sign-ins that are worked on.
	signingIn *ratelimit.Seats[netip.Prefix]
	writes    *ratelimit.Writes
	// dummyUser stands in for an unknown user. No password matches.
	dummyUser *User
	post      *mail.Post
	// orders and tickets are copies of what other services' events say.
	orders, tickets *mongo.Collection
	templates       *mail.Templates
	siteURL         string
	written         chan struct{} // signals letters
	log             *slog.Logger
}

// Options configure a Service.
type Options struct {
	DB       *mongo.Database
	Bus      bus.Publisher
	Sessions *session.Sessions
	// Limits and Writes are none by default. Without Shared, each replica counts by itself.
	Limits ratelimit.Config
	Writes ratelimit.WriteConfig
	Shared *ratelimit.Shared
	// Mail delivers mail, if there is a server. SiteURL is where its links lead.
	Mail    mail.Transport
	SiteURL string
	Log     *slog.Logger
}

// New creates the service and its index, which makes emails unique.
func New(ctx context.Context, o Options) (*Service, error) {
	relay := aggregate.NewRelay(o.Bus, o.Log)
	users, err := openUsers(ctx, o.DB, relay)
	if err != nil {
		return nil, err
	}
	profiles, err := aggregate.Open(ctx, o.DB.Collection("profiles"), "auth", relay, func() *Profile { return new(Profile) })
	if err != nil {
		return nil, err
	}
	ended, err := signouts.Open(ctx, o.DB, o.Sessions, o.Log)
	if err != nil {
		return nil, err
	}
	workers := runtime.GOMAXPROCS(0)
	templates, err := mail.ParseTemplates()
	if err != nil {
		return nil, err
	}
	s := &Service{
		db:        o.DB,
		users:     users,
		profiles:  profiles,
		hasher:    NewHasher(workers, workers*queuePerWorker),
		sessions:  o.Sessions,
		signouts:  ended,
		relay:     relay,
		log:       o.Log,
		attempts:  newAttempts(o.Limits, o.Shared, o.Sessions.Now),
		signingIn: newSigningIn(workers, o.Limits),
		writes:    o.Limits.NewWrites(o.Writes, o.Shared, o.Sessions, o.Sessions.Now),
		dummyUser: NewUser("", dummyHash()),
		templates: templates,
		orders:    o.DB.Collection("orders"),
		tickets:   o.DB.Collection("tickets"),
		siteURL:   strings.TrimSuffix(o.SiteURL, "/"),
		written:   make(chan struct{}, 1),
	}
	s.post, err = mail.Open(ctx, mail.Options{DB: o.DB, Transport: o.Mail, Compose: s.compose, Log: o.Log, Now: o.Sessions.Now})
	return s, err
}

// Listeners are the events that auth reacts to: its own, and those that cause mail. A replica that ended
// sessions stores that for the others by itself; if it died before, the event does.
func (s *Service) Listeners() []bus.Listener {
	return append([]bus.Listener{s.signouts.Listener()}, s.mailListeners()...)
}

// Tasks publish events, poll for sessions that other replicas ended, and send mail.
func (s *Service) Tasks() []service.Task {
	return append([]service.Task{s.relay.Run, s.signouts.Run}, s.mailTasks()...)
}

// Ready checks the database.
func (s *Service) Ready(ctx context.Context) error { return mongodb.Ping(ctx, s.db) }

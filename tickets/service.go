// Package tickets lets sellers list and edit tickets. Orders decides who gets a ticket; tickets follows its events.
package tickets

import (
	"context"
	"log/slog"
	"net/netip"
	"time"

	"go.mongodb.org/mongo-driver/mongo"

	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/bus"
	"ticketing.dev/common/forwarded"
	"ticketing.dev/common/mongodb"
	"ticketing.dev/common/ratelimit"
	"ticketing.dev/common/service"
	"ticketing.dev/common/session"
	"ticketing.dev/common/signouts"
)

// Service is the tickets service.
type Service struct {
	db       *mongo.Database
	tickets  *aggregate.Store[*Ticket]
	refunds  refunds
	sellers  sellers
	private  *aggregate.Store[*Private]
	keys     *Keys
	relay    *aggregate.Relay
	sessions *session.Sessions
	signouts *signouts.Copy
	watcher  *watcher
	streams  ratelimit.Seats[netip.Prefix]
	files    files
	transfer ratelimit.Seats[string] // uploads and downloads, by user
	writes   *ratelimit.Writes
	proxies  forwarded.Proxies
	now      func() time.Time
	log      *slog.Logger
}

// Options configure a Service. Now defaults to time.Now.
type Options struct {
	DB       *mongo.Database
	Bus      bus.Publisher
	Sessions *session.Sessions
	Keys     *Keys
	Streams  StreamLimits
	// Limits and Writes are none by default. Without Shared, each replica counts by itself.
	Limits ratelimit.Config
	Writes ratelimit.WriteConfig
	Shared *ratelimit.Shared
	Now    func() time.Time
	Log    *slog.Logger
}

// New creates the service and the indexes of its collections.
func New(ctx context.Context, o Options) (*Service, error) {
	relay := aggregate.NewRelay(o.Bus, o.Log)
	tickets, err := openTickets(ctx, o.DB, relay)
	if err != nil {
		return nil, err
	}
	ended, err := signouts.Open(ctx, o.DB, o.Sessions, o.Log)
	if err != nil {
		return nil, err
	}
	private, err := aggregate.Open(ctx, o.DB.Collection("private"), "tickets", nil, func() *Private { return new(Private) })
	if err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Service{
		db: o.DB, tickets: tickets, refunds: refunds{o.DB.Collection("refunds")},
		sellers: sellers{o.DB.Collection("sellers")}, private: private, keys: o.Keys,
		relay: relay, sessions: o.Sessions, signouts: ended,
		proxies: o.Sessions.Proxies(), streams: newStreams(o.Streams), now: o.Now, log: o.Log,
		files: files{o.DB}, transfer: newTransfers(),
		writes: o.Limits.NewWrites(o.Writes, o.Shared, o.Sessions, o.Now),
	}
	s.watcher = newWatcher(s.newer, o.Log)
	return s, nil
}

// Tasks publish events, poll for other replicas' changes while tickets are watched, index old tickets, and delete
// orphaned files.
func (s *Service) Tasks() []service.Task {
	return []service.Task{
		s.relay.Run, s.signouts.Run, s.watcher.run,
		service.Every(indexEvery, s.log, "index of old tickets", s.indexOld),
		service.Every(orphanEvery, s.log, "removal of orphaned files", s.deleteOrphans),
	}
}

// Ready checks the database.
func (s *Service) Ready(ctx context.Context) error { return mongodb.Ping(ctx, s.db) }

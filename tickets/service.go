// Package tickets lets sellers list and edit tickets. Who gets a ticket is for orders to decide; a
// ticket follows what orders tells of it.
package tickets

import (
	"context"
	"log/slog"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"

	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/bus"
	"ticketing.dev/common/idempotency"
	"ticketing.dev/common/mongodb"
	"ticketing.dev/common/service"
	"ticketing.dev/common/session"
)

// Service is the tickets service.
type Service struct {
	db       *mongo.Database
	tickets  *aggregate.Store[*Ticket]
	relay    *aggregate.Relay
	sessions *session.Sessions
	watcher  *watcher
}

// Options are what a service is made of.
type Options struct {
	DB       *mongo.Database
	Bus      bus.Publisher
	Sessions *session.Sessions
	Log      *slog.Logger
}

// New makes the service and the indexes of its collection, one for each way to list tickets.
func New(ctx context.Context, o Options) (*Service, error) {
	relay := aggregate.NewRelay(o.Bus, o.Log)
	tickets, err := aggregate.Open(ctx, o.DB.Collection("tickets"), "tickets", relay, func() *Ticket { return new(Ticket) },
		mongo.IndexModel{Keys: bson.D{{Key: "status", Value: 1}, {Key: "_id", Value: -1}}},
		mongo.IndexModel{Keys: bson.D{{Key: "userId", Value: 1}, {Key: "_id", Value: -1}}})
	if err != nil {
		return nil, err
	}
	s := &Service{db: o.DB, tickets: tickets, relay: relay, sessions: o.Sessions}
	s.watcher = newWatcher(s.newer, o.Log)
	return s, nil
}

// Tasks publish events, and look for the changes of other replicas while anybody watches a ticket.
func (s *Service) Tasks() []service.Task { return []service.Task{s.relay.Run, s.watcher.run} }

// list puts a ticket up for sale, once for each idempotency key.
func (s *Service) list(ctx context.Context, seller string, offer Offer, request *idempotency.Request) (*Ticket, error) {
	ticket, _, err := s.tickets.Once(ctx, request, func() (*Ticket, error) {
		t := List(seller, offer)
		t.Request = request.Answered(show(t))
		return t, s.tickets.Insert(ctx, t)
	})
	return ticket, err
}

// update changes a ticket and tells those who watch it here. Other replicas find the change themselves.
func (s *Service) update(ctx context.Context, id string, change func(*Ticket) error) (*Ticket, error) {
	t, err := s.tickets.Update(ctx, id, change)
	if err != nil {
		return nil, err
	}
	s.watcher.tell(show(t))
	return t, nil
}

// Ready says whether the database answers.
func (s *Service) Ready(ctx context.Context) error { return mongodb.Ping(ctx, s.db) }

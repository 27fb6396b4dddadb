package tickets

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"ticketing.dev/common/aggregate"
)

// openTickets opens the tickets, with an index for each way to list them.
func openTickets(ctx context.Context, db *mongo.Database, relay *aggregate.Relay) (*aggregate.Store[*Ticket], error) {
	return aggregate.Open(ctx, db.Collection("tickets"), "tickets", relay, func() *Ticket { return new(Ticket) },
		mongo.IndexModel{Keys: bson.D{{Key: "status", Value: 1}, {Key: "_id", Value: -1}}},
		mongo.IndexModel{Keys: bson.D{{Key: "userId", Value: 1}, {Key: "_id", Value: -1}}})
}

// newer reads the versions of all tickets first, and then the tickets that have changed.
func (s *Service) newer(ctx context.Context, known map[string]int64) ([]*Ticket, error) {
	changed, err := s.changedSince(ctx, known)
	if len(changed) == 0 || err != nil {
		return nil, err
	}
	return s.tickets.All(ctx, among(changed), len(changed))
}

// changedSince returns the ids of the tickets whose version is above the known one.
func (s *Service) changedSince(ctx context.Context, known map[string]int64) ([]string, error) {
	ids := slices.Collect(maps.Keys(known))
	cursor, err := s.db.Collection("tickets").Find(ctx, among(ids), options.Find().SetProjection(bson.M{"version": 1}))
	if err != nil {
		return nil, fmt.Errorf("find versions: %w", err)
	}
	var found []aggregate.Root
	if err := cursor.All(ctx, &found); err != nil {
		return nil, fmt.Errorf("read versions: %w", err)
	}
	var changed []string
	for _, f := range found {
		if f.Version > known[f.ID] {
			changed = append(changed, f.ID)
		}
	}
	return changed, nil
}

func among(ids []string) bson.M { return bson.M{"_id": bson.M{"$in": ids}} }

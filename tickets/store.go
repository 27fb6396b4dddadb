package tickets

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"ticketing.dev/common/aggregate"
)

// openTickets opens the tickets, with an index for each way to list them. Words come before the order that's asked
// for: a search reads the tickets with one of its words, filters and sorts them.
func openTickets(ctx context.Context, db *mongo.Database, relay *aggregate.Relay) (*aggregate.Store[*Ticket], error) {
	return aggregate.Open(ctx, db.Collection("tickets"), "tickets", relay, func() *Ticket { return new(Ticket) },
		mongo.IndexModel{Keys: bson.D{{Key: "status", Value: 1}, {Key: "_id", Value: -1}}},
		mongo.IndexModel{Keys: bson.D{{Key: "status", Value: 1}, {Key: "search.words", Value: 1}, {Key: "_id", Value: -1}}},
		mongo.IndexModel{Keys: bson.D{{Key: "status", Value: 1}, {Key: "search.startsAt", Value: 1}, {Key: "_id", Value: 1}}},
		mongo.IndexModel{Keys: bson.D{{Key: "status", Value: 1}, {Key: "price", Value: 1}, {Key: "_id", Value: 1}}},
		mongo.IndexModel{Keys: bson.D{{Key: "userId", Value: 1}, {Key: "_id", Value: -1}}},
		mongo.IndexModel{Keys: bson.D{{Key: "userId", Value: 1}, {Key: "status", Value: 1}, {Key: "_id", Value: -1}}},
		mongo.IndexModel{Keys: bson.D{{Key: "soldAt", Value: 1}}, Options: options.Index().SetSparse(true)})
}

const (
	// indexEvery is how often tickets without words are looked for.
	indexEvery = time.Minute
	indexBatch = 100
)

// indexOld adds what searches use to tickets that lack it: those that earlier releases stored before, or store while
// they still run. Each ticket is one write, so it continues after a crash. A concurrent change wins, and has the words.
func (s *Service) indexOld(ctx context.Context) error {
	for _, status := range []Status{Available, Reserved} {
		for {
			old, err := s.tickets.All(ctx, bson.M{"status": status, "search.words": nil}, indexBatch)
			if err != nil {
				return err
			}
			for _, t := range old {
				same := bson.M{"_id": t.ID, "version": t.Version}
				change := bson.M{"$set": bson.M{"search": searchOf(t.Offer)}}
				if _, err := s.db.Collection("tickets").UpdateOne(ctx, same, change); err != nil {
					return fmt.Errorf("index %s: %w", t.ID, err)
				}
			}
			if len(old) < indexBatch {
				break
			}
		}
	}
	return nil
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

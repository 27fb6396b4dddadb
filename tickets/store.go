package tickets

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"ticketing.dev/common/aggregate"
)

// openTickets opens the tickets, with an index for each way to list them. Reservations change the status, so the index
// of words leaves it out: an order would move the entry of each word, and only few tickets are reserved.
func openTickets(ctx context.Context, db *mongo.Database, relay *aggregate.Relay) (*aggregate.Store[*Ticket], error) {
	docs := db.Collection("tickets")
	store, err := aggregate.Open(ctx, docs, "tickets", relay, func() *Ticket { return new(Ticket) },
		mongo.IndexModel{Keys: bson.D{{Key: "status", Value: 1}, {Key: "_id", Value: -1}}},
		mongo.IndexModel{Keys: bson.D{{Key: "search.words", Value: 1}, {Key: "_id", Value: -1}}},
		mongo.IndexModel{Keys: bson.D{{Key: "status", Value: 1}, {Key: "search.startsAt", Value: 1}, {Key: "_id", Value: 1}}},
		mongo.IndexModel{Keys: bson.D{{Key: "status", Value: 1}, {Key: "price", Value: 1}, {Key: "_id", Value: 1}}},
		mongo.IndexModel{Keys: bson.D{{Key: "userId", Value: 1}, {Key: "_id", Value: -1}}},
		mongo.IndexModel{Keys: bson.D{{Key: "userId", Value: 1}, {Key: "status", Value: 1}, {Key: "_id", Value: -1}}},
		mongo.IndexModel{Keys: bson.D{{Key: "soldAt", Value: 1}}, Options: options.Index().SetSparse(true)})
	if err != nil {
		return nil, err
	}
	return store, dropIndex(ctx, docs, "status_1_search.words_1__id_-1")
}

// dropIndex drops an index of earlier releases, if it's there.
func dropIndex(ctx context.Context, docs *mongo.Collection, name string) error {
	_, err := docs.Indexes().DropOne(ctx, name)
	const indexNotFound = 27
	if failed, ok := errors.AsType[mongo.CommandError](err); ok && failed.Code == indexNotFound {
		return nil
	}
	if err != nil {
		return fmt.Errorf("drop index %s: %w", name, err)
	}
	return nil
}

const (
	// indexEvery is how often tickets without words are looked for.
	indexEvery = time.Minute
	indexBatch = 100
)

// indexOld adds what searches use to tickets that lack it: those that earlier releases stored before, or store while
// they still run. Each ticket is one write, so it continues after a crash. A concurrent change wins, and has the words.
func (s *Service) indexOld(ctx context.Context) error {
	for {
		old, err := s.tickets.All(ctx, bson.M{"search.words": nil}, indexBatch)
		if err != nil {
			return err
		}
		for _, t := range old {
			same := bson.M{"_id": t.ID, "version": t.Version}
			change := bson.M{"$set": bson.M{"search": searchOf(t.State)}}
			if _, err := s.db.Collection("tickets").UpdateOne(ctx, same, change); err != nil {
				return fmt.Errorf("index %s: %w", t.ID, err)
			}
		}
		if len(old) < indexBatch {
			return nil
		}
	}
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

package aggregate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"ticketing.dev/common/mongodb"
	"ticketing.dev/common/problem"
)

// unclaimed dates events that no process is publishing, so that the next sweep takes them.
var unclaimed = time.Unix(0, 0)

// ErrDuplicate means that a unique index refused an insertion.
var ErrDuplicate = errors.New("duplicate key")

// Store holds the aggregates of one collection and hands committed events to the relay.
type Store[A Aggregate] struct {
	docs   *mongo.Collection
	source string
	empty  func() A
	relay  *Relay
}

// Open opens a store and creates its indexes: the given ones, and those of the outbox and of idempotency keys.
// source is the name of the service in its events. empty returns an aggregate to decode into. relay may be nil if
// the aggregates record no events.
func Open[A Aggregate](ctx context.Context, docs *mongo.Collection, source string, relay *Relay, empty func() A, indexes ...mongo.IndexModel) (*Store[A], error) {
	pending := mongo.IndexModel{Keys: bson.D{{Key: "outbox.0.id", Value: 1}}, Options: options.Index().SetSparse(true)}
	if err := mongodb.CreateIndexes(ctx, docs, append(indexes, pending, requestKeys())...); err != nil {
		return nil, err
	}
	if relay != nil {
		relay.serve(docs)
	}
	return &Store[A]{docs: docs, source: source, empty: empty, relay: relay}, nil
}

// Insert commits a new aggregate and its recorded events. ErrDuplicate means that its id or another unique field
// is taken: by another aggregate, or by this one if an earlier response was lost.
func (s *Store[A]) Insert(ctx context.Context, a A) error {
	if err := s.insert(ctx, a); err != nil {
		return err
	}
	s.relay.committed(s.docs, a.root(), 0)
	return nil
}

// InsertAndPublish is Insert for an aggregate whose event must reach the broker before anything else
// happens. published is false if the broker didn't store the event in time. The aggregate is stored
// either way, and the event waits in the outbox like any other.
func (s *Store[A]) InsertAndPublish(ctx context.Context, a A, within time.Duration) (published bool, err error) {
	if err := s.insert(ctx, a); err != nil {
		return false, err
	}
	return s.Publish(ctx, a, within), nil
}

// Publish publishes the outbox of an aggregate as it was read, and retries until within has passed. It reports
// whether the broker has stored all of it.
func (s *Store[A]) Publish(ctx context.Context, a A, within time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	return s.relay.publishUntil(ctx, s.docs, outbox{a.root().ID, a.root().Outbox})
}

func (s *Store[A]) insert(ctx context.Context, a A) error {
	r := a.root()
	if err := s.moveToOutbox(r); err != nil {
		return err
	}
	_, err := s.docs.InsertOne(ctx, a)
	switch {
	case mongo.IsDuplicateKeyError(err):
		return fmt.Errorf("insert %s: %w", r.ID, ErrDuplicate)
	case err != nil:
		return fmt.Errorf("insert %s: %w", r.ID, err)
	}
	return nil
}

// InsertAll commits many new aggregates with one write. It leaves their events to the sweep. After an
// error some of them may be there.
func (s *Store[A]) InsertAll(ctx context.Context, all []A) error {
	docs := make([]any, len(all))
	for n, a := range all {
		if err := s.moveToOutbox(a.root()); err != nil {
			return err
		}
		for i := range a.root().Outbox {
			a.root().Outbox[i].At = unclaimed
		}
		docs[n] = a
	}
	if _, err := s.docs.InsertMany(ctx, docs); err != nil {
		return fmt.Errorf("insert %d into %s: %w", len(all), s.docs.Name(), err)
	}
	return nil
}

// Get reads an aggregate by its id. A missing one is problem.ErrNotFound.
func (s *Store[A]) Get(ctx context.Context, id string) (A, error) {
	return s.First(ctx, bson.M{"_id": id})
}

// First reads the one aggregate that a filter selects. A missing one is problem.ErrNotFound.
func (s *Store[A]) First(ctx context.Context, filter bson.M) (A, error) {
	a := s.empty()
	err := s.docs.FindOne(ctx, filter).Decode(a)
	switch {
	case errors.Is(err, mongo.ErrNoDocuments):
		return a, problem.ErrNotFound
	case err != nil:
		return a, fmt.Errorf("read from %s: %w", s.docs.Name(), err)
	}
	return a, nil
}

// Update reads an aggregate, applies change, and commits state and recorded events if the version is still the one
// it read. Otherwise it starts over, so change may run more than once and must only change its argument. If change
// changes nothing, nothing is written; if it fails, its error is returned as it is. Update returns the new state.
func (s *Store[A]) Update(ctx context.Context, id string, change func(A) error) (A, error) {
	for {
		a, err := s.Get(ctx, id)
		if err != nil {
			return a, err
		}
		done, err := s.attempt(ctx, a, change)
		if done || err != nil {
			return a, err
		}
		if err := ctx.Err(); err != nil {
			return a, fmt.Errorf("update %s: %w", id, err)
		}
	}
}

// attempt applies a change to an aggregate as it was read. done is false if another update was faster.
func (s *Store[A]) attempt(ctx context.Context, a A, change func(A) error) (done bool, err error) {
	r := a.root()
	read := r.Version
	r.Version++ // first, since the change records events that carry the new version
	changed, err := s.apply(a, change)
	if err != nil || !changed {
		r.Version = read
		return !changed, err
	}
	unmoved := bson.M{"_id": r.ID, "version": read}
	inherited := len(r.Outbox)
	if inherited > 0 { // an event that has been removed since must not come back
		unmoved["outbox.0.id"] = r.Outbox[0].ID
	}
	if err := s.moveToOutbox(r); err != nil {
		return false, err
	}
	result, err := s.docs.ReplaceOne(ctx, unmoved, a)
	if mongo.IsDuplicateKeyError(err) && r.Request != nil {
		// The idempotency key expired after the read, and another request has taken it.
		r.Request = nil
		result, err = s.docs.ReplaceOne(ctx, unmoved, a)
	}
	if err != nil {
		return false, fmt.Errorf("replace %s: %w", r.ID, err)
	}
	if result.MatchedCount == 0 {
		return false, nil
	}
	s.relay.committed(s.docs, r, inherited)
	return true, nil
}

// apply calls change and reports whether it changed the state or recorded an event.
func (s *Store[A]) apply(a A, change func(A) error) (changed bool, err error) {
	r := a.root()
	before, err := bson.Marshal(a)
	if err != nil {
		return false, fmt.Errorf("encode %s: %w", r.ID, err)
	}
	if err := change(a); err != nil {
		return false, err
	}
	after, err := bson.Marshal(a)
	if err != nil {
		return false, fmt.Errorf("encode %s: %w", r.ID, err)
	}
	return len(r.recorded) > 0 || !bytes.Equal(before, after), nil
}

// moveToOutbox encodes the recorded events into the outbox.
func (s *Store[A]) moveToOutbox(r *Root) error {
	if s.relay == nil && len(r.recorded) > 0 {
		return fmt.Errorf("record %s of %s: the store has no relay", r.recorded[0].Subject(), r.ID)
	}
	return r.moveToOutbox(s.source, time.Now())
}

// Newest reads up to limit aggregates, newest first, starting after the id after, if it isn't empty.
func (s *Store[A]) Newest(ctx context.Context, filter bson.M, after string, limit int) ([]A, error) {
	if after != "" {
		filter = maps.Clone(filter)
		filter["_id"] = bson.M{"$lt": after}
	}
	return s.Sorted(ctx, filter, bson.D{{Key: "_id", Value: -1}}, limit)
}

// Sorted reads up to limit aggregates in an order. The database leaves the fields in without out, which are then zero:
// the aggregates are for showing, since Update reads its own.
func (s *Store[A]) Sorted(ctx context.Context, filter bson.M, order bson.D, limit int, without ...string) ([]A, error) {
	find := options.Find().SetSort(order).SetLimit(int64(limit))
	if len(without) > 0 {
		out := make(bson.D, 0, len(without))
		for _, field := range without {
			out = append(out, bson.E{Key: field, Value: 0})
		}
		find.SetProjection(out)
	}
	return s.find(ctx, filter, find)
}

// Count counts the aggregates that a filter selects, up to a limit.
func (s *Store[A]) Count(ctx context.Context, filter bson.M, limit int) (int64, error) {
	n, err := s.docs.CountDocuments(ctx, filter, options.Count().SetLimit(int64(limit)))
	if err != nil {
		return 0, fmt.Errorf("count in %s: %w", s.docs.Name(), err)
	}
	return n, nil
}

// All reads up to limit aggregates that a filter selects, in no particular order.
func (s *Store[A]) All(ctx context.Context, filter bson.M, limit int) ([]A, error) {
	return s.find(ctx, filter, options.Find().SetLimit(int64(limit)))
}

func (s *Store[A]) find(ctx context.Context, filter bson.M, o *options.FindOptions) ([]A, error) {
	cursor, err := s.docs.Find(ctx, filter, o)
	if err != nil {
		return nil, fmt.Errorf("find in %s: %w", s.docs.Name(), err)
	}
	var found []A
	if err := cursor.All(ctx, &found); err != nil {
		return nil, fmt.Errorf("read from %s: %w", s.docs.Name(), err)
	}
	return found, nil
}

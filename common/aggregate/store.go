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

// ErrDuplicate says that a unique index refused an insertion.
var ErrDuplicate = errors.New("duplicate key")

// Store keeps the aggregates of one collection. Whatever it commits goes to the relay.
type Store[A Aggregate] struct {
	docs   *mongo.Collection
	source string
	empty  func() A
	relay  *Relay
}

// Open makes a store and the indexes that its service's queries need beside that of the outbox.
// source is the name of the service, as its events tell it. empty makes an aggregate to decode into.
func Open[A Aggregate](ctx context.Context, docs *mongo.Collection, source string, relay *Relay, empty func() A, indexes ...mongo.IndexModel) (*Store[A], error) {
	pending := mongo.IndexModel{Keys: bson.D{{Key: "outbox.0.id", Value: 1}}, Options: options.Index().SetSparse(true)}
	if err := mongodb.CreateIndexes(ctx, docs, append(indexes, pending, requestKeys())...); err != nil {
		return nil, err
	}
	relay.serve(docs)
	return &Store[A]{docs, source, empty, relay}, nil
}

// Insert commits a new aggregate and what it has recorded. ErrDuplicate says that its id or another
// unique field is taken: by another, or by this very one when an earlier answer was lost.
func (s *Store[A]) Insert(ctx context.Context, a A) error {
	if err := s.insert(ctx, a); err != nil {
		return err
	}
	s.relay.committed(s.docs, a.root())
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

// Publish publishes what is in the outbox of an aggregate as it was read, and tries again for a while.
// It reports whether the broker has stored it all.
func (s *Store[A]) Publish(ctx context.Context, a A, within time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	return s.relay.publishUntil(ctx, s.docs, outbox{a.root().ID, a.root().Outbox})
}

func (s *Store[A]) insert(ctx context.Context, a A) error {
	r := a.root()
	if err := r.seal(s.source, time.Now()); err != nil {
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
		if err := a.root().seal(s.source, time.Now()); err != nil {
			return err
		}
		docs[n] = a
	}
	if _, err := s.docs.InsertMany(ctx, docs); err != nil {
		return fmt.Errorf("insert %d into %s: %w", len(all), s.docs.Name(), err)
	}
	return nil
}

// Get reads an aggregate by its id; problem.ErrNotFound says that there is none.
func (s *Store[A]) Get(ctx context.Context, id string) (A, error) {
	return s.First(ctx, bson.M{"_id": id})
}

// First reads the one aggregate that a filter selects, or problem.ErrNotFound.
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

// Update changes an aggregate. It reads it, applies change, and commits state and recorded events
// where the version has not moved meanwhile; if it has, it starts again, so change may run more than
// once and does nothing but change its argument. What change leaves as it was is not written. An
// error of change ends the update and is returned as it is. The aggregate is returned as it now is.
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

// attempt applies a change to an aggregate as it was read; it is done unless another was faster.
func (s *Store[A]) attempt(ctx context.Context, a A, change func(A) error) (done bool, err error) {
	r := a.root()
	read := r.Version
	before, err := bson.Marshal(a)
	if err != nil {
		return false, fmt.Errorf("encode %s: %w", r.ID, err)
	}

	r.Version++ // before the change, for the events that it records
	if err := change(a); err != nil {
		r.Version--
		return false, err
	}
	if unchanged, err := s.unchanged(a, before); unchanged || err != nil {
		return unchanged, err
	}

	if err := r.seal(s.source, time.Now()); err != nil {
		return false, err
	}
	unmoved := bson.M{"_id": r.ID, "version": read}
	result, err := s.docs.ReplaceOne(ctx, unmoved, a)
	if mongo.IsDuplicateKeyError(err) && r.Request != nil {
		// Its key expired after the read, and another request has taken it.
		r.Request = nil
		result, err = s.docs.ReplaceOne(ctx, unmoved, a)
	}
	if err != nil {
		return false, fmt.Errorf("replace %s: %w", r.ID, err)
	}
	if result.MatchedCount == 0 {
		return false, nil
	}
	s.relay.committed(s.docs, r)
	return true, nil
}

// unchanged compares an aggregate with what was read, and gives it back its version if it is the same.
func (s *Store[A]) unchanged(a A, before []byte) (bool, error) {
	r := a.root()
	r.Version--
	after, err := bson.Marshal(a)
	if err != nil {
		return false, fmt.Errorf("encode %s: %w", r.ID, err)
	}
	if len(r.recorded) == 0 && bytes.Equal(before, after) {
		return true, nil
	}
	r.Version++
	return false, nil
}

// Newest reads up to limit aggregates, the newest first, from behind the one with the id after, or
// from the start if that is empty.
func (s *Store[A]) Newest(ctx context.Context, filter bson.M, after string, limit int) ([]A, error) {
	if after != "" {
		filter = maps.Clone(filter)
		filter["_id"] = bson.M{"$lt": after}
	}
	return s.find(ctx, filter, options.Find().SetSort(bson.D{{Key: "_id", Value: -1}}).SetLimit(int64(limit)))
}

// All reads up to limit aggregates that a filter selects, in no order.
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

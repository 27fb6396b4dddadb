package aggregate

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"ticketing.dev/common/idempotency"
	"ticketing.dev/common/problem"
)

// requestKeys lets only one request with an idempotency key create something. The driver writes to the
// options of an index, so each collection gets its own.
func requestKeys() mongo.IndexModel {
	return mongo.IndexModel{
		Keys:    bson.D{{Key: "request.key", Value: 1}},
		Options: options.Index().SetUnique(true).SetSparse(true),
	}
}

// Once creates an aggregate, or returns the one that an earlier request with the same idempotency key
// created. create inserts an aggregate that carries q. If several requests run at once, the unique index
// lets one insert, and the others find its aggregate.
func (s *Store[A]) Once(ctx context.Context, q *idempotency.Request, create func() (A, error)) (a A, made bool, err error) {
	for {
		if a, found, err := s.Prior(ctx, q); found || err != nil {
			return a, false, err
		}
		a, refusal := create()
		if q == nil || refusal == nil {
			return a, refusal == nil, refusal
		}
		// The conflict may be with what this key has just created.
		if a, found, err := s.Prior(ctx, q); found || err != nil {
			return a, false, err
		}
		if !errors.Is(refusal, ErrDuplicate) {
			return a, false, refusal
		}
	}
}

// Prior finds what an earlier request with the same key created. If that request was different, the error
// is idempotency.ErrReused. An expired key is removed from its document, and nothing is found.
func (s *Store[A]) Prior(ctx context.Context, q *idempotency.Request) (a A, found bool, err error) {
	if q == nil {
		return a, false, nil
	}
	a, err = s.First(ctx, bson.M{"request.key": q.Key})
	switch {
	case errors.Is(err, problem.ErrNotFound):
		return a, false, nil
	case err != nil:
		return a, false, err
	case q.Forgets(a.root().Request):
		return a, false, s.forget(ctx, a.root())
	}
	return a, true, q.Repeats(a.root().Request)
}

// forget frees a key. The version stays, since no event is published. A concurrent update may write the
// key back; then it's freed again.
func (s *Store[A]) forget(ctx context.Context, r *Root) error {
	expired := bson.M{"_id": r.ID, "request.key": r.Request.Key, "request.at": r.Request.At}
	if _, err := s.docs.UpdateOne(ctx, expired, bson.M{"$unset": bson.M{"request": ""}}); err != nil {
		return fmt.Errorf("free the idempotency key of %s: %w", r.ID, err)
	}
	return nil
}

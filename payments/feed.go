package payments

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"ticketing.dev/common/service"
)

const (
	// feedEvery is how often each replica reads Stripe's events. Webhooks are faster; this makes up for
	// lost ones.
	feedEvery = 15 * time.Second
	// feedOverlap is how far a reading goes back behind the one before: clocks differ, and an event may be
	// listed a while after it is dated. Longer than any look takes, it also repairs one that was overtaken.
	feedOverlap = 5 * time.Minute
	// feedKept is how long Stripe lists events (https://docs.stripe.com/api/events).
	feedKept = 30 * 24 * time.Hour
)

// feed is how far Stripe's events have been read, in one document that all replicas share.
type feed struct{ docs *mongo.Collection }

const feedID = "stripe-events"

// since is the time to read from.
func (f feed) since(ctx context.Context, now time.Time) (time.Time, error) {
	var at struct {
		ReadAt time.Time `bson:"readAt"`
	}
	err := f.docs.FindOne(ctx, bson.M{"_id": feedID}).Decode(&at)
	switch oldest := now.Add(-feedKept); {
	case errors.Is(err, mongo.ErrNoDocuments), err == nil && at.ReadAt.Before(oldest):
		return oldest, nil
	case err != nil:
		return oldest, fmt.Errorf("read how far Stripe's events were read: %w", err)
	}
	return at.ReadAt.Add(-feedOverlap), nil
}

// advance records that all events before a time have been handled. A slower replica may move it back, and
// some events are then handled again.
func (f feed) advance(ctx context.Context, to time.Time) error {
	_, err := f.docs.UpdateOne(ctx, bson.M{"_id": feedID}, bson.M{"$set": bson.M{"readAt": to}}, options.Update().SetUpsert(true))
	if err != nil && !mongo.IsDuplicateKeyError(err) { // another replica has just made it
		return fmt.Errorf("note how far Stripe's events were read: %w", err)
	}
	return nil
}

// readFeed handles the refund and dispute events since the last read, as if their webhooks arrived now. An
// event that fails doesn't block the others, and is read again.
func (s *Service) readFeed(ctx context.Context) error {
	began := s.now()
	since, err := s.feed.since(ctx, began)
	if err != nil {
		return err
	}
	subjects, err := s.stripe.moneyMovedSince(ctx, since)
	if err != nil {
		return fmt.Errorf("list Stripe's events: %w", err)
	}
	var failed error
	for _, about := range subjects {
		failed = errors.Join(failed, s.moneyMoved(ctx, about.Object, about.ID))
	}
	if failed != nil {
		return failed
	}
	return s.feed.advance(ctx, began)
}

// afterAWhile delays the start of a task.
func afterAWhile(d time.Duration, task service.Task) service.Task {
	return func(ctx context.Context) error {
		select {
		case <-time.After(d):
			return task(ctx)
		case <-ctx.Done():
			return nil
		}
	}
}

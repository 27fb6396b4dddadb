package payments

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
	"golang.org/x/sync/errgroup"
)

const (
	// checkers is how many charges each replica checks at the same time.
	checkers = 8
	// checkLease is how long a charge belongs to the replica that took it. If that replica dies, another one
	// takes the charge afterwards.
	checkLease = time.Minute
	// checkTimeout bounds one check. It's shorter than the lease, so two replicas don't check a charge together.
	checkTimeout = 40 * time.Second

	// A charge that waits for its payer or its order is checked again after a sixth of its age, and one that
	// couldn't be checked after a sixtieth, both within these bounds.
	shortestPause     = reconcileEvery
	longestPause      = 2 * time.Minute
	longestErrorPause = 10 * time.Minute
)

// schedule decides which replica checks which charge when. It saves work and nothing else: checking a charge
// twice, or in two replicas at once, does no harm. So its writes leave the version alone, and a change of the
// charge that overtakes them may undo them.
type schedule struct{ docs *mongo.Collection }

// check is a kind of charges that need checks.
type check struct {
	status Status
	// age is how old a charge is at its first check.
	age time.Duration
	do  func(context.Context, *Charge) (*Charge, error)
}

// take finds a charge that's due, and leases it. The one that has waited longest comes first. It returns nil if
// none is due.
func (s schedule) take(ctx context.Context, due check, now time.Time) (*Charge, error) {
	c := new(Charge)
	err := s.docs.FindOneAndUpdate(ctx, bson.M{"status": due.status, "settled": false, "$or": bson.A{
		bson.M{"checkAt": bson.M{"$lte": now}},
		bson.M{"checkAt": nil, "openedAt": bson.M{"$lt": now.Add(-due.age)}},
	}}, bson.M{"$set": bson.M{"checkAt": now.Add(checkLease)}}, options.FindOneAndUpdate().
		SetSort(bson.D{{Key: "checkAt", Value: 1}, {Key: "openedAt", Value: 1}}).
		SetReturnDocument(options.After)).Decode(c)
	switch {
	case errors.Is(err, mongo.ErrNoDocuments):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("take a %s charge: %w", due.status, err)
	}
	return c, nil
}

// put schedules the next check of a leased charge. If the lease is over or the charge has changed in a way that
// makes it due, it stays as it is.
func (s schedule) put(ctx context.Context, leased *Charge, next time.Time) error {
	held := bson.M{"_id": leased.ID, "checkAt": leased.CheckAt}
	if _, err := s.docs.UpdateOne(ctx, held, bson.M{"$set": bson.M{"checkAt": next}}); err != nil {
		return fmt.Errorf("schedule the next check of order %s: %w", leased.ID, err)
	}
	return nil
}

// nextCheck is when to look at a charge again. The pauses grow with its age, but a payment that ends by itself is
// checked right then.
func (c *Charge) nextCheck(now time.Time, failed bool) time.Time {
	age := now.Sub(c.OpenedAt)
	if failed {
		return now.Add(min(max(age/60, shortestPause), longestErrorPause))
	}
	next := now.Add(min(max(age/6, shortestPause), longestPause))
	if end := c.endsAt(); c.Status == Pending && end.After(now) && end.Before(next) {
		return end
	}
	return next
}

// endsAt is when the reconciler ends a pending charge.
func (c *Charge) endsAt() time.Time {
	if c.Paused {
		return c.ExpiresAt
	}
	return c.ExpiresAt.Add(grace)
}

// checkDue checks all charges that are due, several at a time. A charge that can't be checked doesn't keep the
// others from it.
func (s *Service) checkDue(ctx context.Context, due check) error {
	var all errgroup.Group
	for range checkers {
		all.Go(func() error {
			var failed error
			for ctx.Err() == nil {
				c, err := s.schedule.take(ctx, due, s.now())
				if c == nil || err != nil {
					return errors.Join(failed, err)
				}
				if err := s.check(ctx, due, c); err != nil && failed == nil {
					failed = err // one stands for all: if Stripe is down, each charge fails alike
				}
			}
			return failed
		})
	}
	return all.Wait()
}

// check checks a leased charge, and schedules the next check if one is needed.
func (s *Service) check(ctx context.Context, due check, leased *Charge) error {
	working, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	c, err := due.do(working, leased)
	if err == nil && (c.Status != due.status || c.Settled) {
		return nil
	}
	if err != nil {
		c = leased // there may be no newer state
	}
	return errors.Join(err, s.schedule.put(ctx, leased, c.nextCheck(s.now(), err != nil)))
}

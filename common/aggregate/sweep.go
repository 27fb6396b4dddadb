package aggregate

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
	"golang.org/x/sync/errgroup"

	"ticketing.dev/common/bus"
)

const (
	// sweepEvery is the pause between sweeps, on average. After failures it doubles, up to longestSweepPause.
	sweepEvery        = 2 * time.Second
	longestSweepPause = 8 * time.Second
	// sweepAge excludes events that another process may be publishing right now. Events dated later than now come
	// from a clock that is ahead, and are swept too.
	sweepAge = publishTimeout + time.Second
	// sweepBatch bounds the memory of a sweep.
	sweepBatch = 500
	// sweepFailures ends a sweep early: the broker is in trouble, and each failure may take publishTimeout.
	sweepFailures = relayWorkers
	// sessionCheck is how often a longer pause checks whether the broker is back.
	sessionCheck = time.Second
)

// sweptCollection is a collection and the place where its last sweep ended early.
type sweptCollection struct {
	docs  *mongo.Collection
	after string // the id of the first event of an outbox; empty if the last sweep reached the end
}

// sweepUntil sweeps immediately and then again and again until ctx ends. The pauses differ between replicas, and
// grow while publishing fails.
func (r *Relay) sweepUntil(ctx context.Context) {
	pause := sweepEvery
	for {
		began := time.Now()
		err := r.sweep(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			r.alarm.failed(err)
			pause = min(2*pause, longestSweepPause)
		default:
			r.alarm.swept(began)
			pause = sweepEvery
		}
		if r.sleep(ctx, jittered(pause)) != nil {
			return
		}
	}
}

// jittered is d, more or less a quarter.
func jittered(d time.Duration) time.Duration { return d*3/4 + rand.N(d/2) }

// sleep returns early when a session with the broker begins, and with an error when ctx ends.
func (r *Relay) sleep(ctx context.Context, d time.Duration) error {
	before := bus.SessionOf(r.bus)
	for end := time.Now().Add(d); time.Now().Before(end); {
		select {
		case <-time.After(min(time.Until(end), sessionCheck)):
		case <-ctx.Done():
			return ctx.Err()
		}
		if now := bus.SessionOf(r.bus); now.Connected && now != before {
			return nil
		}
	}
	return nil
}

// sweep publishes events that this process couldn't publish, and those that other processes have left behind. While
// there's no session with the broker, it does nothing.
func (r *Relay) sweep(ctx context.Context) error {
	if !bus.SessionOf(r.bus).Connected {
		return nil
	}
	r.remove(ctx)
	err := r.serveAll(ctx, r.retake())
	r.mu.Lock()
	collections := slices.Clone(r.swept)
	r.mu.Unlock()
	for _, c := range collections {
		if sweeping := r.sweepCollection(ctx, c); sweeping != nil {
			err = errors.Join(err, fmt.Errorf("sweep %s: %w", c.docs.Name(), sweeping))
		}
	}
	return err
}

// sweepCollection publishes overdue outboxes in the order of the index, beginning where the last sweep ended.
func (r *Relay) sweepCollection(ctx context.Context, c *sweptCollection) error {
	began := time.Now()
	for {
		found, err := read(ctx, c.docs, overdue(began, c.after),
			options.Find().SetSort(bson.D{{Key: "outbox.0.id", Value: 1}}).SetLimit(sweepBatch))
		if err != nil {
			return err
		}
		var lines []*line
		for _, o := range found {
			c.after = o.Pending[0].ID
			if r.has(c.docs, o.ID) {
				continue
			}
			o.Pending = o.Pending[:o.leading(func(p Pending) bool { return p.old(began) })]
			lines = append(lines, r.join(c.docs, o))
		}
		if len(found) < sweepBatch {
			c.after = ""
		}
		if err := r.serveAll(ctx, lines); err != nil || c.after == "" {
			return err
		}
	}
}

// has reports whether this process is publishing an outbox, or has tried to.
func (r *Relay) has(docs *mongo.Collection, id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lines[lineKey{docs.Name(), id}] != nil
}

// serveAll publishes lines side by side. One that fails doesn't hold up the others, but after sweepFailures, the rest
// waits for the next sweep.
func (r *Relay) serveAll(ctx context.Context, lines []*line) error {
	var (
		side   errgroup.Group // without a context: one failure doesn't cancel the others
		failed atomic.Int64
	)
	side.SetLimit(relayWorkers)
	for _, l := range lines {
		side.Go(func() error {
			if failed.Load() >= sweepFailures {
				r.leave(l)
				return nil
			}
			err := r.serveLine(ctx, l)
			if err != nil {
				failed.Add(1)
			}
			return err
		})
	}
	return side.Wait()
}

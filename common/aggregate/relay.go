package aggregate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
	"go.mongodb.org/mongo-driver/mongo/readconcern"
	"golang.org/x/sync/errgroup"

	"ticketing.dev/common/bus"
	"ticketing.dev/common/outage"
)

const (
	// relayWorkers is how many aggregates are published at the same time. NATS Streaming's file store syncs
	// concurrent messages together: sixteen workers are eight times as fast as one.
	relayWorkers = 16
	// relayQueue is how many commits may wait for a worker. The sweep handles the rest.
	relayQueue = 1024
	// sweepEvery is the pause between sweeps.
	sweepEvery = 2 * time.Second
	// sweepAge excludes recent events, which a worker is publishing. Events dated later than now come from a clock
	// that is ahead, and are swept too.
	sweepAge = time.Second
	// sweepBatch bounds the memory of one sweep.
	sweepBatch = 500
	// publishTimeout bounds one publication.
	publishTimeout = 5 * time.Second
	// retryEvery is the pause between attempts to publish while a caller waits.
	retryEvery = 100 * time.Millisecond
	// drainTimeout bounds publishing at shutdown. The next start publishes the rest.
	drainTimeout = 5 * time.Second
)

// Relay publishes the events in the outboxes of a service's collections.
type Relay struct {
	bus     bus.Publisher
	queue   chan commit
	stalled *outage.Outage

	mu          sync.Mutex
	collections []*mongo.Collection
}

// commit is an outbox that was just written.
type commit struct {
	docs   *mongo.Collection
	outbox outbox
}

// NewRelay creates a relay. It publishes nothing until Run is called.
func NewRelay(b bus.Publisher, log *slog.Logger) *Relay {
	return &Relay{
		bus:     b,
		queue:   make(chan commit, relayQueue),
		stalled: outage.New(log, "outbox: publishing events fails", "outbox: publishing events works again"),
	}
}

// serve adds a collection to sweep. It's read with majority concern, so that a write that could be rolled back is
// never published.
func (r *Relay) serve(docs *mongo.Collection) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.collections = append(r.collections,
		docs.Database().Collection(docs.Name(), options.Collection().SetReadConcern(readconcern.Majority())))
}

// committed queues an outbox without waiting.
func (r *Relay) committed(docs *mongo.Collection, root *Root) {
	if r == nil || len(root.Outbox) == 0 {
		return
	}
	select {
	case r.queue <- commit{docs, outbox{root.ID, slices.Clone(root.Outbox)}}:
	default: // left to the sweep
	}
}

// Run publishes until ctx ends, and then empties the queue.
func (r *Relay) Run(ctx context.Context) error {
	last, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	var workers sync.WaitGroup
	for range relayWorkers {
		workers.Go(func() { r.work(ctx, last) })
	}
	r.sweepUntil(ctx)
	time.AfterFunc(drainTimeout, cancel)
	workers.Wait()
	return nil
}

// work publishes commits until ctx has ended and the queue is empty.
func (r *Relay) work(ctx, last context.Context) {
	for {
		select {
		case c := <-r.queue:
			r.stalled.Report(r.publish(last, c.docs, c.outbox))
		case <-ctx.Done():
			select {
			case c := <-r.queue:
				r.stalled.Report(r.publish(last, c.docs, c.outbox))
			default:
				return
			}
		}
	}
}

// publish publishes an aggregate's events in order and removes each from the outbox. It stops at the first failure,
// so that no event overtakes another.
func (r *Relay) publish(ctx context.Context, docs *mongo.Collection, o outbox) error {
	for _, p := range o.Pending {
		if err := r.publishOne(ctx, docs, o.ID, p); err != nil {
			return fmt.Errorf("%s of %s: %w", p.Channel, o.ID, err)
		}
	}
	return nil
}

// publishUntil retries until the event is published or ctx ends, and reports whether it was published.
func (r *Relay) publishUntil(ctx context.Context, docs *mongo.Collection, o outbox) bool {
	for {
		err := r.publish(ctx, docs, o)
		if r.stalled.Report(err); err == nil {
			return true
		}
		select {
		case <-time.After(retryEvery):
		case <-ctx.Done():
			return false
		}
	}
}

func (r *Relay) publishOne(ctx context.Context, docs *mongo.Collection, id string, p Pending) error {
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	if err := r.bus.Publish(ctx, p.Channel, []byte(p.Message)); err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	if _, err := docs.UpdateOne(ctx, head(id, p), popHead); err != nil {
		return fmt.Errorf("remove from the outbox: %w", err)
	}
	return nil
}

// sweepUntil sweeps immediately and then every sweepEvery until ctx ends.
func (r *Relay) sweepUntil(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		if err := r.sweep(ctx); ctx.Err() == nil {
			r.stalled.Report(err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// sweep publishes pending events in every collection.
func (r *Relay) sweep(ctx context.Context) error {
	r.mu.Lock()
	collections := slices.Clone(r.collections)
	r.mu.Unlock()
	for _, docs := range collections {
		for {
			n, err := r.sweepSome(ctx, docs)
			if err != nil {
				return fmt.Errorf("sweep %s: %w", docs.Name(), err)
			}
			if n == 0 {
				break
			}
		}
	}
	return nil
}

// sweepSome publishes the first event of up to sweepBatch aggregates and returns how many there were.
func (r *Relay) sweepSome(ctx context.Context, docs *mongo.Collection) (int, error) {
	cursor, err := docs.Find(ctx, pendingAt(time.Now()), options.Find().SetProjection(bson.M{"outbox": 1}).SetLimit(sweepBatch))
	if err != nil {
		return 0, err
	}
	var due []outbox
	if err := cursor.All(ctx, &due); err != nil {
		return 0, err
	}
	return len(due), r.publishHeads(ctx, docs, due)
}

// publishHeads publishes the first event of each outbox and removes those that succeeded with one
// write. One that fails doesn't hold up the others.
func (r *Relay) publishHeads(ctx context.Context, docs *mongo.Collection, due []outbox) error {
	var (
		side      errgroup.Group // without a context: one failure doesn't cancel the others
		mu        sync.Mutex
		published []string
	)
	side.SetLimit(relayWorkers)
	for _, o := range due {
		side.Go(func() error {
			ctx, cancel := context.WithTimeout(ctx, publishTimeout)
			defer cancel()
			first := o.Pending[0]
			if err := r.bus.Publish(ctx, first.Channel, []byte(first.Message)); err != nil {
				return fmt.Errorf("publish %s of %s: %w", first.Channel, o.ID, err)
			}
			mu.Lock()
			defer mu.Unlock()
			published = append(published, first.ID)
			return nil
		})
	}
	err := side.Wait()
	if len(published) > 0 {
		_, removal := docs.UpdateMany(ctx, bson.M{"outbox.0.id": bson.M{"$in": published}}, popHead)
		err = errors.Join(err, removal)
	}
	return err
}

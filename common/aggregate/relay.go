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
	// relayWorkers publish side by side, each for one aggregate at a time. NATS Streaming with its
	// file store syncs many publishers' messages at once: sixteen reach eight times what one does.
	relayWorkers = 16
	// relayQueue is how many commits may wait for a worker. What does not fit is left to the sweep.
	relayQueue = 1024
	// sweepEvery is how long an event waits that a crash or the bus kept from being published.
	sweepEvery = 2 * time.Second
	// sweepAge spares what was committed just now: a worker has it. What seems to come from later than
	// now was committed by a clock that is ahead, nobody knows when.
	sweepAge = time.Second
	// sweepBatch bounds the memory of one sweep.
	sweepBatch = 500
	// publishTimeout ends a publication that the broker does not acknowledge.
	publishTimeout = 5 * time.Second
	// retryEvery is the pause between attempts to publish while a caller waits.
	retryEvery = 100 * time.Millisecond
	// drainTimeout is what a stopping process gives to its last events. The next start has the rest.
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

// commit is an outbox as it was just written.
type commit struct {
	docs   *mongo.Collection
	outbox outbox
}

// NewRelay makes a relay. Nothing is published before it runs.
func NewRelay(b bus.Publisher, log *slog.Logger) *Relay {
	return &Relay{
		bus:     b,
		queue:   make(chan commit, relayQueue),
		stalled: outage.New(log, "events wait in the outbox: publishing fails", "events are published again"),
	}
}

// serve adds a collection to those that are swept. Their reads are by majority: what a new primary
// could still take back is never published.
func (r *Relay) serve(docs *mongo.Collection) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.collections = append(r.collections,
		docs.Database().Collection(docs.Name(), options.Collection().SetReadConcern(readconcern.Majority())))
}

// committed hands an outbox over without waiting.
func (r *Relay) committed(docs *mongo.Collection, root *Root) {
	if len(root.Outbox) == 0 {
		return
	}
	select {
	case r.queue <- commit{docs, outbox{root.ID, slices.Clone(root.Outbox)}}:
	default: // the sweep finds it
	}
}

// Run publishes until ctx ends, and then what is still in the queue.
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

// work publishes commits; when ctx has ended, those that are left, until the queue is empty.
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

// publish sends the events of one aggregate in their order and removes each from the outbox. It
// stops at the first that fails, so that none overtakes it.
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

// sweepUntil sweeps at once, then every few seconds, until ctx ends.
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

// sweep publishes what is pending since before sweepAge in every collection.
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
		side      errgroup.Group
		mu        sync.Mutex
		published []string
	)
	side.SetLimit(relayWorkers)
	for _, o := range due {
		side.Go(func() error {
			ctx, cancel := context.WithTimeout(ctx, publishTimeout)
			defer cancel()
			head := o.Pending[0]
			if err := r.bus.Publish(ctx, head.Channel, []byte(head.Message)); err != nil {
				return fmt.Errorf("publish %s of %s: %w", head.Channel, o.ID, err)
			}
			mu.Lock()
			defer mu.Unlock()
			published = append(published, head.ID)
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

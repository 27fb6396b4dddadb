package aggregate

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
	"go.mongodb.org/mongo-driver/mongo/readconcern"

	"ticketing.dev/common/bus"
	"ticketing.dev/common/metrics"
)

const (
	// relayWorkers is how many aggregates are published at the same time. NATS Streaming's file store syncs
	// concurrent messages together: sixteen workers are eight times as fast as one.
	relayWorkers = 16
	// relayQueue is how many commits may wait for a worker. The sweep handles the rest.
	relayQueue = 1024
	// publishTimeout bounds one publication.
	publishTimeout = 5 * time.Second
	// retryEvery is the pause between attempts to publish while a caller waits.
	retryEvery = 100 * time.Millisecond
	// drainTimeout bounds publishing at shutdown. The next start publishes the rest.
	drainTimeout = 5 * time.Second
)

// Relay publishes the events in the outboxes of a service's collections. One line per aggregate keeps their order
// and publishes each event once; the sweep finds the events of processes that have died.
type Relay struct {
	bus       bus.Publisher
	queue     chan *line
	removable chan struct{} // signals removals
	overdue   chan struct{} // signals late
	alarm     alarm

	mu       sync.Mutex
	swept    []*sweptCollection
	lines    map[lineKey]*line
	failed   map[*line]struct{} // idle lines with waiting events
	removals []removal
	late     map[lineKey]lateOutbox
}

// NewRelay creates a relay. It publishes nothing until Run is called.
func NewRelay(b bus.Publisher, log *slog.Logger) *Relay {
	return &Relay{
		bus:       b,
		queue:     make(chan *line, relayQueue),
		removable: make(chan struct{}, 1),
		overdue:   make(chan struct{}, 1),
		alarm:     newAlarm(log),
		lines:     make(map[lineKey]*line),
		failed:    make(map[*line]struct{}),
		late:      make(map[lineKey]lateOutbox),
	}
}

// serve adds a collection to sweep. It's read with majority concern, so that a write that could be rolled back is
// never published.
func (r *Relay) serve(docs *mongo.Collection) {
	r.mu.Lock()
	defer r.mu.Unlock()
	majority := docs.Database().Collection(docs.Name(), options.Collection().SetReadConcern(readconcern.Majority()))
	r.swept = append(r.swept, &sweptCollection{docs: majority})
}

// committed queues the outbox of an aggregate that was just written, without waiting. Its first events, as many as
// inherited says, were there before this write. If they aren't in a line here, another process is publishing them,
// and the new ones wait for it.
func (r *Relay) committed(docs *mongo.Collection, root *Root, inherited int) {
	if r == nil || len(root.Outbox) == inherited {
		return
	}
	o := outbox{root.ID, slices.Clone(root.Outbox)}
	r.mu.Lock()
	defer r.mu.Unlock()
	known := r.lines[lineKey{docs.Name(), o.ID}]
	if inherited > 0 && (known == nil || !known.knows(o.Pending[:inherited])) {
		r.wait(docs, o.ID, ids(o.Pending[inherited:]))
		return
	}
	if len(r.queue) < cap(r.queue) { // only this function sends, under the mutex
		r.queue <- r.joinLocked(docs, o)
	}
}

// Run publishes until ctx ends, and then empties the queue.
func (r *Relay) Run(ctx context.Context) error {
	metrics.OldestPending(r.OldestPending)
	last, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	var workers, others sync.WaitGroup
	for range relayWorkers {
		workers.Go(func() { r.work(ctx, last) })
	}
	removing, stopRemoving := context.WithCancel(context.WithoutCancel(ctx))
	defer stopRemoving()
	others.Go(func() { r.removeUntil(removing) })
	others.Go(func() { r.awaitOthersUntil(ctx) })
	r.sweepUntil(ctx)
	time.AfterFunc(drainTimeout, cancel)
	workers.Wait()
	stopRemoving()
	others.Wait()
	for r.remove(context.WithoutCancel(ctx)) {
	}
	return nil
}

// work publishes commits until ctx has ended and the queue is empty.
func (r *Relay) work(ctx, last context.Context) {
	for {
		select {
		case l := <-r.queue:
			r.serveLine(last, l)
		case <-ctx.Done():
			select {
			case l := <-r.queue:
				r.serveLine(last, l)
			default:
				return
			}
		}
	}
}

// serveLine publishes what a line has and leaves it.
func (r *Relay) serveLine(ctx context.Context, l *line) error {
	defer r.leave(l)
	err := r.drain(ctx, l)
	if err != nil {
		r.alarm.failed(err)
	}
	return err
}

// publishUntil publishes an outbox in the caller's goroutine. It retries until all is published or ctx ends, and
// reports whether all is published.
func (r *Relay) publishUntil(ctx context.Context, docs *mongo.Collection, o outbox) bool {
	l := r.join(docs, o)
	defer r.remove(context.WithoutCancel(ctx))
	defer r.leave(l)
	for {
		err := r.drain(ctx, l)
		if err == nil {
			return true
		}
		r.alarm.failed(err)
		select {
		case <-time.After(retryEvery):
		case <-ctx.Done():
			return false
		}
	}
}

// publish sends one event to the broker. It gives up in time even if the bus is stuck, as on a blocked connection.
func (r *Relay) publish(ctx context.Context, id string, p Pending) error {
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	began := time.Now()
	stored := make(chan error, 1)
	go func() { stored <- r.bus.Publish(ctx, p.Channel, []byte(p.Message)) }()
	var err error
	select {
	case err = <-stored:
	case <-ctx.Done():
		err = ctx.Err()
	}
	metrics.Published(p.Channel, []byte(p.Message), time.Since(began), err)
	if err != nil {
		return fmt.Errorf("publish %s of %s: %w", p.Channel, id, err)
	}
	return nil
}

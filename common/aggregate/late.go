package aggregate

import (
	"context"
	"errors"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
)

// othersEvery is how often outboxes are read that wait for another process.
const othersEvery = 50 * time.Millisecond

// lateOutbox has events of this process behind those of another one, which is publishing them. Ours are published
// when the others are gone, or so old that their process must have died.
type lateOutbox struct {
	docs *mongo.Collection
	own  []string // the ids of our events
}

// wait is called with the mutex held. With too many outboxes, the rest is left to the sweep.
func (r *Relay) wait(docs *mongo.Collection, id string, own []string) {
	key := lineKey{docs.Name(), id}
	l, ok := r.late[key]
	if !ok && len(r.late) >= relayQueue {
		return
	}
	r.late[key] = lateOutbox{docs, append(l.own, own...)}
	select {
	case r.overdue <- struct{}{}:
	default:
	}
}

// awaitOthersUntil looks after late outboxes until ctx ends.
func (r *Relay) awaitOthersUntil(ctx context.Context) {
	for {
		select {
		case <-r.overdue:
		case <-ctx.Done():
			return
		}
		select {
		case <-time.After(othersEvery):
		case <-ctx.Done():
			return
		}
		if err := r.catchUp(ctx); err != nil && ctx.Err() == nil {
			r.alarm.failed(err)
		}
	}
}

// catchUp publishes what needn't wait anymore.
func (r *Relay) catchUp(ctx context.Context) error {
	r.mu.Lock()
	late := r.late
	r.late = make(map[lineKey]lateOutbox)
	r.mu.Unlock()

	ids := map[*mongo.Collection]bson.A{}
	for key, l := range late {
		ids[l.docs] = append(ids[l.docs], key.id)
	}
	var (
		lines  []*line
		failed error
	)
	for docs, some := range ids {
		found, err := read(ctx, docs, bson.M{"_id": bson.M{"$in": some}}, options.Find())
		failed = errors.Join(failed, err) // the sweep finds these
		for _, o := range found {
			if l := r.resume(docs, o, late[lineKey{docs.Name(), o.ID}].own); l != nil {
				lines = append(lines, l)
			}
		}
	}
	return errors.Join(failed, r.serveAll(ctx, lines))
}

// resume joins the first events of a late outbox that are ours or old. It waits for the rest if some are ours.
func (r *Relay) resume(docs *mongo.Collection, o outbox, own []string) *line {
	r.mu.Lock()
	defer r.mu.Unlock()
	known := r.lines[lineKey{docs.Name(), o.ID}]
	now := time.Now()
	n := o.leading(func(p Pending) bool {
		return p.old(now) || slices.Contains(own, p.ID) || known != nil && known.has(p)
	})
	var rest []string
	for _, p := range o.Pending[n:] {
		if slices.Contains(own, p.ID) {
			rest = append(rest, p.ID)
		}
	}
	if len(rest) > 0 {
		r.wait(docs, o.ID, rest)
	}
	if n == 0 {
		return nil
	}
	return r.joinLocked(docs, outbox{o.ID, o.Pending[:n]})
}

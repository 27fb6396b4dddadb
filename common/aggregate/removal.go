package aggregate

import (
	"context"
	"fmt"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
)

const (
	// removeAfter is how long published events wait for others, to be removed with one write. A crash in that time
	// publishes them again.
	removeAfter = 25 * time.Millisecond
	// removeBatch bounds one write.
	removeBatch = 500
	// removeTimeout bounds the time of one write.
	removeTimeout = 5 * time.Second
)

// removal is a published event that is still in its outbox.
type removal struct {
	line  *line
	event string
}

// removeUntil removes published events until ctx ends.
func (r *Relay) removeUntil(ctx context.Context) {
	for {
		select {
		case <-r.removable:
		case <-ctx.Done():
			return
		}
		select {
		case <-time.After(removeAfter):
		case <-ctx.Done():
			return
		}
		for r.remove(ctx) {
		}
	}
}

// remove removes up to removeBatch published events from their outboxes and reports whether more are left. If the
// database doesn't answer, they're left to the next call.
func (r *Relay) remove(ctx context.Context) (more bool) {
	r.mu.Lock()
	n := min(len(r.removals), removeBatch)
	batch := slices.Clone(r.removals[:n])
	r.removals = slices.Delete(r.removals, 0, n)
	r.mu.Unlock()

	ctx, cancel := context.WithTimeout(ctx, removeTimeout)
	defer cancel()
	byCollection := map[*mongo.Collection][]removal{}
	for _, m := range batch {
		byCollection[m.line.docs] = append(byCollection[m.line.docs], m)
	}
	for docs, some := range byCollection {
		err := removeFrom(ctx, docs, some)
		if err != nil {
			r.alarm.failed(fmt.Errorf("remove published events of %s: %w", docs.Name(), err))
		}
		r.removed(some, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.removals) > 0 && ctx.Err() == nil
}

// removeFrom removes events by their ids, so that it never removes another, and can be repeated.
func removeFrom(ctx context.Context, docs *mongo.Collection, some []removal) error {
	ids, events := bson.A{}, bson.A{}
	for _, m := range some {
		ids, events = append(ids, m.line.key.id), append(events, m.event)
	}
	_, err := docs.UpdateMany(ctx, bson.M{"_id": bson.M{"$in": ids}}, bson.M{"$pull": bson.M{"outbox": bson.M{"id": bson.M{"$in": events}}}})
	return err
}

// removed forgets removed events. After an error, it puts them back.
func (r *Relay) removed(some []removal, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.removals = append(r.removals, some...)
		return
	}
	for _, m := range some {
		m.line.sent = slices.DeleteFunc(m.line.sent, func(id string) bool { return id == m.event })
		r.forget(m.line)
	}
}

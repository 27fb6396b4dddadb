package aggregate

import (
	"context"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/mongo"
)

// line holds what this process knows of one outbox: the events that it has to publish, and those that it has published
// and not removed yet. It exists as long as there are any, so that an event is published by one worker and once, no
// matter how many commits and sweeps come across it.
type line struct {
	key  lineKey
	docs *mongo.Collection
	turn chan struct{} // holds a token while a worker publishes

	// The relay's mutex guards the rest.
	users   int       // how many are in the queue or publishing
	waiting []Pending // in order
	sent    []string  // the ids of published events
}

type lineKey struct{ collection, id string }

// knows reports whether all these events are in the line.
func (l *line) knows(events []Pending) bool {
	return !slices.ContainsFunc(events, func(p Pending) bool { return !l.has(p) })
}

func (l *line) has(p Pending) bool {
	same := func(q Pending) bool { return q.ID == p.ID }
	return slices.Contains(l.sent, p.ID) || slices.ContainsFunc(l.waiting, same)
}

// join adds an outbox's events to its line. The caller leaves the line after publishing.
func (r *Relay) join(docs *mongo.Collection, o outbox) *line {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.joinLocked(docs, o)
}

func (r *Relay) joinLocked(docs *mongo.Collection, o outbox) *line {
	key := lineKey{docs.Name(), o.ID}
	l := r.lines[key]
	if l == nil {
		l = &line{key: key, docs: docs, turn: make(chan struct{}, 1)}
		r.lines[key] = l
	}
	for _, p := range o.Pending {
		if !l.has(p) {
			l.waiting = append(l.waiting, p)
		}
	}
	l.users++
	delete(r.failed, l)
	return l
}

// leave ends a use of the line. If events are left, publishing has failed, and the next sweep tries them again. With
// too many of those, the line is forgotten, and a sweep finds the events in the database when they're old enough.
func (r *Relay) leave(l *line) {
	r.mu.Lock()
	defer r.mu.Unlock()
	l.users--
	if l.users == 0 && len(l.waiting) > 0 {
		if len(r.failed) < relayQueue {
			r.failed[l] = struct{}{}
		} else {
			l.waiting = nil
		}
	}
	r.forget(l)
}

// forget removes a line that has nothing left.
func (r *Relay) forget(l *line) {
	if l.users == 0 && len(l.waiting) == 0 && len(l.sent) == 0 {
		delete(r.lines, l.key)
	}
}

// retake joins the lines whose events couldn't be published.
func (r *Relay) retake() []*line {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []*line
	for l := range r.failed {
		l.users++
		all = append(all, l)
	}
	clear(r.failed)
	return all
}

// drain publishes a line's events in order. It stops at the first failure, so that no event overtakes another.
func (r *Relay) drain(ctx context.Context, l *line) error {
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	for {
		p, ok := r.first(l)
		if !ok {
			return nil
		}
		if err := r.publish(ctx, l.key.id, p); err != nil {
			return err
		}
		r.published(l, p)
	}
}

func (r *Relay) first(l *line) (p Pending, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(l.waiting) == 0 {
		return p, false
	}
	return l.waiting[0], true
}

// published hands a line's first event to the removal.
func (r *Relay) published(l *line, p Pending) {
	r.mu.Lock()
	defer r.mu.Unlock()
	l.waiting = l.waiting[1:]
	l.sent = append(l.sent, p.ID)
	r.removals = append(r.removals, removal{l, p.ID})
	select {
	case r.removable <- struct{}{}:
	default:
	}
}

// OldestPending is how long the oldest event in the lines has waited.
func (r *Relay) OldestPending() (age time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range r.lines {
		if len(l.waiting) > 0 {
			age = max(age, time.Since(l.waiting[0].At))
		}
	}
	return age
}

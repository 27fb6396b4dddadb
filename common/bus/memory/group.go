package memory

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"time"

	"ticketing.dev/common/bus"
)

// group shares the messages of a channel among its members. The lock of the bus guards it.
type group struct {
	name, channel string

	due     [][]byte // to be handled now
	open    int      // not acknowledged: due, held back or being handled
	members []*subscription
}

// give makes a message the group's to acknowledge.
func (b *Bus) give(g *group, message []byte) {
	for range b.copies {
		g.open++
		b.deliverAfter(b.delay(), g, message)
	}
}

func (b *Bus) deliverAfter(d time.Duration, g *group, message []byte) {
	if d == 0 {
		g.due = append(g.due, message)
		b.deliver(g)
		return
	}
	time.AfterFunc(d, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		g.due = append(g.due, message)
		b.deliver(g)
	})
}

// deliver hands out what is due while there are members with free hands.
func (b *Bus) deliver(g *group) {
	for !b.stopped && len(g.due) > 0 {
		s := g.next()
		if s == nil {
			return
		}
		message, outages := g.due[0], b.outages
		g.due = g.due[1:]
		s.inflight++
		s.running.Go(func() { s.attend(message, outages) })
	}
}

// next is the member whose turn it is, nil if all have their hands full.
func (g *group) next() *subscription {
	for i, s := range g.members {
		if s.inflight < maxInflight {
			g.members = append(slices.Delete(g.members, i, i+1), s)
			return s
		}
	}
	return nil
}

type subscription struct {
	bus      *Bus
	group    *group
	handle   bus.Handler
	inflight int            // guarded by the lock of the bus
	running  sync.WaitGroup // handlers; none is added once the group has been left
}

// attend handles one message and acknowledges it, or has it come again.
func (s *subscription) attend(message []byte, outages int) {
	ctx, cancel := context.WithTimeout(context.Background(), handleWait)
	defer cancel()
	err := s.handle(ctx, bytes.Clone(message))

	b, g := s.bus, s.group
	b.mu.Lock()
	defer b.mu.Unlock()
	s.inflight--
	if err != nil || b.outages != outages {
		b.deliverAfter(b.retryAfter, g, message)
	} else {
		g.open--
		b.changed.Broadcast()
	}
	b.deliver(g) // A hand is free.
}

// Close leaves the group and waits for the handlers that run.
func (s *subscription) Close() error {
	s.bus.mu.Lock()
	if i := slices.Index(s.group.members, s); i >= 0 {
		s.group.members = slices.Delete(s.group.members, i, i+1)
	}
	s.bus.mu.Unlock()
	s.running.Wait()
	return nil
}

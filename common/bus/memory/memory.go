// Package memory is a bus within the process, for tests of services. It keeps the promises of a real
// one, and can be told to keep no more than these: to deliver twice, late and in any order, and to be
// away for a while.
package memory

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"ticketing.dev/common/bus"
)

const (
	// defaultRetryAfter keeps tests short that let a handler fail.
	defaultRetryAfter = 50 * time.Millisecond
	// handleWait is the time that a handler has.
	handleWait = 10 * time.Second
	// maxInflight is how many messages a member handles side by side.
	maxInflight = 64
)

// ErrStopped says that the broker is away.
var ErrStopped = errors.New("the broker is stopped")

// Option sets how a Bus behaves.
type Option func(*Bus)

// RetryAfter sets how long after a failure a message comes again: 50 ms unless set.
func RetryAfter(d time.Duration) Option { return func(b *Bus) { b.retryAfter = d } }

// Twice gives every message to every group twice, each time until it is acknowledged.
func Twice() Option { return func(b *Bus) { b.copies = 2 } }

// Shuffled holds every delivery back for a random time of up to longest, so that messages come late
// and in any order, across channels too. The seed repeats the times, not what the scheduler makes of
// them.
func Shuffled(seed uint64, longest time.Duration) Option {
	return func(b *Bus) {
		random := rand.New(rand.NewPCG(seed, seed))
		b.delay = func() time.Duration { return time.Duration(random.Int64N(int64(longest) + 1)) }
	}
}

// Bus keeps every message that was ever published to it. All members of all groups share one Bus.
type Bus struct {
	retryAfter time.Duration
	copies     int
	delay      func() time.Duration // called with mu held

	mu       sync.Mutex
	changed  *sync.Cond // broadcast when a message was stored or acknowledged, and at an outage
	messages map[string][][]byte
	groups   []*group // in the order of their founding
	stopped  bool
	turned   time.Time // when it was stopped or started last; zero for a new bus, which was always there
	outages  int
}

var _ bus.Bus = (*Bus)(nil)

// New makes a bus without messages.
func New(options ...Option) *Bus {
	b := &Bus{
		retryAfter: defaultRetryAfter,
		copies:     1,
		delay:      func() time.Duration { return 0 },
		messages:   make(map[string][][]byte),
	}
	b.changed = sync.NewCond(&b.mu)
	for _, option := range options {
		option(b)
	}
	return b
}

// Publish stores the message. It fails with ErrStopped while the broker is away.
func (b *Bus) Publish(ctx context.Context, channel string, message []byte) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("publish to %s: %w", channel, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.stopped {
		return fmt.Errorf("publish to %s: %w", channel, ErrStopped)
	}
	message = bytes.Clone(message)
	b.messages[channel] = append(b.messages[channel], message)
	for _, g := range b.groups {
		if g.channel == channel {
			b.give(g, message)
		}
	}
	b.changed.Broadcast()
	return nil
}

// Subscribe joins a group; the first to join founds it, and it stays when all have left.
func (b *Bus) Subscribe(name, channel string, handle bus.Handler) (bus.Subscription, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	g := b.group(name, channel)
	s := &subscription{bus: b, group: g, handle: handle}
	g.members = append(g.members, s)
	b.deliver(g)
	return s, nil
}

// group finds a group or founds it with all that the channel holds.
func (b *Bus) group(name, channel string) *group {
	for _, g := range b.groups {
		if g.name == name && g.channel == channel {
			return g
		}
	}
	g := &group{name: name, channel: channel}
	b.groups = append(b.groups, g)
	for _, message := range b.messages[channel] {
		b.give(g, message)
	}
	return g
}

// Replay fails with ErrStopped when the broker is away or goes away.
func (b *Bus) Replay(ctx context.Context, channel string, each func(message []byte)) error {
	b.mu.Lock()
	stored, outages := slices.Clone(b.messages[channel]), b.outages
	b.mu.Unlock()
	for n := 0; ; n++ {
		b.mu.Lock()
		away := b.stopped || b.outages != outages
		b.mu.Unlock()
		switch {
		case away:
			return fmt.Errorf("replay %s: %w", channel, ErrStopped)
		case ctx.Err() != nil:
			return fmt.Errorf("replay %s: %w", channel, ctx.Err())
		case n == len(stored):
			return nil
		}
		each(bytes.Clone(stored[n]))
	}
}

// wakeAtEnd wakes everyone who waits for a change when ctx ends, until stop is called.
func (b *Bus) wakeAtEnd(ctx context.Context) (stop func() bool) {
	return context.AfterFunc(ctx, func() {
		b.mu.Lock() // or the broadcast could fall between checking ctx and waiting
		defer b.mu.Unlock()
		b.changed.Broadcast()
	})
}

// Messages are all messages of a channel in the order in which they were published.
func (b *Bus) Messages(channel string) [][]byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	clones := make([][]byte, 0, len(b.messages[channel]))
	for _, message := range b.messages[channel] {
		clones = append(clones, bytes.Clone(message))
	}
	return clones
}

// Settled waits until every group has acknowledged every message, a group without members too. Of an
// event that still waits in an outbox the bus knows nothing. If ctx ends first, the error names what
// is not acknowledged.
func (b *Bus) Settled(ctx context.Context) error {
	defer b.wakeAtEnd(ctx)()
	b.mu.Lock()
	defer b.mu.Unlock()
	for {
		open := b.open()
		if len(open) == 0 {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("not acknowledged: %s: %w", strings.Join(open, ", "), ctx.Err())
		}
		b.changed.Wait()
	}
}

func (b *Bus) open() []string {
	var open []string
	for _, g := range b.groups {
		if g.open > 0 {
			open = append(open, fmt.Sprintf("%d of %s by %s", g.open, g.channel, g.name))
		}
	}
	return open
}

// Stop plays an outage of the broker: nothing can be published, nothing is delivered, and what is
// being handled cannot be acknowledged any more, so it comes again.
func (b *Bus) Stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.stopped {
		b.stopped, b.turned = true, time.Now()
		b.outages++
		b.changed.Broadcast()
	}
}

// Start ends an outage.
func (b *Bus) Start() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.stopped {
		b.stopped, b.turned = false, time.Now()
	}
	for _, g := range b.groups {
		b.deliver(g)
	}
}

// Session says whether the broker is away, and since when that has been so.
func (b *Bus) Session() bus.Session {
	b.mu.Lock()
	defer b.mu.Unlock()
	return bus.Session{Connected: !b.stopped, Since: b.turned}
}

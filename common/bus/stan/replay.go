package stan

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/stan.go"
)

// emptyAfter is how long a subscribed broker may send nothing before a channel counts as empty. The broker
// delivers what it has at once, and offers no other way to find out.
const emptyAfter = 2 * time.Second

// Replay needs a session, and fails with ErrNotConnected without one.
func (b *Bus) Replay(ctx context.Context, channel string, each func(message []byte)) error {
	if err := b.replay(ctx, channel, each); err != nil {
		return fmt.Errorf("replay %s: %w", channel, err)
	}
	return nil
}

func (b *Bus) replay(ctx context.Context, channel string, each func(message []byte)) error {
	s := b.current.Load()
	if s == nil {
		return ErrNotConnected
	}
	last := uint64(0)
	found := func(m *stan.Msg) bool { last = m.Sequence; return false }
	if err := b.read(ctx, s, channel, stan.StartWithLastReceived(), emptyAfter, found); err != nil || last == 0 {
		return err
	}
	seen := uint64(0)
	return b.read(ctx, s, channel, stan.DeliverAllAvailable(), 0, func(m *stan.Msg) bool {
		if m.Sequence > seen && m.Sequence <= last { // not redelivered because of a late acknowledgement
			seen = m.Sequence
			each(m.Data)
		}
		return m.Sequence < last
	})
}

// read subscribes outside of any group and calls each until it returns false. If wait isn't 0, read also ends
// when no message has arrived after it.
func (b *Bus) read(ctx context.Context, s *session, channel string, from stan.SubscriptionOption, wait time.Duration, each func(*stan.Msg) bool) error {
	messages, over := make(chan *stan.Msg), make(chan struct{})
	reading, err := s.Subscribe(channel, func(m *stan.Msg) {
		select {
		case messages <- m:
		case <-over:
		}
	}, from)
	if err != nil {
		return err
	}
	defer b.endReplay(reading)
	defer close(over)
	var empty <-chan time.Time
	if wait > 0 {
		empty = time.After(wait)
	}
	for {
		select {
		case m := <-messages:
			if !each(m) {
				return nil
			}
		case <-empty:
			return nil
		case <-s.lost:
			return errors.Join(ErrNotConnected, s.cause)
		case <-b.stopped:
			return ErrClosed
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (b *Bus) endReplay(reading stan.Subscription) {
	if err := reading.Unsubscribe(); err != nil && !errors.Is(err, stan.ErrConnectionClosed) {
		b.log.Warn("unsubscribe after a replay failed", "error", err)
	}
}

package stan

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/stan.go"
)

// Replay needs a session, and fails with ErrNotConnected where there is none.
func (b *Bus) Replay(ctx context.Context, channel string, each func(message []byte) bool) error {
	if err := b.replay(ctx, channel, each); err != nil {
		return fmt.Errorf("replay %s: %w", channel, err)
	}
	return nil
}

// replay reads through a subscription of its own, outside of any group, which the broker forgets at
// the end.
func (b *Bus) replay(ctx context.Context, channel string, each func(message []byte) bool) error {
	s := b.current.Load()
	if s == nil {
		return ErrNotConnected
	}
	messages, over := make(chan []byte), make(chan struct{})
	last := uint64(0)
	reading, err := s.Subscribe(channel, func(m *stan.Msg) {
		if m.Sequence <= last {
			return // It comes again, since its acknowledgement was late.
		}
		last = m.Sequence
		select {
		case messages <- m.Data:
		case <-over:
		}
	}, stan.DeliverAllAvailable())
	if err != nil {
		return err
	}
	defer b.endReplay(reading)
	defer close(over)
	for {
		select {
		case message := <-messages:
			if !each(message) {
				return nil
			}
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
		b.log.Warn("the broker was not told of the end of a replay", "error", err)
	}
}

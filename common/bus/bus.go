// Package bus carries events between the services, independent of the broker: bus/stan uses NATS Streaming, bus/memory
// is for tests, and bus/bustest is the test suite for both.
//
// Delivery is at least once. Messages may arrive twice, late and in any order; handlers expect that (see package
// events).
package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"ticketing.dev/common/events"
	"ticketing.dev/common/metrics"
)

// Publisher sends messages.
type Publisher interface {
	// Publish returns nil once the broker has stored the message. After an error it may or may not be stored.
	Publish(ctx context.Context, channel string, message []byte) error
}

// Handler handles one message. A nil error acknowledges it; after any other error it's redelivered later, to this or
// another member of the group. ctx ends before the redelivery.
type Handler func(ctx context.Context, message []byte) error

// Bus is a connection to a broker. It reconnects by itself.
type Bus interface {
	Publisher
	// Subscribe joins a group. Every message of the channel, from the first ever published, is delivered to one
	// member of the group at a time until one acknowledges it. Messages are handled concurrently.
	Subscribe(group, channel string, handle Handler) (Subscription, error)
	// Replay reads what a channel holds at the time of the call, outside of any group: every message once, in
	// the order in which they were stored. It writes nothing. It fails when ctx ends, and when the broker is or
	// goes away.
	Replay(ctx context.Context, channel string, each func(message []byte)) error
}

// Subscription is a membership in a group.
type Subscription interface {
	// Close leaves the group and waits for running handlers. Unacknowledged messages go to other members, or wait
	// for the next one to join.
	Close() error
}

// Listener reacts to one kind of event.
type Listener struct {
	Channel string
	Handle  Handler
}

// On makes a listener from a function. The event's type determines the channel.
func On[E events.Event](handle func(context.Context, E) error) Listener {
	var e E
	return Listener{e.Subject(), func(ctx context.Context, message []byte) error {
		e, err := events.Decode[E](message)
		if err != nil {
			return Poison(err)
		}
		return handle(ctx, e)
	}}
}

// OnAt is On for a function that also wants to know when the event happened.
func OnAt[E events.Event](handle func(context.Context, E, time.Time) error) Listener {
	var e E
	return Listener{e.Subject(), func(ctx context.Context, message []byte) error {
		e, at, err := events.DecodeAt[E](message)
		if err != nil {
			return Poison(err)
		}
		return handle(ctx, e, at)
	}}
}

// Try hands one message to the listener. A panic is an error like any other.
func (l Listener) Try(ctx context.Context, message []byte) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return l.Handle(ctx, message)
}

// Verifier is a bus that knows whether a message comes from its channel's owner.
type Verifier interface {
	Verify(channel string, message []byte) error
}

// Verified refuses what the bus finds forged, as poison.
func (l Listener) Verified(b Publisher) Listener {
	v, ok := b.(Verifier)
	if !ok {
		return l
	}
	return Listener{l.Channel, func(ctx context.Context, message []byte) error {
		if err := v.Verify(l.Channel, message); err != nil {
			return Poison(err)
		}
		return l.Handle(ctx, message)
	}}
}

// Send publishes an event that has no outbox to come from. The type of the event names the channel.
func Send(ctx context.Context, b Publisher, source string, e events.Event, at time.Time) error {
	m, err := events.NewMessage(source, e, at)
	if err != nil {
		return err
	}
	encoded, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encode the envelope of %s: %w", m.Type, err)
	}
	began := time.Now()
	err = b.Publish(ctx, m.Type, encoded)
	metrics.Published(m.Type, encoded, time.Since(began), err)
	return err
}

// Listen subscribes a group to all that its listeners react to. Poison is published to the dead
// letters of the group before it is acknowledged; a panic is an error like any other. Closing what
// it returns closes all subscriptions.
func Listen(b Bus, group string, listeners []Listener, log *slog.Logger) (Subscription, error) {
	var all subscriptions
	for _, l := range listeners {
		metrics.Listening(l.Channel)
		s, err := b.Subscribe(group, l.Channel, guard(b, group, l, log))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("subscribe to %s: %w", l.Channel, err), all.Close())
		}
		all = append(all, s)
	}
	return all, nil
}

// guard is what stands between the broker and a listener.
func guard(b Publisher, group string, l Listener, log *slog.Logger) Handler {
	return func(ctx context.Context, message []byte) error {
		began, outcome := time.Now(), metrics.Handled
		defer func() { metrics.Received(l.Channel, outcome, message, began) }()
		err := l.Verified(b).Try(ctx, message)
		if p, ok := errors.AsType[poison](err); ok {
			letter := newDeadLetter(group, l.Channel, message, p)
			log.Error("message cannot be handled, sent to the dead letters", "channel", l.Channel, "letter", letter.ID(), "cause", letter.Cause)
			if errors.Is(err, events.ErrForged) {
				log.Error("security", slog.Group("security", "event", "forged-event", "channel", l.Channel, "letter", letter.ID()))
			}
			outcome = metrics.Dead
			err = publishDeadLetter(ctx, b, letter)
		}
		if err != nil {
			outcome = metrics.Failed
			log.Warn("message not handled, will be redelivered", "channel", l.Channel, "error", err)
		}
		return err
	}
}

// subscriptions are closed side by side, as each waits for its handlers.
type subscriptions []Subscription

func (all subscriptions) Close() error {
	errs := make(chan error)
	for _, s := range all {
		go func() { errs <- s.Close() }()
	}
	var joined error
	for range all {
		joined = errors.Join(joined, <-errs)
	}
	return joined
}

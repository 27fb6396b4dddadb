// Package bus carries events between the services. It knows nothing of a broker: bus/stan speaks to
// NATS Streaming, bus/memory serves tests, and bus/bustest holds what both must do.
//
// Delivery is at least once. A message may come twice, late, and in any order; handlers are written
// for that (see package events).
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
)

// Publisher sends messages.
type Publisher interface {
	// Publish returns nil once the broker has stored the message. After an error it may have been
	// stored or not.
	Publish(ctx context.Context, channel string, message []byte) error
}

// Handler handles one message. A nil error acknowledges it; any error brings it again later, to this
// or another member of the group. ctx ends before the broker would give the message to somebody else.
type Handler func(ctx context.Context, message []byte) error

// Bus is a connection to a broker. It heals by itself when the broker goes away and comes back.
type Bus interface {
	Publisher
	// Subscribe joins a group. Every message of the channel, from the first that was ever published,
	// is given to one member of the group until one of them acknowledges it. Messages are handled
	// side by side.
	Subscribe(group, channel string, handle Handler) (Subscription, error)
	// Replay reads what a channel holds at the time of the call, outside of any group: every message once, in
	// the order in which they were stored. It writes nothing. It fails when ctx ends, and when the broker is or
	// goes away.
	Replay(ctx context.Context, channel string, each func(message []byte)) error
}

// Subscription is a membership in a group.
type Subscription interface {
	// Close leaves the group and waits for the handlers that run. What was not acknowledged goes to
	// the others, or waits for the next one to join.
	Close() error
}

// Listener reacts to one kind of event.
type Listener struct {
	Channel string
	Handle  Handler
}

// On makes a listener of a function. The type of the event names the channel.
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

// Try hands one message to the listener. A panic is an error like any other.
func (l Listener) Try(ctx context.Context, message []byte) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return l.Handle(ctx, message)
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
	return b.Publish(ctx, m.Type, encoded)
}

// Listen subscribes a group to all that its listeners react to. Poison is published to the dead
// letters of the group before it is acknowledged; a panic is an error like any other. Closing what
// it returns closes all subscriptions.
func Listen(b Bus, group string, listeners []Listener, log *slog.Logger) (Subscription, error) {
	var all subscriptions
	for _, l := range listeners {
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
		err := l.Try(ctx, message)
		if p, ok := errors.AsType[poison](err); ok {
			letter := newDeadLetter(group, l.Channel, message, p)
			log.Error("message cannot be handled, sent to the dead letters", "channel", l.Channel, "letter", letter.ID(), "cause", letter.Cause)
			err = publishDeadLetter(ctx, b, letter)
		}
		if err != nil {
			log.Warn("message not handled, it will come again", "channel", l.Channel, "error", err)
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

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

// Poison marks an error that no later attempt can mend: the message cannot be decoded, or it
// contradicts what is known. The message goes to the dead letters. Trouble of the infrastructure is
// never poison.
func Poison(err error) error { return poison{err} }

type poison struct{ error }

func (p poison) Unwrap() error { return p.error }

// DeadLetter is a message that could not be handled, with its cause.
type DeadLetter struct {
	Group   string          `json:"group"`
	Channel string          `json:"channel"`
	Cause   string          `json:"cause"`
	Time    time.Time       `json:"time"`
	Message json.RawMessage `json:"message,omitempty"`
	// Raw is the message where it is no JSON.
	Raw []byte `json:"raw,omitempty"`
}

// DeadLetters is the channel on which a group's dead letters are kept.
func DeadLetters(group string) string { return group + ":dead-letters" }

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
		err := recovered(ctx, l.Handle, message)
		if p, ok := errors.AsType[poison](err); ok {
			log.Error("message cannot be handled, sent to the dead letters", "channel", l.Channel, "cause", p.Error())
			err = bury(ctx, b, group, l.Channel, message, p)
		}
		if err != nil {
			log.Warn("message not handled, it will come again", "channel", l.Channel, "error", err)
		}
		return err
	}
}

// recovered turns a panic of the handler into an error.
func recovered(ctx context.Context, handle Handler, message []byte) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return handle(ctx, message)
}

func bury(ctx context.Context, b Publisher, group, channel string, message []byte, cause error) error {
	letter := DeadLetter{Group: group, Channel: channel, Cause: cause.Error(), Time: time.Now().UTC()}
	if json.Valid(message) {
		letter.Message = message
	} else {
		letter.Raw = message
	}
	encoded, err := json.Marshal(letter)
	if err != nil {
		return fmt.Errorf("encode a dead letter: %w", err)
	}
	if err := b.Publish(ctx, DeadLetters(group), encoded); err != nil {
		return fmt.Errorf("publish a dead letter: %w", err)
	}
	return nil
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

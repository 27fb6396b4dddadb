package bustest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"

	"ticketing.dev/common/bus"
	"ticketing.dev/common/events"
)

var errPoison = fmt.Errorf("reserve: %w", bus.Poison(errors.New("there is no such seat")))

func poisonIsBuried(t *testing.T, broker Broker) {
	b := broker.Connect(t)
	got, trouble := newInbox(), failTwice(`"trouble"`)
	listen(t, b, got.then(func(message string) error {
		if message == `"poison"` {
			return errPoison
		}
		return trouble(message)
	}))
	publish(t, b, channel, `"poison"`, `"trouble"`)
	// It was acknowledged: it has not come again by the time the other one has come thrice.
	got.expect(t, `"poison"`, `"trouble"`, `"trouble"`, `"trouble"`)

	letter := receive(t, deadLetters(t, b))
	if letter.Group != group || letter.Channel != channel || string(letter.Message) != `"poison"` || letter.Time.IsZero() {
		t.Errorf("the dead letter is %+v", letter)
	}
	if !strings.Contains(letter.Cause, "no such seat") {
		t.Errorf("its cause is %q", letter.Cause)
	}
}

func undecodableIsBuried(t *testing.T, broker Broker) {
	b := broker.Connect(t)
	l := bus.On(func(context.Context, events.TicketCreated) error {
		t.Error("the handler was called")
		return nil
	})
	if l.Channel != channel {
		t.Fatalf("the listener is on channel %s", l.Channel)
	}
	listen(t, b, l.Handle)
	publish(t, b, channel, "no JSON", `{"specversion":"0.3"}`)

	letters := deadLetters(t, b)
	one, other := receive(t, letters), receive(t, letters)
	assertSame(t,
		[]string{string(one.Raw) + string(one.Message), string(other.Raw) + string(other.Message)},
		[]string{"no JSON", `{"specversion":"0.3"}`})
}

func troubleIsNotBuried(t *testing.T, broker Broker) {
	b := broker.Connect(t)
	got, trouble := newInbox(), failTwice(`"trouble"`)
	listen(t, b, got.then(func(message string) error {
		if message == `"poison"` {
			return errPoison
		}
		return trouble(message)
	}))
	publish(t, b, channel, `"trouble"`)
	got.expect(t, `"trouble"`, `"trouble"`, `"trouble"`)

	publish(t, b, channel, `"poison"`)
	if letter := receive(t, deadLetters(t, b)); string(letter.Message) != `"poison"` {
		t.Errorf("the first dead letter is %s", letter.Message)
	}
}

func againUntilBuried(t *testing.T, broker Broker) {
	b := broker.Connect(t)
	got := newInbox()
	listen(t, &graveless{Bus: b}, got.then(func(string) error { return errPoison }))
	publish(t, b, channel, `"poison"`)
	got.expect(t, `"poison"`, `"poison"`, `"poison"`)
	receive(t, deadLetters(t, b))
}

func againAfterPanic(t *testing.T, broker Broker) {
	b := broker.Connect(t)
	got, trouble := newInbox(), failTwice(`"trouble"`)
	listen(t, b, got.then(func(message string) error {
		if err := trouble(message); err != nil {
			panic(err)
		}
		return nil
	}))
	publish(t, b, channel, `"trouble"`)
	got.expect(t, `"trouble"`, `"trouble"`, `"trouble"`)
}

// graveless is a bus on which the first two dead letters cannot be published.
type graveless struct {
	bus.Bus
	tried atomic.Int32
}

func (g *graveless) Publish(ctx context.Context, channel string, message []byte) error {
	if channel == bus.DeadLetters(group) && g.tried.Add(1) <= 2 {
		return errors.New("the broker is away")
	}
	return g.Bus.Publish(ctx, channel, message)
}

// listen handles the channel of the suite as a service does, until the end of the test.
func listen(t *testing.T, b bus.Bus, handle bus.Handler) {
	t.Helper()
	s, err := bus.Listen(b, group, []bus.Listener{{Channel: channel, Handle: handle}}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { leave(t, s) })
}

// deadLetters are the dead letters of the group, from the first.
func deadLetters(t *testing.T, b bus.Bus) chan bus.DeadLetter {
	t.Helper()
	letters := make(chan bus.DeadLetter, 100)
	s, err := b.Subscribe("undertaker", bus.DeadLetters(group), func(_ context.Context, message []byte) error {
		var letter bus.DeadLetter
		if err := json.Unmarshal(message, &letter); err != nil {
			t.Errorf("dead letter %s: %v", message, err)
		}
		letters <- letter
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { leave(t, s) })
	return letters
}

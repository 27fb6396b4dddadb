package bustest

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"ticketing.dev/common/bus"
)

const (
	group   = "orders"
	channel = "ticket:created"

	// patience is how long a test waits for what must happen.
	patience = 30 * time.Second
)

// inbox holds what a handler was called with. It never makes a handler wait.
type inbox chan string

func newInbox() inbox { return make(inbox, 10_000) }

// then makes a handler that puts the message into the inbox and answers as next does.
func (in inbox) then(next func(message string) error) bus.Handler {
	return func(_ context.Context, message []byte) error {
		in <- string(message)
		return next(string(message))
	}
}

func accept(string) error { return nil }

func refuse(string) error { return errors.New("again") }

// failTwice refuses one message two times.
func failTwice(bad string) func(string) error {
	var failures atomic.Int32
	return func(message string) error {
		if message == bad && failures.Add(1) <= 2 {
			return refuse(message)
		}
		return nil
	}
}

// expect waits for as many messages as are wanted: these, in any order.
func (in inbox) expect(t *testing.T, want ...string) {
	t.Helper()
	var got []string
	for len(got) < len(want) {
		select {
		case message := <-in:
			got = append(got, message)
		case <-time.After(patience):
			t.Fatalf("got %q, want %q", got, want)
		}
	}
	assertSame(t, got, want)
}

// expectEach waits until each of these has come, however often: a broker may deliver twice.
func (in inbox) expectEach(t *testing.T, want ...string) {
	t.Helper()
	missing := make(map[string]bool)
	for _, message := range want {
		missing[message] = true
	}
	for len(missing) > 0 {
		delete(missing, receive(t, in))
	}
}

func assertSame(t *testing.T, got, want []string) {
	t.Helper()
	got, want = slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))
	if !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
}

func receive[T any, C ~chan T](t *testing.T, from C) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

// join subscribes to the channel of the suite until the end of the test.
func join(t *testing.T, b bus.Bus, group string, handle bus.Handler) bus.Subscription {
	t.Helper()
	s, err := b.Subscribe(group, channel, handle)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { leave(t, s) })
	return s
}

func leave(t *testing.T, s bus.Subscription) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func publish(t *testing.T, b bus.Publisher, channel string, messages ...string) {
	t.Helper()
	for _, message := range messages {
		if err := b.Publish(t.Context(), channel, []byte(message)); err != nil {
			t.Error(err)
		}
	}
}

// publishUntilStored tries again while the broker is away, as an outbox does.
func publishUntilStored(t *testing.T, b bus.Publisher, channel, message string) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for {
		err := b.Publish(ctx, channel, []byte(message))
		if err == nil {
			return
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			t.Errorf("message %s could not be published: %v", message, err)
			return
		}
	}
}

package bustest

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"testing"
)

// replayed reads more than a broker delivers without an acknowledgement: 1024 with NATS Streaming.
func replayed(t *testing.T, broker Broker) {
	const before, all = 1100, 1110
	b := broker.Connect(t)
	got := newInbox()
	join(t, b, group, got.then(accept))
	var want []string
	for n := range all {
		want = append(want, strconv.Itoa(n))
	}
	publish(t, b, channel, want[:before]...)
	publish(t, b, "ticket:updated", "of another channel")

	var later sync.WaitGroup
	var first []string
	replay(t, b, channel, func(message []byte) {
		first = append(first, string(message))
		if string(message) == "0" {
			later.Go(func() { publish(t, b, channel, want[before:]...) })
		}
	})
	later.Wait()
	if !slices.Equal(first, want[:before]) {
		t.Errorf("read %d messages, want the %d that were stored before, in their order", len(first), before)
	}
	var again []string
	replay(t, b, channel, func(message []byte) { again = append(again, string(message)) })
	if !slices.Equal(again, want) {
		t.Errorf("the second time read %d messages, want %d in their order", len(again), all)
	}
	got.expectEach(t, want...) // It took nothing from the group.
}

func replayEmpty(t *testing.T, broker Broker) {
	b := broker.Connect(t)
	publish(t, b, channel, "of another channel")
	replay(t, b, "order:created", func(message []byte) { t.Errorf("an empty channel has %q", message) })
}

func replayCancelled(t *testing.T, broker Broker) {
	b := broker.Connect(t)
	ctx, cancel := context.WithCancel(t.Context())
	publish(t, b, channel, "one", "two")
	err := b.Replay(ctx, channel, func([]byte) { cancel() })
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("a replay that is cancelled ends with %v", err)
	}
	if err := b.Replay(ctx, channel, func([]byte) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("a replay with a cancelled context ends with %v", err)
	}
}

func replayFails(t *testing.T, broker Broker) {
	b := broker.Connect(t)
	var messages []string
	for n := range 1100 { // more than are delivered at once
		messages = append(messages, strconv.Itoa(n))
	}
	publish(t, b, channel, messages...)
	begun, proceed, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	var once sync.Once
	go func() {
		ended <- b.Replay(t.Context(), channel, func([]byte) {
			once.Do(func() { close(begun) })
			<-proceed
		})
	}()
	receive(t, begun)
	broker.Restart(t)
	close(proceed)
	if err := receive(t, ended); err == nil {
		t.Error("a replay that the broker interrupted ended without an error")
	}
}

func replay(t *testing.T, b interface {
	Replay(context.Context, string, func([]byte)) error
}, channel string, each func([]byte)) {
	t.Helper()
	if err := b.Replay(t.Context(), channel, each); err != nil {
		t.Fatal(err)
	}
}

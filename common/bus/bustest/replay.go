package bustest

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"testing"
)

// replayed reads more than a broker hands out without an acknowledgement: 1024 with NATS Streaming.
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
	read := func() (messages []string) {
		err := b.Replay(t.Context(), channel, func(message []byte) bool {
			messages = append(messages, string(message))
			if string(message) == want[before-1] {
				later.Go(func() { publish(t, b, channel, want[before:]...) })
			}
			return string(message) != want[all-1]
		})
		if err != nil {
			t.Error(err)
		}
		return messages
	}
	if first := read(); !slices.Equal(first, want) {
		t.Errorf("read %d of %d messages, or in another order", len(first), all)
	}
	later.Wait()
	if again := read(); !slices.Equal(again, want) {
		t.Errorf("the second time read %d of %d messages, or in another order", len(again), all)
	}
	later.Wait()
	got.expectEach(t, want...) // It took nothing from the group.
}

func replayEnds(t *testing.T, broker Broker) {
	b := broker.Connect(t)
	ctx, cancel := context.WithCancel(t.Context())
	publish(t, b, channel, "one")
	err := b.Replay(ctx, channel, func([]byte) bool { cancel(); return true })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("without an end it ended with %v", err)
	}
	err = b.Replay(ctx, "order:created", func([]byte) bool { return true })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("an empty channel ended with %v", err)
	}
}

func replayFails(t *testing.T, broker Broker) {
	b := broker.Connect(t)
	publish(t, b, channel, "one")
	begun, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- b.Replay(t.Context(), channel, func([]byte) bool { close(begun); return true })
	}()
	receive(t, begun)
	broker.Restart(t)
	if err := receive(t, ended); err == nil {
		t.Error("it ended as if it had been read to the end")
	}
}

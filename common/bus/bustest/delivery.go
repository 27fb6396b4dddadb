package bustest

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"
)

func fromTheFirstMessage(t *testing.T, broker Broker) {
	b := broker.Connect(t)
	publish(t, b, channel, "one", "two", "two")
	publish(t, b, "ticket:updated", "of another channel")
	got := newInbox()
	join(t, b, group, got.then(accept))
	got.expect(t, "one", "two", "two")
	publish(t, b, channel, "three")
	got.expect(t, "three")
}

func againUntilSuccess(t *testing.T, broker Broker) {
	b := broker.Connect(t)
	got := newInbox()
	join(t, b, group, got.then(failTwice("bad")))
	publish(t, b, channel, "good", "bad")
	// The good one was acknowledged: it has not come again by the time the bad one has come thrice.
	got.expect(t, "good", "bad", "bad", "bad")
}

func sideBySide(t *testing.T, broker Broker) {
	b := broker.Connect(t)
	got, meeting := newInbox(), make(chan struct{})
	join(t, b, group, func(ctx context.Context, message []byte) error {
		select {
		case meeting <- struct{}{}:
		case <-meeting:
		case <-ctx.Done():
			return ctx.Err()
		}
		got <- string(message)
		return nil
	})
	publish(t, b, channel, "one", "two")
	got.expect(t, "one", "two")
}

func deadline(t *testing.T, broker Broker) {
	b := broker.Connect(t)
	left := make(chan time.Duration, 1)
	join(t, b, group, func(ctx context.Context, _ []byte) error {
		end, _ := ctx.Deadline()
		left <- time.Until(end)
		return nil
	})
	publish(t, b, channel, "one")
	if d := receive(t, left); d <= 0 {
		t.Errorf("%v until the deadline of the handler", d)
	}
}

func membersShare(t *testing.T, broker Broker) {
	b := broker.Connect(t)
	first, second := newInbox(), newInbox()
	join(t, b, group, first.then(accept))
	join(t, broker.Connect(t), group, second.then(accept))

	// Nothing tells when both have joined, so messages are published until both have had one.
	var sent, got []string
	enough := time.After(patience)
	for ofFirst, ofSecond := 0, 0; ofFirst == 0 || ofSecond == 0; {
		message := strconv.Itoa(len(sent))
		publish(t, b, channel, message)
		sent = append(sent, message)
		select {
		case message = <-first:
			ofFirst++
		case message = <-second:
			ofSecond++
		case <-enough:
			t.Fatalf("of %d messages one member had %d, the other %d", len(sent), ofFirst, ofSecond)
		}
		got = append(got, message)
	}
	assertSame(t, got, sent)
}

func groupsGetAll(t *testing.T, broker Broker) {
	b := broker.Connect(t)
	orders, payments := newInbox(), newInbox()
	join(t, b, "orders", orders.then(accept))
	join(t, b, "payments", payments.then(accept))
	publish(t, b, channel, "one", "two")
	orders.expect(t, "one", "two")
	payments.expect(t, "one", "two")
}

func handedOver(t *testing.T, broker Broker) {
	b := broker.Connect(t)
	refused, accepted := newInbox(), newInbox()
	leaver := join(t, b, group, refused.then(refuse))
	publish(t, b, channel, "one")
	refused.expect(t, "one")

	join(t, broker.Connect(t), group, accepted.then(accept))
	leave(t, leaver)
	accepted.expect(t, "one")
}

func leavingWaits(t *testing.T, broker Broker) {
	b := broker.Connect(t)
	started, finish := newInbox(), make(chan struct{})
	s := join(t, b, group, func(ctx context.Context, message []byte) error {
		started <- string(message)
		select {
		case <-finish:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	publish(t, b, channel, "one")
	started.expect(t, "one")

	left := make(chan error, 1)
	go func() { left <- s.Close() }()
	select {
	case <-left:
		t.Fatal("left while the handler was running")
	case <-time.After(50 * time.Millisecond): // That nothing happens takes time to see.
	}

	// A member that is leaving gets nothing new.
	witness := newInbox()
	join(t, b, "witness", witness.then(accept))
	publish(t, b, channel, "two")
	witness.expect(t, "one", "two")
	close(finish)
	if err := receive(t, left); err != nil {
		t.Fatal(err)
	}
	if n := len(started); n != 0 {
		t.Errorf("%d messages were handled while leaving", n)
	}

	// Its last acknowledgement still counts: the next member gets only what follows.
	got := newInbox()
	join(t, b, group, got.then(failTwice("two")))
	got.expect(t, "two", "two", "two")
}

func keepsItsPlace(t *testing.T, broker Broker) {
	b := broker.Connect(t)
	before, after := newInbox(), newInbox()
	s := join(t, b, group, before.then(accept))
	publish(t, b, channel, "one")
	before.expect(t, "one")
	leave(t, s)

	publish(t, b, channel, "meanwhile")
	join(t, broker.Connect(t), group, after.then(accept))
	after.expect(t, "meanwhile")
}

func manyPublishers(t *testing.T, broker Broker) {
	b := broker.Connect(t)
	got := newInbox()
	join(t, b, group, got.then(accept))
	var sent []string
	var publishers sync.WaitGroup
	for range 16 {
		var own []string
		for range 25 {
			own = append(own, strconv.Itoa(len(sent)+len(own)))
		}
		sent = append(sent, own...)
		publishers.Go(func() { publish(t, b, channel, own...) })
	}
	publishers.Wait()
	got.expectEach(t, sent...)
}

// restart has a publisher that does not give up, as an outbox does, and a group that is at work, and
// takes the broker from under them.
func restart(t *testing.T, broker Broker) {
	const messages = 200
	b := broker.Connect(t)
	got := newInbox()
	join(t, broker.Connect(t), group, got.then(accept))

	var publisher sync.WaitGroup
	publisher.Go(func() {
		for n := range messages {
			publishUntilStored(t, b, channel, strconv.Itoa(n))
		}
	})
	seen := make(map[string]bool) // Some come twice: their acknowledgements were lost.
	for len(seen) < messages/4 {
		seen[receive(t, got)] = true
	}
	broker.Restart(t)
	for len(seen) < messages {
		seen[receive(t, got)] = true
	}
	publisher.Wait()

	// A group that comes later finds them all in the broker too.
	late := newInbox()
	join(t, b, "late", late.then(accept))
	clear(seen)
	for len(seen) < messages {
		seen[receive(t, late)] = true
	}
}

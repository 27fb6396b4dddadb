package memory_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ticketing.dev/common/bus"
	"ticketing.dev/common/bus/bustest"
	"ticketing.dev/common/bus/memory"
)

func TestConformance(t *testing.T) {
	bustest.Run(t, func(*testing.T) bustest.Broker { return broker{memory.New()} })
}

func TestConformanceWhileShuffled(t *testing.T) {
	bustest.Run(t, func(*testing.T) bustest.Broker {
		return broker{memory.New(memory.Shuffled(1, 20*time.Millisecond))}
	})
}

// broker is a Bus seen as a broker: it is its own connection.
type broker struct{ *memory.Bus }

func (b broker) Connect(*testing.T) bus.Bus { return b.Bus }

func (b broker) Restart(t *testing.T) {
	b.Stop()
	defer b.Start()
	if err := b.Publish(t.Context(), channel, nil); !errors.Is(err, memory.ErrStopped) {
		t.Errorf("publishing while the broker is away: %v", err)
	}
}

const channel = "ticket:created"

func TestRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := memory.New(memory.RetryAfter(time.Minute))
		var came []time.Time
		subscribe(t, b, func(string) error {
			if came = append(came, time.Now()); len(came) < 2 {
				return errors.New("again")
			}
			return nil
		})
		publish(t, b, "one")
		settle(t, b)
		if len(came) != 2 || came[1].Sub(came[0]) != time.Minute {
			t.Errorf("the message came at %v", came)
		}
	})
}

func TestTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := memory.New(memory.Twice())
		got := make(chan string, 10)
		publish(t, b, "before")
		subscribe(t, b, func(message string) error { got <- message; return nil })
		publish(t, b, "after")
		settle(t, b)
		close(got)
		var all []string
		for message := range got {
			all = append(all, message)
		}
		slices.Sort(all)
		if want := []string{"after", "after", "before", "before"}; !slices.Equal(all, want) {
			t.Errorf("got %v, want %v", all, want)
		}
		if n := len(b.Messages(channel)); n != 2 {
			t.Errorf("%d messages are kept, though two were published", n)
		}
	})
}

func TestShuffled(t *testing.T) {
	order := func(seed uint64) []string {
		var got []string
		synctest.Test(t, func(t *testing.T) {
			b := memory.New(memory.Shuffled(seed, time.Hour))
			subscribe(t, b, func(message string) error { got = append(got, message); return nil })
			for n := range 20 {
				publish(t, b, strconv.Itoa(n))
			}
			settle(t, b)
		})
		return got
	}
	one, again, other := order(1), order(1), order(2)
	if len(one) != 20 || slices.IsSortedFunc(one, byNumber) {
		t.Errorf("the order is %v", one)
	}
	if !slices.Equal(one, again) {
		t.Errorf("one seed gave the orders %v and %v", one, again)
	}
	if slices.Equal(one, other) {
		t.Errorf("two seeds gave the order %v", one)
	}
}

func byNumber(a, b string) int {
	x, _ := strconv.Atoi(a)
	y, _ := strconv.Atoi(b)
	return x - y
}

func TestOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := memory.New()
		handled, finish := 0, make(chan struct{})
		subscribe(t, b, func(string) error {
			handled++
			<-finish
			return nil
		})
		publish(t, b, "one")
		synctest.Wait()

		// The handler ends during the outage, so its acknowledgement is lost.
		b.Stop()
		close(finish)
		time.Sleep(time.Hour)
		if handled != 1 {
			t.Errorf("handled %d times during the outage", handled)
		}
		b.Start()
		settle(t, b)
		if handled != 2 {
			t.Errorf("handled %d times in all", handled)
		}
	})
}

func TestSettled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := memory.New()
		publish(t, b, "without a group")
		settle(t, b)

		// What a handler publishes is open before its own message is acknowledged.
		var last string
		subscribe(t, b, func(message string) error {
			time.Sleep(time.Minute)
			if last = message; message == "one" {
				publish(t, b, "two")
			}
			return nil
		})
		settle(t, b)
		if last != "without a group" {
			t.Error("settled before the group had caught up")
		}
		publish(t, b, "one")
		settle(t, b)
		if last != "two" {
			t.Errorf("settled after message %q", last)
		}
	})
}

func TestSettledNamesUnhandledMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := memory.New()
		subscribe(t, b, func(string) error { return errors.New("again") })
		publish(t, b, "one")
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		err := b.Settled(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "1 of ticket:created by orders") {
			t.Errorf("the error is %v", err)
		}
	})
}

// Neither the publisher nor a handler nor a test can change what is kept.
func TestMessagesAreCopies(t *testing.T) {
	b := memory.New()
	message := []byte("one")
	if err := b.Publish(t.Context(), channel, message); err != nil {
		t.Fatal(err)
	}
	message[0] = 'x'
	s, err := b.Subscribe("orders", channel, func(_ context.Context, message []byte) error {
		message[0] = 'x'
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	settle(t, b)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	b.Messages(channel)[0][0] = 'x'
	if got := string(b.Messages(channel)[0]); got != "one" {
		t.Errorf("%q is kept", got)
	}
}

func subscribe(t *testing.T, b *memory.Bus, handle func(message string) error) {
	t.Helper()
	s, err := b.Subscribe("orders", channel, func(_ context.Context, message []byte) error {
		return handle(string(message))
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

func publish(t *testing.T, b *memory.Bus, message string) {
	t.Helper()
	if err := b.Publish(t.Context(), channel, []byte(message)); err != nil {
		t.Fatal(err)
	}
}

func settle(t *testing.T, b *memory.Bus) {
	t.Helper()
	if err := b.Settled(t.Context()); err != nil {
		t.Fatal(err)
	}
}

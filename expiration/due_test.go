package expiration

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"
)

// published says when something was published, and fails while the bus is away.
type published struct {
	at   []time.Time
	away bool
}

func (p *published) Publish(context.Context, string, []byte) error {
	if p.away {
		return errors.New("away")
	}
	p.at = append(p.at, time.Now())
	return nil
}

// redisAway is a client that never connects.
func redisAway(t *testing.T) *redis.Client {
	t.Helper()
	client, err := Connect(Redis{Addr: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// asynq keeps the second of a due time and drops the rest. (asynq itself is not in this test: it reads from
// Redis all the time, for which no fake clock goes on.) A timer that fires then fires once, in time.
func TestATimerFiresOnceAndInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, fraction := range []time.Duration{0, 1, time.Millisecond, 499 * time.Millisecond, time.Second - 1} {
			b := new(published)
			s := New(Options{Redis: redisAway(t), Bus: b, Log: slog.New(slog.DiscardHandler)})
			order := timer{"65a0000000000000000000c1", time.Now().Truncate(time.Second).Add(15*time.Minute + fraction)}
			time.Sleep(time.Until(time.Unix(order.due().Unix(), 0)))
			if err := s.expire(t.Context(), order); err != nil || len(b.at) != 1 {
				t.Errorf("%s: it fires %s early: %v", fraction, time.Until(order.ExpiresAt), err)
				continue
			}
			if late := b.at[0].Sub(order.ExpiresAt); late < 0 || late >= time.Second {
				t.Errorf("%s: it fires %s late", fraction, late)
			}
			_ = s.timers.redis.Close()
		}
	})
}

// A timer that's early by this replica's clock, or that fires while the bus is away, publishes nothing and fires
// again.
func TestImplausibleTimersFireAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := new(published)
		s := New(Options{Redis: redisAway(t), Bus: b, Log: slog.New(slog.DiscardHandler)})
		defer s.timers.redis.Close()
		order := timer{"65a0000000000000000000c1", time.Now().Add(time.Minute)}
		time.Sleep(time.Minute - time.Nanosecond)
		if err := s.expire(t.Context(), order); !errors.Is(err, errNotYet) {
			t.Errorf("before its time: %v", err)
		}
		time.Sleep(time.Nanosecond)
		b.away = true
		if err := s.expire(t.Context(), order); err == nil {
			t.Error("the event wasn't published, but the timer won't fire again")
		}
		if b.away = false; len(b.at) > 0 {
			t.Errorf("told at %s", b.at)
		}
		if err := s.expire(t.Context(), order); err != nil || len(b.at) != 1 {
			t.Errorf("then: %v, told at %s", err, b.at)
		}
	})
}

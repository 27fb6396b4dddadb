package ratelimit

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"ticketing.dev/common/standin"
)

// replicas returns the same limit of two replicas of a service.
func replicas(t *testing.T, redis string, own func() Limit) (a, b Limit) {
	t.Helper()
	name := t.Name() + time.Now().String() // a real Redis may be shared with other runs
	limits := make([]Limit, 2)
	for i := range limits {
		s := connect(t, Config{RedisAddr: redis}, slog.New(slog.DiscardHandler))
		t.Cleanup(func() { _ = s.Close() })
		limits[i] = s.Limit(name, own())
	}
	return limits[0], limits[1]
}

// both are the kinds of limits, with three attempts at once.
var both = map[string]func() Limit{
	"bucket": func() Limit { return Config{Factor: 1}.NewBucket(3, time.Minute, time.Now) },
	"delay":  func() Limit { return Config{Factor: 1}.NewDelay(3, time.Hour, time.Now) },
}

func TestReplicasHaveALimitTogether(t *testing.T) {
	redis := standin.Redis(t)
	for kind, own := range both {
		a, b := replicas(t, redis, own)
		for i, l := range []Limit{a, b, a} {
			if wait := waitOf(l, "k"); wait != 0 {
				t.Fatalf("%s: attempt %d waits %s", kind, i+1, wait)
			}
		}
		longest := map[string]time.Duration{"bucket": time.Minute, "delay": firstWait}[kind]
		if wait := waitOf(b, "k"); wait <= longest/2 || wait > longest {
			t.Errorf("%s: attempt 4, the other replica's second, waits %s, want about %s", kind, wait, longest)
		}
		if wait := waitOf(b, "another"); wait != 0 {
			t.Errorf("%s: another key waits %s", kind, wait)
		}
	}
}

func TestAnAttemptGivenBackDoesNotCountInAnyReplica(t *testing.T) {
	redis := standin.Redis(t)
	for kind, own := range both {
		a, b := replicas(t, redis, own)
		for i := range 10 {
			l := []Limit{a, b}[i%2]
			giveBack, wait := l.Take("k")
			if wait != 0 {
				t.Fatalf("%s: attempt %d waits %s", kind, i+1, wait)
			}
			giveBack()
		}
	}
}

func TestASharedDelayDoublesUpToTheLongest(t *testing.T) {
	c := newClock() // of the processes themselves
	a, b := replicas(t, standin.Redis(t), func() Limit { return Config{Factor: 1}.NewDelay(1, 25*time.Minute, c.now) })
	shared := a.(*sharedLimit)
	for i, want := range []time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second, 40 * time.Second} {
		if wait := waitOf([]Limit{a, b}[i%2], "k"); wait != 0 {
			t.Fatalf("attempt %d waits another %s", i+1, wait)
		}
		c.pass(25 * time.Minute)
		if wait := waitOf([]Limit{b, a}[i%2], "k"); wait <= want/2 || wait > want {
			t.Errorf("after attempt %d, the other replica's waits %s, want %s", i+1, wait, want)
		}
		past := time.Now().Add(-time.Second).UnixMicro()
		conn := shared.pool.Get()
		if _, err := conn.Do("HSET", shared.prefix+"k", "next", past); err != nil {
			t.Fatal(err)
		}
		conn.Close()
	}
}

func TestWithoutRedisEachProcessCountsByItself(t *testing.T) {
	redis := standin.Start(t, "redis")
	for kind, own := range both {
		var log strings.Builder
		s := connect(t, Config{RedisAddr: redis.Addr()}, slog.New(slog.NewTextHandler(&log, nil)))
		t.Cleanup(func() { _ = s.Close() })
		l := s.Limit(kind, own())
		waitOf(l, "k")
		redis.Kill()
		begun := time.Now()
		for i := range 2 {
			if wait := waitOf(l, "k"); wait != 0 {
				t.Fatalf("%s: attempt %d of 3 waits %s", kind, i+2, wait)
			}
		}
		if wait := waitOf(l, "k"); wait == 0 {
			t.Errorf("%s: no limit holds without Redis", kind)
		}
		if took := time.Since(begun); took > 5*sharedTimeout {
			t.Errorf("%s: three attempts without Redis took %s", kind, took)
		}
		if n := strings.Count(log.String(), "Redis unavailable"); n != 1 {
			t.Errorf("%s: the outage is logged %d times:\n%s", kind, n, log.String())
		}
		redis.Restart()
		s.pausedUntil.Store(0)
		if wait := waitOf(l, "another"); wait != 0 || s.outage.On() {
			t.Errorf("%s: after Redis is back, an attempt waits %s, outage %t", kind, wait, s.outage.On())
		}
	}
}

func TestWithoutAnAddressNothingIsShared(t *testing.T) {
	s := connect(t, Config{}, slog.New(slog.DiscardHandler))
	own := Config{Factor: 1}.NewBucket(1, time.Minute, time.Now)
	if s != nil || s.Limit("a", own) != own || s.Close() != nil {
		t.Error("a limit is shared without a Redis")
	}
	if shared := (&Shared{}).Limit("a", Config{}.NewBucket(1, time.Minute, time.Now)); shared != nil {
		t.Error("a lifted limit counts in Redis")
	}
}

func connect(t *testing.T, c Config, log *slog.Logger) *Shared {
	t.Helper()
	s, err := c.Connect("test", log)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

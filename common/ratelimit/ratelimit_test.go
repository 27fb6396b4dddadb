package ratelimit

import (
	"errors"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ticketing.dev/common/problem"
)

// clock is a time that the test moves.
type clock struct{ at time.Time }

func (c *clock) now() time.Time              { return c.at }
func (c *clock) pass(d time.Duration)        { c.at = c.at.Add(d) }
func newClock() *clock                       { return &clock{time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)} }
func waitOf(l Limit, k string) time.Duration { _, wait := l.Take(k); return wait }

func TestABucketAllowsABurstAndThenOnePerInterval(t *testing.T) {
	c := newClock()
	b := Config{Factor: 1}.NewBucket(3, time.Minute, c.now)
	for i := range 3 {
		if wait := waitOf(b, "a"); wait != 0 {
			t.Fatalf("attempt %d waits %s", i, wait)
		}
	}
	if wait := waitOf(b, "a"); wait != time.Minute {
		t.Errorf("beyond the burst the wait is %s, want 1m", wait)
	}
	if wait := waitOf(b, "b"); wait != 0 {
		t.Errorf("another key waits %s", wait)
	}
	c.pass(time.Minute)
	if first, second := waitOf(b, "a"), waitOf(b, "a"); first != 0 || second != time.Minute {
		t.Errorf("after an interval the waits are %s and %s", first, second)
	}
}

func TestAnAttemptGivenBackDoesNotCount(t *testing.T) {
	c := newClock()
	for name, l := range map[string]Limit{
		"bucket": Config{Factor: 1}.NewBucket(2, time.Minute, c.now),
		"delay":  Config{Factor: 1}.NewDelay(2, time.Minute, c.now),
	} {
		for i := range 5 {
			giveBack, wait := l.Take("a")
			if wait != 0 {
				t.Fatalf("%s: attempt %d waits %s", name, i, wait)
			}
			giveBack()
		}
	}
}

func TestADelayDoublesUpToTheLongest(t *testing.T) {
	c := newClock()
	d := Config{Factor: 1}.NewDelay(2, 25*time.Second, c.now)
	waitOf(d, "a")
	for i, want := range []time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second, 25 * time.Second, 25 * time.Second} {
		if wait := waitOf(d, "a"); wait != 0 {
			t.Fatalf("attempt %d waits %s after the delay has passed", i, wait)
		}
		if wait := waitOf(d, "a"); wait != want {
			t.Errorf("attempt %d is followed by a wait of %s, want %s", i, wait, want)
		}
		c.pass(want)
	}
	c.pass(d.(*Delay).forgetAfter() + time.Second)
	if first, second := waitOf(d, "a"), waitOf(d, "a"); first != 0 || second != 0 {
		t.Errorf("after a quiet time the waits are %s and %s", first, second)
	}
}

func TestARefusedAttemptCountsNowhere(t *testing.T) {
	c := newClock()
	wide, narrow := Config{Factor: 1}.NewDelay(2, time.Hour, c.now), Config{Factor: 1}.NewBucket(1, time.Minute, c.now)
	both := func() error { _, err := Take(Attempt{wide, "a"}, Attempt{narrow, "a"}); return err }
	if err := both(); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		p := problem.Of(both())
		if p.Kind != problem.TooMany || p.RetryAfter != time.Minute || p.Error() != "Too many attempts. Try again in 60 seconds." {
			t.Fatalf("refused as %+v", p)
		}
	}
	if wait := waitOf(wide, "a"); wait != 0 {
		t.Errorf("refused attempts delay the next one by %s", wait)
	}
}

func TestConcurrentAttemptsDoNotExceedALimit(t *testing.T) {
	c := newClock()
	for name, l := range map[string]Limit{
		"bucket": Config{Factor: 1}.NewBucket(10, time.Minute, c.now),
		"delay":  Config{Factor: 1}.NewDelay(10, time.Minute, c.now),
	} {
		var allowed atomic.Int64
		var all sync.WaitGroup
		for range 200 {
			all.Go(func() {
				if waitOf(l, "a") == 0 {
					allowed.Add(1)
				}
			})
		}
		all.Wait()
		if allowed.Load() != 10 {
			t.Errorf("%s: %d of 200 were allowed, want 10", name, allowed.Load())
		}
	}
}

func TestFactorMultipliesLimitsAndZeroLiftsThem(t *testing.T) {
	c := newClock()
	b := Config{Factor: 10}.NewBucket(1, time.Minute, c.now)
	allowed := 0
	for waitOf(b, "a") == 0 {
		allowed++
	}
	if allowed != 10 {
		t.Errorf("a factor of 10 allows %d, want 10", allowed)
	}
	if _, err := Take(Attempt{Config{}.NewBucket(1, time.Minute, c.now), "a"}, Attempt{nil, "b"}); err != nil {
		t.Errorf("a lifted limit refuses: %v", err)
	}
}

func TestManyKeysDoNotFillTheMemory(t *testing.T) {
	c := newClock()
	for name, l := range map[string]Limit{
		"bucket": Config{Factor: 1}.NewBucket(1, time.Hour, c.now),
		"delay":  Config{Factor: 1}.NewDelay(1, time.Hour, c.now),
	} {
		for i := range maxKeys + 1000 {
			waitOf(l, strconv.Itoa(i))
		}
		kept := 0
		switch l := l.(type) {
		case *Bucket:
			kept = len(l.full)
		case *Delay:
			kept = len(l.attempts)
		}
		if kept != maxKeys {
			t.Errorf("the %s keeps %d keys, want %d", name, kept, maxKeys)
		}
	}
}

func TestMakingRoomLooksAtAFewKeysAndDropsTheFirstToEnd(t *testing.T) {
	now, keys := newClock().at, make(map[string]time.Time, maxKeys)
	for i := range maxKeys {
		keys[strconv.Itoa(i)] = now.Add(time.Duration(i+1) * time.Second)
	}
	var seen []time.Time
	makeRoom(keys, now, func(end time.Time) time.Time { seen = append(seen, end); return end })
	if len(seen) != sample || len(keys) != maxKeys-1 {
		t.Fatalf("looked at %d keys and kept %d", len(seen), len(keys))
	}
	first := slices.MinFunc(seen, time.Time.Compare)
	if _, kept := keys[strconv.Itoa(int(first.Sub(now)/time.Second)-1)]; kept {
		t.Error("kept the key that ends first")
	}
	makeRoom(keys, now, func(time.Time) time.Time { t.Error("looked at keys while there was room"); return now })
	keys["another"] = now
	makeRoom(keys, now, func(time.Time) time.Time { return now })
	if len(keys) != maxKeys-sample {
		t.Errorf("%d keys are left of %d, want %d ended ones gone", len(keys), maxKeys, sample)
	}
}

func TestMessagesNameTheWait(t *testing.T) {
	for wait, want := range map[time.Duration]string{
		time.Millisecond:     "Too many attempts. Try again in 1 second.",
		30 * time.Second:     "Too many attempts. Try again in 30 seconds.",
		10*time.Minute + 1e9: "Too many attempts. Try again in 11 minutes.",
	} {
		if got := Refused(wait); got.Error() != want || !errors.As(got, new(*problem.Error)) {
			t.Errorf("after %s: %q, want %q", wait, got, want)
		}
	}
}

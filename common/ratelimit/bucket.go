package ratelimit

import (
	"sync"
	"time"
)

// Bucket allows a burst of attempts for each key, and then one per interval. It's the generic cell rate algorithm,
// which needs one time per key.
type Bucket struct {
	burst time.Duration // the interval, times the number of attempts at once
	every time.Duration
	now   func() time.Time

	mu sync.Mutex
	// full is when a key's whole burst is available again.
	full map[string]time.Time
}

// NewBucket allows burst attempts at once and then one per interval, each times the factor. Without a factor it
// returns nil, which Take takes for no limit.
func (c Config) NewBucket(burst int, every time.Duration, now func() time.Time) Limit {
	if c.Factor <= 0 {
		return nil
	}
	return &Bucket{burst: every * time.Duration(burst), every: every / time.Duration(c.Factor), now: now, full: make(map[string]time.Time)}
}

// Take counts an attempt.
func (b *Bucket) Take(key string) (giveBack func(), wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	full := b.full[key]
	if full.Before(now) {
		full = now
	}
	full = full.Add(b.every)
	if wait := full.Sub(now) - b.burst; wait > 0 {
		return nil, wait
	}
	makeRoom(b.full, now, func(full time.Time) time.Time { return full })
	b.full[key] = full
	return func() { b.giveBack(key) }, 0
}

func (b *Bucket) giveBack(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if full, ok := b.full[key]; ok {
		b.full[key] = full.Add(-b.every)
	}
}

package ratelimit

import (
	"sync"
	"time"
)

// firstWait is the first wait after the free attempts.
const firstWait = 5 * time.Second

// Delay allows some attempts for each key and then makes each one wait twice as long as the one before, until the
// key has been quiet for a while.
type Delay struct {
	free           int
	first, longest time.Duration
	now            func() time.Time

	mu       sync.Mutex
	attempts map[string]attempts
}

type attempts struct {
	count int
	next  time.Time // when another attempt is allowed
}

// NewDelay allows free attempts, times the factor. The following ones wait 5 s, 10 s, 20 s and so on up to the
// longest wait.
func (c Config) NewDelay(free int, longest time.Duration, now func() time.Time) Limit {
	if c.Factor <= 0 {
		return nil
	}
	return &Delay{free: free * c.Factor, first: firstWait, longest: longest, now: now, attempts: make(map[string]attempts)}
}

// Take counts an attempt.
func (d *Delay) Take(key string) (giveBack func(), wait time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.now()
	a := d.attempts[key]
	switch {
	case now.Before(a.next):
		return nil, a.next.Sub(now)
	case now.Sub(a.next) > d.forgetAfter():
		a = attempts{}
	}
	before := a.next
	a.count++
	a.next = now.Add(d.wait(a.count))
	makeRoom(d.attempts, now, func(a attempts) time.Time { return a.next.Add(d.forgetAfter()) })
	d.attempts[key] = a
	return func() { d.giveBack(key, a.next, before) }, 0
}

// wait is the pause after this many attempts.
func (d *Delay) wait(count int) time.Duration {
	if count < d.free {
		return 0
	}
	return min(d.first<<min(count-d.free, 20), d.longest)
}

// forgetAfter is how long after a key's last wait its attempts count.
func (d *Delay) forgetAfter() time.Duration { return 4 * d.longest }

// giveBack uncounts an attempt. If no other one came after it, its wait is over, too.
func (d *Delay) giveBack(key string, next, before time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	a, ok := d.attempts[key]
	if !ok {
		return
	}
	a.count--
	if a.next.Equal(next) {
		a.next = before
	}
	if d.attempts[key] = a; a.count <= 0 {
		delete(d.attempts, key)
	}
}

package history

import (
	"sync"
	"time"
)

const stallTick = 100 * time.Millisecond

// stall is how much too long a sleep took, and when it ended.
type stall struct{ at, late time.Duration }

// WatchStalls records, until stop is called, how late this process's sleeps end, which shows how long the whole
// machine stood still.
func (r *Recorder) WatchStalls() (stop func()) { return r.watchStalls(r.Now) }

func (r *Recorder) watchStalls(clock func() time.Duration) (stop func()) {
	quit := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		for {
			due := clock() + stallTick
			select {
			case <-time.After(stallTick):
			case <-quit:
				return
			}
			now := clock()
			r.mu.Lock()
			r.stalls = append(r.stalls, stall{now, now - due})
			r.mu.Unlock()
		}
	})
	return func() {
		close(quit)
		watching.Wait()
	}
}

// Stall is the longest stall that ended after a time.
func (r *Recorder) Stall(since time.Duration) (longest time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.stalls {
		if s.at >= since {
			longest = max(longest, s.late)
		}
	}
	return longest
}

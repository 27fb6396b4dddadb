package history

import (
	"sync"
	"time"
)

// stallTick is how often it is looked whether the machine goes on.
const stallTick = 100 * time.Millisecond

// stall is by how much a sleep was too long, and when it was over.
type stall struct{ at, late time.Duration }

// WatchStalls notes from now on how much too late a sleep of this process ends, which the machine made wait
// as long as everything else on it. It ends when stop is called.
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

// Stall is the longest for which the machine was seen to stand still since a time, or across it.
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

package history

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestTheLongestStallIsFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRecorder()
		var stood atomic.Int64 // for which no sleep has ended
		clock := func() time.Duration { return r.Now() + time.Duration(stood.Load()) }
		stop := r.watchStalls(clock)
		defer stop()
		stall := func(d time.Duration) {
			time.Sleep(time.Second)
			synctest.Wait()
			stood.Add(int64(d))
			time.Sleep(time.Second)
			synctest.Wait()
		}
		stall(5 * time.Second)
		between := clock()
		stall(3 * time.Second)
		stall(2 * time.Second)
		if all, late := r.Stall(0), r.Stall(between); all != 5*time.Second || late != 3*time.Second {
			t.Errorf("the longest of all is %v, and of the later ones %v", all, late)
		}
	})
}

package history

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// Recorder records requests, faults and stalls of the machine. It's safe for concurrent use.
type Recorder struct {
	began time.Time

	mu     sync.Mutex
	ops    []Op
	faults []Fault
	stalls []stall
}

func NewRecorder() *Recorder { return &Recorder{began: time.Now()} }

func (r *Recorder) Began() time.Time { return r.began }

// Now is the time since the round began.
func (r *Recorder) Now() time.Duration { return time.Since(r.began) }

// Do records a request, sends it, and records its outcome, which is Unknown unless send sets it.
func (r *Recorder) Do(op Op, send func(*Op)) Op {
	op.Outcome, op.Call = Unknown, r.Now()
	r.mu.Lock()
	op.ID = len(r.ops)
	r.ops = append(r.ops, op)
	r.mu.Unlock()
	send(&op)
	op.Return = r.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ops[op.ID] = op
	return op
}

// Fault records a fault, from now or from its Begin. The first call of end records its end, and any call when
// its target had recovered, if it had.
func (r *Recorder) Fault(f Fault) (end func(recovered time.Duration)) {
	if f.Begin == 0 {
		f.Begin = r.Now()
	}
	f.End = f.Begin
	r.mu.Lock()
	defer r.mu.Unlock()
	i, ended := len(r.faults), false
	r.faults = append(r.faults, f)
	return func(recovered time.Duration) {
		r.mu.Lock()
		defer r.mu.Unlock()
		if !ended {
			r.faults[i].End, ended = r.Now(), true
		}
		r.faults[i].Recovered = recovered
	}
}

// Ops are in the order in which they were called.
func (r *Recorder) Ops() []Op {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Op{}, r.ops...)
}

// Faults are in the order in which they began.
func (r *Recorder) Faults() []Fault {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.SortedStableFunc(slices.Values(r.faults), func(a, b Fault) int { return cmp.Compare(a.Begin, b.Begin) })
}

package history

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// Recorder notes what clients do, what is done to the system, and when the machine stood still, from many
// goroutines at once.
type Recorder struct {
	began time.Time

	mu     sync.Mutex
	ops    []Op
	faults []Fault
	stalls []stall
}

// NewRecorder begins a round now.
func NewRecorder() *Recorder { return &Recorder{began: time.Now()} }

// Began is when the round began.
func (r *Recorder) Began() time.Time { return r.began }

// Now is the time since the round began.
func (r *Recorder) Now() time.Duration { return time.Since(r.began) }

// Do notes a request before it is sent, sends it, and notes what became of it. An outcome
// that send does not tell is Unknown.
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

// Fault notes a fault that has begun now, or at its Begin if that is set. What it returns notes its end,
// when it is called first, and when what it hit served again, if that is known by then; it may be called
// again to tell.
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

// Ops are the requests so far, in the order in which they were called.
func (r *Recorder) Ops() []Op {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Op{}, r.ops...)
}

// Count is how many requests there are so far.
func (r *Recorder) Count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.ops)
}

// Faults are the faults so far, in the order in which they began.
func (r *Recorder) Faults() []Fault {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.SortedStableFunc(slices.Values(r.faults), func(a, b Fault) int { return cmp.Compare(a.Begin, b.Begin) })
}

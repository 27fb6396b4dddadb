package check

import (
	"cmp"
	"container/heap"
	"time"
)

// moment is something that happens at a time. The n of equal times decides their order.
type moment struct {
	at time.Duration
	n  int
	do func()
}

type moments []moment

func (m moments) Len() int { return len(m) }
func (m moments) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(m[i].at, m[j].at), m[i].n-m[j].n) < 0
}
func (m moments) Swap(i, j int) { m[i], m[j] = m[j], m[i] }
func (m *moments) Push(x any)   { *m = append(*m, x.(moment)) }
func (m *moments) Pop() any {
	last := (*m)[len(*m)-1]
	*m = (*m)[:len(*m)-1]
	return last
}

// after schedules something.
func (s *simulation) after(d time.Duration, do func()) {
	heap.Push(&s.queue, moment{s.now + d, len(s.h.Ops)*1000 + s.queue.Len(), do})
}

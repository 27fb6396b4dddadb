package ratelimit

import (
	"sync"

	"ticketing.dev/common/problem"
)

// Seats limits what goes on at once in this process, in all and for each K. Zero is no limit.
type Seats[K comparable] struct {
	Max, MaxEach int
	// Refusal is the error when there's no room.
	Refusal *problem.Error

	mu    sync.Mutex
	taken int
	by    map[K]int
}

// Take makes room for one more. The caller must call leave once.
func (s *Seats[K]) Take(by K) (leave func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if full(s.taken, s.Max) || full(s.by[by], s.MaxEach) {
		return nil, s.Refusal
	}
	if s.by == nil {
		s.by = make(map[K]int)
	}
	s.taken++
	s.by[by]++
	return func() { s.leave(by) }, nil
}

func full(taken, limit int) bool { return limit > 0 && taken >= limit }

func (s *Seats[K]) leave(by K) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken--
	if s.by[by]--; s.by[by] == 0 {
		delete(s.by, by)
	}
}

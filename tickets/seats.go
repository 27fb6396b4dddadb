package tickets

import (
	"net/netip"
	"sync"
	"time"

	"ticketing.dev/common/problem"
)

// StreamLimits bound the open streams of a process. Zero is no limit.
type StreamLimits struct {
	// Max is the number of streams in all. Each takes less than 10 KiB, so the default fits a pod of 128 MiB.
	Max int `env:"STREAMS_MAX" envDefault:"4000"`
	// MaxPerAddress is for streams of one IPv4 address, or of one IPv6 /64.
	MaxPerAddress int `env:"STREAMS_MAX_PER_ADDRESS" envDefault:"100"`
}

// streamsFullAfter is when a client should try again that found no room.
const streamsFullAfter = 30 * time.Second

// seats limits what goes on at once in this process, in all and for each K. Zero is no limit.
type seats[K comparable] struct {
	max, maxEach int
	// refusal is the error when there's no room.
	refusal *problem.Error

	mu    sync.Mutex
	taken int
	by    map[K]int
}

// newSeats counts the open streams by network.
func newSeats(l StreamLimits) seats[netip.Prefix] {
	return seats[netip.Prefix]{max: l.Max, maxEach: l.MaxPerAddress, refusal: busy("Too many open streams", streamsFullAfter)}
}

// busy is an error that asks the client to try again later.
func busy(message string, after time.Duration) *problem.Error {
	return &problem.Error{Kind: problem.Unavailable, Details: []problem.Detail{{Message: message}}, RetryAfter: after}
}

// take makes room for one more. The caller must call leave once.
func (s *seats[K]) take(by K) (leave func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if full(s.taken, s.max) || full(s.by[by], s.maxEach) {
		return nil, s.refusal
	}
	if s.by == nil {
		s.by = make(map[K]int)
	}
	s.taken++
	s.by[by]++
	return func() { s.leave(by) }, nil
}

func full(taken, limit int) bool { return limit > 0 && taken >= limit }

func (s *seats[K]) leave(by K) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken--
	if s.by[by]--; s.by[by] == 0 {
		delete(s.by, by)
	}
}

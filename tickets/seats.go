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

// seats counts the open streams.
type seats struct {
	limits StreamLimits

	mu    sync.Mutex
	taken int
	by    map[netip.Prefix]int
}

// take makes room for a stream to a network. The caller must call leave once.
func (s *seats) take(network netip.Prefix) (leave func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if full(s.taken, s.limits.Max) || full(s.by[network], s.limits.MaxPerAddress) {
		return nil, &problem.Error{
			Kind:       problem.Unavailable,
			Details:    []problem.Detail{{Message: "Too many open streams"}},
			RetryAfter: streamsFullAfter,
		}
	}
	if s.by == nil {
		s.by = make(map[netip.Prefix]int)
	}
	s.taken++
	s.by[network]++
	return func() { s.leave(network) }, nil
}

func full(taken, limit int) bool { return limit > 0 && taken >= limit }

func (s *seats) leave(network netip.Prefix) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken--
	if s.by[network]--; s.by[network] == 0 {
		delete(s.by, network)
	}
}

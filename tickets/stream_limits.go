package tickets

import (
	"net/netip"
	"time"

	"ticketing.dev/common/problem"
	"ticketing.dev/common/ratelimit"
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

// newStreams counts the open streams by network.
func newStreams(l StreamLimits) ratelimit.Seats[netip.Prefix] {
	return ratelimit.Seats[netip.Prefix]{Max: l.Max, MaxEach: l.MaxPerAddress, Refusal: busy("Too many open streams", streamsFullAfter)}
}

// busy is an error that asks the client to try again later.
func busy(message string, after time.Duration) *problem.Error {
	return &problem.Error{Kind: problem.Unavailable, Details: []problem.Detail{{Message: message}}, RetryAfter: after}
}

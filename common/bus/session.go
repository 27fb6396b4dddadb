package bus

import "time"

// Session reports whether a connection can reach its broker, and since when. If the broker was down when
// the connection was opened, it counts as away since then.
type Session struct {
	Connected bool
	Since     time.Time
}

// AwayFor is how long the broker has been away, 0 while it's there.
func (s Session) AwayFor() time.Duration {
	if s.Connected {
		return 0
	}
	return time.Since(s.Since)
}

// reconnection is how long an ordinary reconnection may take. A longer absence is an outage.
const reconnection = time.Second

// Out reports whether the broker has been away for longer than a reconnection takes.
func (s Session) Out() bool { return s.AwayFor() > reconnection }

// SteadyFor reports whether the session has lasted at least d.
func (s Session) SteadyFor(d time.Duration) bool { return s.Connected && time.Since(s.Since) >= d }

// SessionOf asks a publisher for its session. A publisher without one is always connected.
func SessionOf(p Publisher) Session {
	if c, ok := p.(interface{ Session() Session }); ok {
		return c.Session()
	}
	return Session{Connected: true}
}

package stan

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/stan.go"
)

const (
	// A silent broker is given up after this many unanswered pings, one a second.
	pingInterval = 1
	pingsMissed  = 3

	// requestWait bounds requests to connect, subscribe and unsubscribe.
	requestWait = 2 * time.Second
	// writeWait bounds writes to a blocked connection.
	writeWait = 2 * time.Second

	// noLimit effectively disables stan.go's limit of messages in flight, at which it blocks regardless of the
	// context. Publishers bound their own concurrency.
	noLimit = 1 << 20

	shortestPause = 100 * time.Millisecond
	longestPause  = 5 * time.Second
)

// session is one connection to the broker.
type session struct {
	stan.Conn
	begun time.Time
	lost  chan struct{} // closed when the session is lost
	cause error         // why, once lost is closed
}

// run maintains a session until ctx ends.
func (b *Bus) run(ctx context.Context) {
	defer close(b.stopped)
	for {
		s, err := b.connect(ctx)
		if err != nil {
			return
		}
		b.current.Store(s)
		b.log.Info("broker connected")
		b.offer(ctx, s)
		b.lose()
		if ctx.Err() != nil {
			b.end(s)
			return
		}
		b.log.Error("broker lost", "cause", s.cause)
	}
}

// connect retries until there is a session or ctx ends.
func (b *Bus) connect(ctx context.Context) (*session, error) {
	for attempt := 0; ; attempt++ {
		if err := pause(ctx, attempt); err != nil {
			return nil, err
		}
		s, err := b.dial()
		if err == nil {
			return s, nil
		}
		b.log.Warn("broker unreachable", "attempt", attempt, "error", err)
	}
}

// dial opens a session. All sessions of the process use the same client id, so the broker notices that the previous one
// is dead and redelivers its unacknowledged messages immediately, without waiting for its heartbeats to fail.
func (b *Bus) dial() (*session, error) {
	s := &session{lost: make(chan struct{})}
	options := []nats.Option{
		// After a bare reconnect the broker may have dropped our subscriptions, so a new session is opened.
		nats.NoReconnect(),
		nats.FlusherTimeout(writeWait),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			b.log.Error("broker connection error", "error", err)
		}),
	}
	conn, err := stan.Connect(b.config.ClusterID, b.config.ClientID,
		stan.NatsURL(b.config.URL),
		stan.NatsOptions(append(options, b.config.access()...)...),
		stan.ConnectWait(requestWait),
		stan.PubAckWait(storeWait),
		stan.MaxPubAcksInflight(noLimit),
		stan.Pings(pingInterval, pingsMissed),
		stan.SetConnectionLostHandler(func(_ stan.Conn, err error) {
			s.cause = err
			close(s.lost)
		}),
	)
	if err != nil {
		return nil, fmt.Errorf("connect to cluster %s: %w", b.config.ClusterID, err)
	}
	s.Conn, s.begun = conn, time.Now()
	return s, nil
}

// access are the options for a broker that asks for a password or uses TLS.
func (c Config) access() (options []nats.Option) {
	if c.User != "" {
		options = append(options, nats.UserInfo(c.User, c.Password))
	}
	if c.CA != "" {
		options = append(options, nats.RootCAs(c.CA))
	}
	return options
}

// offer passes the session to the subscriptions until it's lost or ctx ends.
func (b *Bus) offer(ctx context.Context, s *session) {
	for {
		select {
		case b.sessions <- s:
		case <-s.lost:
			return
		case <-ctx.Done():
			return
		}
	}
}

// end closes the session. If that fails, the broker notices by itself.
func (b *Bus) end(s *session) {
	if err := s.Close(); err != nil {
		b.log.Warn("closing the broker session failed", "error", err)
	}
}

// pause waits before an attempt, with exponential backoff and jitter. It returns early with the error of ctx.
func pause(ctx context.Context, attempt int) error {
	if attempt == 0 {
		return ctx.Err()
	}
	d := min(shortestPause<<min(attempt-1, 10), longestPause)
	select {
	case <-time.After(d/2 + rand.N(d/2)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

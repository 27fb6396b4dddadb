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
	// A silent broker is given up when more than this many pings were not answered, one a second.
	pingInterval = 1
	pingsMissed  = 3

	// requestWait is how long the broker may take to answer a request to connect, join or leave.
	requestWait = 2 * time.Second
	// writeWait is how long a connection may take no bytes.
	writeWait = 2 * time.Second

	// noLimit is more messages on their way than there will be: stan.go blocks at its limit without
	// regard to any context. How much is published at once is for the publisher to bound.
	noLimit = 1 << 20

	shortestPause = 100 * time.Millisecond
	longestPause  = 5 * time.Second
)

// session is one registration with the broker, from its making to its loss.
type session struct {
	stan.Conn
	begun time.Time
	lost  chan struct{} // closed when the session has ended by itself
	cause error         // why, once lost is closed
}

// run keeps a session until ctx ends.
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

// connect tries until there is a session. The error is that of ctx.
func (b *Bus) connect(ctx context.Context) (*session, error) {
	for attempt := 0; ; attempt++ {
		if err := pause(ctx, attempt); err != nil {
			return nil, err
		}
		s, err := b.dial()
		if err == nil {
			return s, nil
		}
		b.log.Warn("broker cannot be reached", "attempt", attempt, "error", err)
	}
}

// dial makes a session. Every session of the process has the same client id: if the broker still
// holds the last one, it finds it dead and hands what that one had not acknowledged to the others at
// once, not only when its heartbeats have failed.
func (b *Bus) dial() (*session, error) {
	s := &session{lost: make(chan struct{})}
	conn, err := stan.Connect(b.config.ClusterID, b.config.ClientID,
		stan.NatsURL(b.config.URL),
		stan.NatsOptions(
			// The session is made anew as a whole: a NATS connection that comes back alone leaves it
			// open what the broker still knows of the subscriptions.
			nats.NoReconnect(),
			nats.FlusherTimeout(writeWait),
			nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
				b.log.Error("trouble on the connection to the broker", "error", err)
			}),
		),
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

// offer hands the session to every subscription that asks, until it is lost or ctx ends.
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

// end takes leave of the broker, which would find out by itself.
func (b *Bus) end(s *session) {
	if err := s.Close(); err != nil {
		b.log.Warn("the broker was not told of the end of the session", "error", err)
	}
}

// pause waits before an attempt: longer before each one, and partly by chance, so that all the
// clients of a broker do not come back at the same moment. It returns early with the error of ctx.
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

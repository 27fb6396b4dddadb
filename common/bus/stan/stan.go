// Package stan implements bus.Bus with NATS Streaming.
//
// A Bus opens even if the broker is down. One goroutine keeps a session with the broker and replaces it, with backoff,
// whenever it's lost. Each subscription has a goroutine that rejoins its group on every session. So there is one way to
// recover, whether the broker crashed, froze, became unreachable or lost its clients.
//
// NATS Streaming has no negative acknowledgement. A message that a handler refuses is redelivered after AckWait, so
// AckWait is both the retry delay and the handler's deadline.
package stan

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"ticketing.dev/common/bus"
	"ticketing.dev/common/events"
)

const (
	// defaultAckWait gives handlers twelve seconds, enough for calls to Stripe and a database.
	defaultAckWait = 15 * time.Second

	// storeWait is how long Publish waits for the broker to store a message. It's well under AckWait, since handlers
	// publish too.
	storeWait = 5 * time.Second
)

var (
	// ErrNotConnected means that there is currently no session with the broker.
	ErrNotConnected = errors.New("not connected to the broker")
	// ErrClosed means that the bus is closed.
	ErrClosed = errors.New("the bus is closed")
)

// Config configures the connection.
type Config struct {
	// URL is the broker's address, or several with commas between them.
	URL string `env:"NATS_URL,required,notEmpty"`
	// ClusterID is the name of the cluster that the broker was started with.
	ClusterID string `env:"NATS_CLUSTER_ID" envDefault:"ticketing"`
	// ClientID names the process, for example its pod. A random suffix is added, so that processes with the same
	// name don't lock each other out.
	ClientID string `env:"NATS_CLIENT_ID" envDefault:"ticketing"`
	// User and Password are for a broker that asks for them. Without a User, those in the URL count, if any.
	User     string `env:"NATS_USER"`
	Password string `env:"NATS_PASSWORD"`
	// CA is a file with the certificates that the broker's one is checked against. With it, connections use TLS.
	CA   string `env:"NATS_CA"`
	Keys events.KeyConfig
	// AckWait is when the broker redelivers an unacknowledged message: 15 seconds by default, in whole seconds.
	// Handlers have four fifths of it.
	AckWait time.Duration
}

func (c Config) check() error {
	var errs []error
	if c.URL == "" {
		errs = append(errs, errors.New("no URL"))
	}
	if c.ClusterID == "" {
		errs = append(errs, errors.New("no ClusterID"))
	}
	if c.ClientID == "" {
		errs = append(errs, errors.New("no ClientID"))
	}
	// The protocol would truncate it to whole seconds.
	if c.AckWait < time.Second || c.AckWait%time.Second != 0 {
		errs = append(errs, fmt.Errorf("AckWait is %v, not a whole number of seconds", c.AckWait))
	}
	return errors.Join(errs...)
}

// Bus is a connection to NATS Streaming that recovers by itself.
type Bus struct {
	config Config
	log    *slog.Logger
	keys   events.Keys

	current  atomic.Pointer[session]   // nil while disconnected
	lostAt   atomic.Pointer[time.Time] // when the last session ended, or the bus was opened
	sessions chan *session             // hands the current session to the subscriptions

	stop    context.CancelFunc
	stopped chan struct{} // closed when no session will follow

	mu            sync.Mutex
	closed        bool
	subscriptions map[*subscription]struct{}
}

var (
	_ bus.Bus      = (*Bus)(nil)
	_ bus.Verifier = (*Bus)(nil)
)

// Open returns immediately, whether or not the broker is up. Losing and regaining it is logged. It fails only if the
// configuration is invalid.
func Open(c Config, log *slog.Logger) (*Bus, error) {
	if c.AckWait == 0 {
		c.AckWait = defaultAckWait
	}
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("open NATS Streaming: %w", err)
	}
	keys, err := events.NewKeys(c.Keys)
	if err != nil {
		return nil, err
	}
	c.ClientID = uniqueID(c.ClientID)

	ctx, stop := context.WithCancel(context.Background())
	b := &Bus{
		config:        c,
		log:           log.With("client", c.ClientID),
		keys:          keys,
		sessions:      make(chan *session),
		stop:          stop,
		stopped:       make(chan struct{}),
		subscriptions: make(map[*subscription]struct{}),
	}
	b.lose()
	go b.run(ctx)
	return b, nil
}

// outsideClientID is what a client id may not contain.
var outsideClientID = regexp.MustCompile(`[^A-Za-z0-9_-]+`)

func uniqueID(name string) string {
	return outsideClientID.ReplaceAllString(name, "-") + "-" + rand.Text()[:12]
}

// Connected reports whether there is a session. A broken connection is noticed within a second, a silent broker within
// five.
func (b *Bus) Connected() bool { return b.Session().Connected }

// Session is what Connected reports, and since when.
func (b *Bus) Session() bus.Session {
	if s := b.current.Load(); s != nil {
		return bus.Session{Connected: true, Since: s.begun}
	}
	return bus.Session{Since: *b.lostAt.Load()}
}

// lose records that there is no session now.
func (b *Bus) lose() {
	now := time.Now()
	b.lostAt.Store(&now)
	b.current.Store(nil)
}

// Verify checks who signed a message.
func (b *Bus) Verify(channel string, message []byte) error { return b.keys.Verify(channel, message) }

// Publish returns nil once the broker has stored the message, which is signed if it's an event. Without a session it fails immediately; otherwise it
// gives up after five seconds or when ctx ends. A blocked connection can delay that by up to two seconds.
func (b *Bus) Publish(ctx context.Context, channel string, message []byte) error {
	if events.Owner(channel) != "" {
		message = b.keys.Sign(message)
	}
	if err := b.store(ctx, channel, message); err != nil {
		return fmt.Errorf("publish to %s: %w", channel, err)
	}
	return nil
}

func (b *Bus) store(ctx context.Context, channel string, message []byte) error {
	s := b.current.Load()
	if s == nil {
		return ErrNotConnected
	}
	stored := make(chan error, 1)
	if _, err := s.PublishAsync(channel, message, func(_ string, err error) { stored <- err }); err != nil {
		return err
	}
	select {
	case err := <-stored:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

var (
	// validGroup has no colon, which the broker refuses in durable queue groups.
	validGroup = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
	// validChannel is a NATS subject without wildcards.
	validChannel = regexp.MustCompile(`^[A-Za-z0-9_:-]+(\.[A-Za-z0-9_:-]+)*$`)
)

// Subscribe joins a durable queue group. It returns immediately; the group is joined as soon as the broker is
// reachable, and again after every loss. It fails if a name is invalid or the bus is closed.
func (b *Bus) Subscribe(group, channel string, handle bus.Handler) (bus.Subscription, error) {
	if !validGroup.MatchString(group) {
		return nil, fmt.Errorf("group %q: only letters, digits, - and _ are allowed", group)
	}
	if !validChannel.MatchString(channel) {
		return nil, fmt.Errorf("channel %q: only letters, digits, -, _, : and . between them are allowed", channel)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil, ErrClosed
	}
	s := subscribe(b, group, channel, handle)
	b.subscriptions[s] = struct{}{}
	return s, nil
}

func (b *Bus) forget(s *subscription) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.subscriptions, s)
}

// Close leaves all groups, waits for running handlers, and ends the session. Handlers can publish until they return.
func (b *Bus) Close() error {
	b.mu.Lock()
	b.closed = true
	var leaving errgroup.Group
	for s := range b.subscriptions {
		leaving.Go(s.Close)
	}
	b.mu.Unlock()

	err := leaving.Wait()
	b.stop()
	<-b.stopped
	return err
}

// Package workload runs sellers, buyers and watchers, and records every request. After the load it waits until nothing
// is in progress, and reads the final state.
package workload

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
	"ticketing.dev/local/sandbox/remote"
)

const (
	sellers  = 3
	buyers   = 10
	watchers = 2
	password = "correct horse"
	// propagation is how long after healing every event must have been handled: the broker redelivers after 15
	// seconds, perhaps more than once.
	propagation = 35 * time.Second
	// signUpTimeout is how long a service may take to respond after its start.
	signUpTimeout = 30 * time.Second
	// connections stay open up to this number, so that a busy load doesn't run out of ports.
	connections = 64
)

// Config configures a workload.
type Config struct {
	// Gateway is the URL of the API, and Stripe that of the sandbox.
	Gateway, Stripe string
	// Seed decides the users' choices.
	Seed   uint64
	Record *history.Recorder
	// OrderTTL is how long an order may stay unpaid.
	OrderTTL time.Duration
	// Sellers, Buyers and Propagation replace the constants where they are set.
	Sellers, Buyers int
	Propagation     time.Duration
}

// Workload is all users of a system.
type Workload struct {
	config    Config
	round     context.Context // ends requests under way, which the end of Run doesn't
	transport *http.Transport
	stripe    remote.Sandbox
	board     board
	// orderPatience is the constant, except in tests.
	orderPatience time.Duration

	sellers, buyers, watchers []*client
	fresh                     []chan string // by buyer: a ticket that was just listed

	mu      sync.Mutex
	friends []*client // signed up during the load
	// departed signed out during the load.
	departed []*client
}

// New signs up all users. Once ctx has ended, every request fails at once.
func New(ctx context.Context, c Config) (*Workload, error) {
	c.Sellers, c.Buyers, c.Propagation = cmp.Or(c.Sellers, sellers), cmp.Or(c.Buyers, buyers), cmp.Or(c.Propagation, propagation)
	transport := &http.Transport{MaxIdleConnsPerHost: connections}
	l := &Workload{
		config: c, round: ctx, transport: transport, orderPatience: orderPatience,
		stripe: remote.Sandbox{URL: c.Stripe, HTTP: &http.Client{Transport: transport, Timeout: requestTimeout}},
	}
	for _, group := range []struct {
		name string
		n    int
		of   *[]*client
	}{{"seller", c.Sellers, &l.sellers}, {"buyer", c.Buyers, &l.buyers}, {"watcher", watchers, &l.watchers}} {
		for i := range group.n {
			user, err := l.signUp(ctx, fmt.Sprintf("%s-%d", group.name, i))
			if err != nil {
				return nil, err
			}
			*group.of = append(*group.of, user)
		}
	}
	for range l.buyers {
		l.fresh = append(l.fresh, make(chan string, 1))
	}
	return l, nil
}

// signUp retries while the service starts.
func (l *Workload) signUp(ctx context.Context, name string) (*client, error) {
	ctx, cancel := context.WithTimeout(ctx, signUpTimeout)
	defer cancel()
	for attempt := 0; ; attempt++ {
		// A new address for each attempt: an unanswered one may have taken the last.
		c := l.client(fmt.Sprintf("%s-%d-%d@example.com", name, l.config.Seed, attempt))
		err := c.signUp(ctx)
		if err == nil {
			return c, nil
		}
		if !sleep(ctx, retryPause) {
			return nil, fmt.Errorf("sign up %s: %w", c.email, err)
		}
	}
}

// client is a user who hasn't signed up yet.
func (l *Workload) client(email string) *client {
	return &client{
		email: email, round: l.round, record: l.config.Record, stripe: l.stripe,
		http: api.New(l.config.Gateway).Through(statusNoter{l.transport}),
	}
}

// Run lets all users act until ctx ends, and returns when every request got a response, timed out, or was canceled
// with the context of New.
func (l *Workload) Run(ctx context.Context) {
	var all sync.WaitGroup
	for i, c := range l.sellers {
		all.Go(func() { (&seller{l, c, l.random(1, i)}).run(ctx) })
	}
	for i, c := range l.buyers {
		all.Go(func() { (&buyer{l: l, client: c, id: i}).run(ctx) })
	}
	for i, c := range l.watchers {
		all.Go(func() { (&watcher{l, c, l.random(3, i)}).run(ctx) })
	}
	all.Wait()
	l.transport.CloseIdleConnections()
}

func (l *Workload) random(group, member int) random {
	return random{rand.New(rand.NewPCG(l.config.Seed, uint64(group)<<32|uint64(member)))}
}

func (l *Workload) all() []*client {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Concat(l.sellers, l.buyers, l.watchers, l.friends)
}

// Package load has sellers and buyers do what clients do, and notes every request that they send. When
// they have stopped it waits until all is quiet and reads what there is.
package load

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
	"ticketing.dev/local/sandbox/remote"
)

const (
	defaultSellers = 3
	defaultBuyers  = 10
	defaultNews    = 35 * time.Second
	// watchers look at what is for sale, and try what they may not.
	watchers = 2
	password = "correct horse"
	// signUpPatience is how long a service that has just been started may take to answer.
	signUpPatience = 30 * time.Second
	// connections are kept open up to this many, so that a busy load does not run out of ports.
	connections = 64
)

// Config says how much load there is, and on what.
type Config struct {
	// Gateway is the URL of the API, and Stripe that of the sandbox itself.
	Gateway, Stripe string
	// Seed decides what everybody wants to do. What becomes of it also depends on the scheduler.
	Seed   uint64
	Record *history.Recorder
	// Sellers and Buyers are how many there are: unless set, 3 and 10.
	Sellers, Buyers int
	// OrderTTL is how long an order may stay unpaid: unless set, 15 minutes.
	OrderTTL time.Duration
	// News is how long after everything was healed orders may take to hear of the last change of a ticket:
	// unless set, 35 seconds. The broker delivers again what was not acknowledged after 15, perhaps more
	// than once.
	News time.Duration
}

// Load is everybody who uses the system.
type Load struct {
	config    Config
	round     context.Context // ends requests under way, which the end of Run's does not
	transport *http.Transport
	stripe    remote.Sandbox
	board     *board
	// orderPatience is the constant, but for tests.
	orderPatience time.Duration

	sellers, buyers, watchers []*client
	fresh                     []chan string // by buyer: a ticket that was listed just now

	mu    sync.Mutex
	extra []*client // who has signed up while the load ran
}

// New signs everybody up. Once ctx has ended, every request that is under way or sent later fails at once.
func New(ctx context.Context, c Config) (*Load, error) {
	if c.Sellers == 0 {
		c.Sellers = defaultSellers
	}
	if c.Buyers == 0 {
		c.Buyers = defaultBuyers
	}
	if c.News == 0 {
		c.News = defaultNews
	}
	if c.OrderTTL == 0 {
		c.OrderTTL = 15 * time.Minute
	}
	transport := &http.Transport{MaxIdleConnsPerHost: connections}
	l := &Load{
		config: c, round: ctx, transport: transport, board: newBoard(), orderPatience: orderPatience,
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

// signUp makes a user, trying again while the service starts.
func (l *Load) signUp(ctx context.Context, name string) (*client, error) {
	ctx, cancel := context.WithTimeout(ctx, signUpPatience)
	defer cancel()
	for attempt := 0; ; attempt++ {
		// Another address for each attempt: one without an answer may have taken the last.
		c := l.client(fmt.Sprintf("%s-%d-%d@example.com", name, l.config.Seed, attempt))
		err := c.signUp(ctx)
		if err == nil {
			return c, nil
		}
		if !sleep(ctx, pause) {
			return nil, fmt.Errorf("sign up %s: %w", c.email, err)
		}
	}
}

// client is a user who has not signed up yet.
func (l *Load) client(email string) *client {
	return &client{
		email: email, round: l.round, record: l.config.Record, stripe: l.stripe,
		http: api.New(l.config.Gateway).Through(statusNoter{l.transport}),
	}
}

// Run lets everybody do what they want until ctx ends, and returns when every request has been answered,
// has timed out, or was ended with the context of New.
func (l *Load) Run(ctx context.Context) {
	var all sync.WaitGroup
	for i, c := range l.sellers {
		all.Go(func() { (&seller{l, c, l.choices(1, i)}).run(ctx) })
	}
	for i, c := range l.buyers {
		all.Go(func() { (&buyer{l: l, client: c, id: i}).run(ctx) })
	}
	for i, c := range l.watchers {
		all.Go(func() { (&watcher{l, c, l.choices(3, i)}).run(ctx) })
	}
	all.Wait()
	l.transport.CloseIdleConnections()
}

// choices are what one of a group does at random. The same seed makes the same choices.
func (l *Load) choices(group, member int) choices {
	return choices{rand.New(rand.NewPCG(l.config.Seed, uint64(group)<<32|uint64(member)))}
}

// everybody are all users.
func (l *Load) everybody() []*client {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []*client
	for _, group := range [][]*client{l.sellers, l.buyers, l.watchers, l.extra} {
		all = append(all, group...)
	}
	return all
}

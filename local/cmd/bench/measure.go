package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"ticketing.dev/local/api"
	"ticketing.dev/local/system"
)

const (
	users = 8
	// settle is how long the system has to come to rest: all events are handled by then.
	settle = 5 * time.Second
	// page is what clients get who ask for no other number, and most what the API gives at once.
	page, largest = 100, 1000
)

const heading = "| tickets | filled in | at rest, of a core | POST /api/tickets | GET /api/tickets (first 100), one client | POST /api/orders |\n|---|---|---|---|---|---|"

// result is what was measured with one number of tickets.
type result struct {
	seeded              time.Duration
	rest                usage // in restFor
	restFor             time.Duration
	list, create, order sample
}

func (r result) row(n int) string {
	rest := 100 * float64(r.rest.total()) / float64(r.restFor)
	return fmt.Sprintf("| %d | %.1f s | %.1f %% | %v | %v | %v |", n, r.seeded.Seconds(), rest, r.create, r.list, r.order)
}

// byProcess tells which process takes the time, in microseconds of a second or of a request.
func (r result) byProcess() string {
	second := sample{took: make([]time.Duration, int(r.restFor.Seconds())), busy: r.rest}
	return fmt.Sprintf("at rest: %s\nPOST /api/tickets: %s\nGET /api/tickets: %s\nPOST /api/orders: %s",
		second.byProcess(), r.create.byProcess(), r.list.byProcess(), r.order.byProcess())
}

// sample is how often a request was made, how long each took, and the processor time of each process meanwhile.
type sample struct {
	took    []time.Duration
	elapsed time.Duration
	busy    usage
}

func (s sample) String() string {
	n := len(s.took)
	if n == 0 {
		return "none"
	}
	slices.Sort(s.took)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	return fmt.Sprintf("%.1f/s, p50 %.1f ms, p99 %.1f ms, %.2f ms of processor",
		float64(n)/s.elapsed.Seconds(), ms(s.took[n/2]), ms(s.took[n*99/100]), ms(s.busy.total())/float64(n))
}

// byProcess is the processor time of a request in microseconds, process by process.
func (s sample) byProcess() string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(s.busy)) {
		parts = append(parts, fmt.Sprintf("%s %d", name, s.busy[name].Microseconds()/int64(max(1, len(s.took)))))
	}
	return strings.Join(parts, ", ")
}

// take measures everything, the listing first and the writing last, which makes more of it.
func (r *result) take(ctx context.Context, system system.Run, each time.Duration) error {
	busy := func() usage { return processor(system) }
	select {
	case <-time.After(settle):
	case <-ctx.Done():
		return ctx.Err()
	}
	before := busy()
	time.Sleep(each)
	r.rest = busy().since(before)
	r.restFor = each

	clients, err := signUp(ctx, system.Gateway)
	if err != nil {
		return err
	}
	free, err := available(ctx, clients[0])
	if err != nil {
		return err
	}
	r.list, err = repeat(ctx, clients[:1], each, busy, func(ctx context.Context, c *api.Client) (bool, error) {
		_, err := c.Tickets(ctx, url.Values{"limit": {fmt.Sprint(page)}})
		return true, err
	})
	if err != nil {
		return err
	}
	r.order, err = repeat(ctx, clients, each, busy, func(ctx context.Context, c *api.Client) (bool, error) {
		id, left := <-free
		if !left {
			return false, nil
		}
		_, err := c.PlaceOrder(ctx, id)
		return true, err
	})
	if err != nil {
		return err
	}
	r.create, err = repeat(ctx, clients, each, busy, func(ctx context.Context, c *api.Client) (bool, error) {
		_, err := c.ListTicket(ctx, "The Paper Lanterns, Beacon Theatre, New York", 89_50)
		return true, err
	})
	return err
}

// repeat lets every client make requests, one after the other, for a time or until there are no more.
func repeat(ctx context.Context, clients []*api.Client, each time.Duration, processor func() usage, request func(context.Context, *api.Client) (bool, error)) (s sample, err error) {
	var mu sync.Mutex
	start, busy := time.Now(), processor()
	running, ctx := errgroup.WithContext(ctx)
	for _, c := range clients {
		running.Go(func() error {
			for time.Since(start) < each {
				began := time.Now()
				more, err := request(ctx, c)
				if err != nil || !more {
					return err
				}
				mu.Lock()
				s.took = append(s.took, time.Since(began))
				mu.Unlock()
			}
			return nil
		})
	}
	err = running.Wait()
	s.elapsed, s.busy = time.Since(start), processor().since(busy)
	return s, err
}

// signUp makes the users.
func signUp(ctx context.Context, gateway string) (clients []*api.Client, err error) {
	for i := range users {
		c := api.New(gateway)
		if _, err := c.SignUp(ctx, fmt.Sprintf("bench-%d@example.com", i), rand.Text()); err != nil {
			return nil, err
		}
		clients = append(clients, c)
	}
	return clients, nil
}

// available are the ids of tickets to order, of as many as will do.
func available(ctx context.Context, c *api.Client) (<-chan string, error) {
	const enough = 50_000
	var ids []string
	query := url.Values{"limit": {fmt.Sprint(largest)}}
	for len(ids) < enough {
		tickets, err := c.Tickets(ctx, query)
		if err != nil {
			return nil, err
		}
		for _, t := range tickets {
			ids = append(ids, t.ID)
		}
		if len(tickets) < largest {
			break
		}
		query.Set("after", ids[len(ids)-1])
	}
	free := make(chan string, len(ids))
	for _, id := range ids {
		free <- id
	}
	close(free)
	return free, nil
}

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/problem"
	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
)

const (
	// boardEvery is how often the buyers' pages refresh what's available, and glanceEvery how often a visitor
	// looks at the listing meanwhile.
	boardEvery  = 100 * time.Millisecond
	glanceEvery = 20 * time.Millisecond
	glancers    = 2
	// again is the pause before a request that wasn't answered is sent again.
	again = 100 * time.Millisecond
	// sellers is how many tickets are put on sale at once.
	sellers = 16
)

// crowd is everybody in a rush. Requests go to the services directly.
type crowd struct {
	site      *site
	transport *http.Transport
	client    *client // shared: a user is a cookie
	seller    user
	buyers    []user
	record    *history.Recorder
	free      chan struct{} // one for each request that may be under way
	tickets   []string
	board     atomic.Pointer[[]string] // what the listing shows as available

	mu         sync.Mutex
	won        []claim
	winners    sample
	losers     sample
	glances    sample
	unanswered int
	answered   int           // requests
	soldOut    time.Duration // from the start to the last reservation
	untilThen  int           // requests answered
}

func newCrowd(s *site, buyers, connections int) (*crowd, error) {
	users, err := s.users(buyers + 1)
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{MaxIdleConnsPerHost: connections, MaxConnsPerHost: connections + glancers + 1, DisableCompression: true}
	return &crowd{
		site: s, transport: transport, client: &client{http: &http.Client{Transport: transport, Timeout: requestTimeout}},
		seller: users[0], buyers: users[1:], record: history.NewRecorder(), free: make(chan struct{}, connections),
	}, nil
}

// ask sends a recorded request, and decodes its answer into what answer points to.
func (c *crowd) ask(ctx context.Context, op history.Op, as user, method, url, body string, decode func(*history.Op, []byte) error) history.Op {
	op.User = as.ID
	return c.record.Do(op, func(op *history.Op) {
		status, text, err := c.client.send(ctx, method, url, as.cookie, body)
		op.Status = status
		switch {
		case err != nil:
			op.Message = err.Error()
		case status >= http.StatusInternalServerError:
			op.Message = string(text)
		case status >= http.StatusBadRequest:
			op.Outcome, op.Message = history.Refused, refusal(text)
		default:
			if err := decode(op, text); err != nil {
				op.Message = err.Error()
				return
			}
			op.Outcome = history.OK
		}
	})
}

func refusal(text []byte) string {
	var p api.Problem
	var body struct{ Errors []problem.Detail }
	if json.Unmarshal(text, &body) != nil {
		return string(text)
	}
	p.Errors = body.Errors
	return p.Message()
}

// sell puts the tickets on sale, and returns when orders knows them all.
func (c *crowd) sell(ctx context.Context, n int) error {
	c.tickets = make([]string, n)
	selling, ctx := errgroup.WithContext(ctx)
	selling.SetLimit(sellers)
	for i := range n {
		selling.Go(func() error {
			title := fmt.Sprintf("The Paper Lanterns, row %d, seat %d", 1+i/20, 1+i%20)
			op := c.ask(ctx, history.Op{Kind: history.List, Title: title, Price: 8950}, c.seller, http.MethodPost,
				c.site.url("tickets", "/api/tickets"), fmt.Sprintf(`{"title":%q,"price":89.5}`, title), func(op *history.Op, text []byte) error {
					err := json.Unmarshal(text, &op.TicketState)
					if err == nil {
						op.Ticket = op.TicketState.ID
					}
					return err
				})
			c.tickets[i] = op.Ticket
			if op.Outcome != history.OK {
				return fmt.Errorf("put a ticket on sale: %d %s", op.Status, op.Message)
			}
			return nil
		})
	}
	if err := selling.Wait(); err != nil {
		return err
	}
	c.board.Store(&c.tickets)
	return c.known(context.WithoutCancel(ctx), n)
}

// known waits until orders has heard of n tickets.
func (c *crowd) known(ctx context.Context, n int) error {
	for deadline := time.Now().Add(quietPatience); ; time.Sleep(quietPoll) {
		got, err := c.site.collection("orders", "tickets").EstimatedDocumentCount(ctx)
		if err != nil || int(got) >= n {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("orders knows %d of %d tickets", got, n)
		}
	}
}

// rush lets all buyers in at once, and returns when each has a ticket or knows that there's none left.
func (c *crowd) rush(ctx context.Context) error {
	background, stop := context.WithCancel(ctx)
	var visitors sync.WaitGroup
	visitors.Go(func() { c.refresh(background) })
	for range glancers {
		visitors.Go(func() { c.glance(background) })
	}
	start := time.Now()
	var buyers sync.WaitGroup
	for _, b := range c.buyers {
		buyers.Go(func() { c.buy(ctx, b, start) })
	}
	buyers.Wait()
	c.winners.elapsed = time.Since(start)
	stop()
	visitors.Wait()
	return ctx.Err()
}

// buy tries tickets at random, of those that the buyer's page shows and that haven't been refused.
func (c *crowd) buy(ctx context.Context, b user, start time.Time) {
	gone := make(map[string]bool)
	for ctx.Err() == nil {
		ticket := c.pick(gone)
		if ticket == "" {
			return
		}
		c.free <- struct{}{}
		began := time.Now()
		op := c.place(ctx, b, ticket)
		took := time.Since(began)
		<-c.free
		c.note(op, b, took, time.Since(start))
		switch op.Outcome {
		case history.OK:
			return
		case history.Refused:
			gone[ticket] = true
		default:
			time.Sleep(again/2 + rand.N(again))
		}
	}
}

func (c *crowd) pick(gone map[string]bool) string {
	board := *c.board.Load()
	if len(board) == 0 {
		return ""
	}
	for i, from := 0, rand.IntN(len(board)); i < len(board); i++ {
		if id := board[(from+i)%len(board)]; !gone[id] {
			return id
		}
	}
	return ""
}

func (c *crowd) place(ctx context.Context, b user, ticket string) history.Op {
	return c.ask(ctx, history.Op{Kind: history.Place, Ticket: ticket}, b, http.MethodPost, c.site.url("orders", "/api/orders"),
		fmt.Sprintf(`{"ticketId":%q}`, ticket), func(op *history.Op, text []byte) error {
			err := json.Unmarshal(text, &op.OrderState)
			if err == nil {
				op.Order = op.OrderState.ID
			}
			return err
		})
}

func (c *crowd) note(op history.Op, b user, took, at time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answered++
	switch op.Outcome {
	case history.OK:
		c.won = append(c.won, claim{op.Order, b})
		c.winners.took = append(c.winners.took, took)
		c.soldOut, c.untilThen = max(c.soldOut, at), c.answered
	case history.Refused:
		c.losers.took = append(c.losers.took, took)
	default:
		c.unanswered++
	}
}

// refresh shows the buyers what the listing says, until ctx ends.
func (c *crowd) refresh(ctx context.Context) {
	stranger := user{}
	stranger.ID = aggregate.NewID()
	for ctx.Err() == nil {
		op := c.ask(ctx, history.Op{Kind: history.Market}, stranger, http.MethodGet, c.site.url("tickets", "/api/tickets?limit=1000"), "",
			func(op *history.Op, text []byte) error { return json.Unmarshal(text, &op.TicketStates) })
		if op.Outcome == history.OK {
			available := make([]string, 0, len(op.TicketStates))
			for _, t := range op.TicketStates {
				available = append(available, t.ID)
			}
			c.board.Store(&available)
		}
		pause(ctx, boardEvery)
	}
}

// glance measures the listing as a visitor's browser would ask for it, until ctx ends.
func (c *crowd) glance(ctx context.Context) {
	for ctx.Err() == nil {
		began := time.Now()
		if _, err := c.client.want(ctx, http.StatusOK, http.MethodGet, c.site.url("tickets", "/api/tickets"), "", ""); err == nil {
			c.mu.Lock()
			c.glances.took = append(c.glances.took, time.Since(began))
			c.mu.Unlock()
		}
		pause(ctx, glanceEvery)
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// report adds what the crowd saw to the result.
func (c *crowd) report(r *rushed) {
	r.SoldOut, r.Decided, r.Unanswered = c.soldOut.Microseconds(), c.winners.elapsed.Microseconds(), c.unanswered
	r.Requests = c.untilThen
	r.PerSecond = float64(len(c.won)) / c.soldOut.Seconds()
	r.Winners, r.Losers, r.Listing = c.winners.latencies(), c.losers.latencies(), c.glances.latencies()
}

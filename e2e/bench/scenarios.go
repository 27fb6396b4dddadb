package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"ticketing.dev/local/api"
	"ticketing.dev/local/seed"
)

// scenario is a request of the table in docs/performance.md.
type scenario struct {
	name    string
	clients int
	// services do the work, and limits are what a program that did nothing else would take for it.
	services, limits []string
	// elsewhere is what the best-known implementation took for it on a faster machine.
	elsewhere time.Duration
	request   request
	// prepare makes what the requests need.
	prepare func(ctx context.Context) error
}

// stage holds what the scenarios leave to each other: tickets to order, and orders to pay.
type stage struct {
	*site
	people  []user
	ticket  string // one to read
	account string // the body of a sign-in
	tickets chan string
	orders  chan claim
}

type claim struct {
	order string
	buyer user
}

// room is how many tickets and orders a stage can hold.
const room = 1 << 20

func newStage(ctx context.Context, s *site) (*stage, error) {
	people, err := s.users(64)
	if err != nil {
		return nil, err
	}
	st := &stage{site: s, people: people, tickets: make(chan string, room), orders: make(chan claim, room)}
	c := &client{http: &http.Client{Timeout: requestTimeout}}
	st.account = `{"email":"bench@example.com","password":"correct horse"}`
	if _, err := c.want(ctx, http.StatusCreated, http.MethodPost, s.url("auth", "/api/users/signup"), "", st.account); err != nil {
		return nil, err
	}
	if _, err := st.list(ctx, c); err != nil {
		return nil, err
	}
	st.ticket = <-st.tickets
	return st, nil
}

func (s *site) url(service, path string) string { return s.Services[service].URL + path }

// scenarios are the requests that don't depend on how much is listed.
func (st *stage) scenarios() []scenario {
	return []scenario{
		{name: "GET /api/users/currentuser", clients: 32, services: []string{"auth"}, limits: []string{"empty handler"},
			elsewhere: 128 * time.Microsecond, request: st.currentUser},
		{name: "POST /api/users/signin", clients: 8, services: []string{"auth"}, limits: []string{"argon2id"},
			elsewhere: 28300 * time.Microsecond, request: st.signIn},
		{name: "GET /api/tickets/{id}", clients: 16, services: []string{"tickets"}, limits: []string{"driver read"},
			elsewhere: 301 * time.Microsecond, request: st.read},
		{name: "POST /api/tickets", clients: 16, services: []string{"tickets", "orders"},
			limits: []string{"driver insert", "publish, asynchronous", "driver replace"}, elsewhere: 1680 * time.Microsecond, request: st.list},
		{name: "POST /api/orders", clients: 16, services: []string{"orders", "tickets", "payments", "expiration"},
			limits: []string{"driver read", "driver insert", "publish, asynchronous", "driver read", "driver replace", "publish, asynchronous",
				"driver replace", "driver replace", "Redis enqueue"}, elsewhere: 8500 * time.Microsecond, request: st.order},
		{name: "POST /api/payments", clients: 8, services: []string{"payments"},
			limits:    []string{"driver read", "driver insert", "publish, synchronous", "empty handler", "driver replace", "publish, asynchronous"},
			elsewhere: 4800 * time.Microsecond, request: st.pay},
	}
}

// listing is the first page with a number of tickets for sale.
func (st *stage) listing(n int) scenario {
	elsewhere := map[int]time.Duration{100: 1970 * time.Microsecond, 2000: 31 * time.Millisecond}
	return scenario{
		name: fmt.Sprintf("GET /api/tickets, %d listed", n), clients: 8, services: []string{"tickets"}, limits: []string{"driver page of 100"},
		elsewhere: elsewhere[n],
		request: func(ctx context.Context, c *client) (bool, error) {
			_, err := c.want(ctx, http.StatusOK, http.MethodGet, st.url("tickets", "/api/tickets?limit=100"), "", "")
			return true, err
		},
		prepare: func(ctx context.Context) error {
			known, err := st.collection("tickets", "tickets").EstimatedDocumentCount(ctx)
			if missing := n - int(known); err == nil && missing > 0 {
				err = seed.Fill(ctx, st.Run, missing, discard{})
			}
			return err
		},
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

func (st *stage) as(c *client) user { return st.people[c.number%len(st.people)] }

func (st *stage) currentUser(ctx context.Context, c *client) (bool, error) {
	_, err := c.want(ctx, http.StatusOK, http.MethodGet, st.url("auth", "/api/users/currentuser"), st.as(c).cookie, "")
	return true, err
}

func (st *stage) signIn(ctx context.Context, c *client) (bool, error) {
	_, err := c.want(ctx, http.StatusOK, http.MethodPost, st.url("auth", "/api/users/signin"), "", st.account)
	return true, err
}

func (st *stage) read(ctx context.Context, c *client) (bool, error) {
	_, err := c.want(ctx, http.StatusOK, http.MethodGet, st.url("tickets", "/api/tickets/"+st.ticket), "", "")
	return true, err
}

func (st *stage) list(ctx context.Context, c *client) (bool, error) {
	answer, err := c.want(ctx, http.StatusCreated, http.MethodPost, st.url("tickets", "/api/tickets"), st.as(c).cookie,
		`{"title":"The Paper Lanterns, Beacon Theatre, New York","price":89.5}`)
	if err != nil {
		return false, err
	}
	var t api.Ticket
	if err := json.Unmarshal(answer, &t); err != nil {
		return false, err
	}
	select {
	case st.tickets <- t.ID:
	default: // more than enough
	}
	return true, nil
}

// order reserves a ticket that POST /api/tickets made.
func (st *stage) order(ctx context.Context, c *client) (bool, error) {
	var ticket string
	select {
	case ticket = <-st.tickets:
	default:
		return false, nil
	}
	buyer := st.as(c)
	answer, err := c.want(ctx, http.StatusCreated, http.MethodPost, st.url("orders", "/api/orders"), buyer.cookie, fmt.Sprintf(`{"ticketId":%q}`, ticket))
	if err != nil {
		return false, err
	}
	var o api.Order
	if err := json.Unmarshal(answer, &o); err != nil {
		return false, err
	}
	st.orders <- claim{o.ID, buyer}
	return true, nil
}

// pay pays an order that POST /api/orders made.
func (st *stage) pay(ctx context.Context, c *client) (bool, error) {
	select {
	case o := <-st.orders:
		_, err := c.want(ctx, http.StatusCreated, http.MethodPost, st.url("payments", "/api/payments"), o.buyer.cookie,
			fmt.Sprintf(`{"orderId":%q,"token":"tok_visa"}`, o.order))
		return true, err
	default:
		return false, nil
	}
}

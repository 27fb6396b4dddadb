package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"ticketing.dev/local/api"
)

// attack is something that a stranger tries. run returns what it got, and an error if that's more than it may get.
type attack struct {
	name, before string
	run          func(ctx context.Context, s *site, size size) (now string, err error)
}

// size is how much of each attack runs.
type size struct {
	connections, signIns  int           // of the flood of sign-ins, and of users during it
	flood                 time.Duration // how long it lasts at least
	guesses, tokens       int
	watchers, edits, hold int
}

var (
	full  = size{connections: 150, signIns: 30, flood: 20 * time.Second, guesses: 300, tokens: 667, watchers: 3000, edits: 1000, hold: 265}
	short = size{connections: 20, signIns: 5, flood: time.Second, guesses: 30, tokens: 20, watchers: 150, edits: 20, hold: 8}
)

var attacks = []attack{
	{"a flood of wrong passwords", "4 of 30 users get in, p50 5.3 s; other requests' p99 33 times as long", floodSignIns},
	{"guesses for one account, from one address", "300 of 300 are tried", guessPasswords},
	{"one account reserves every ticket", "265 of 265 tickets", reserveAll},
	{"stolen cards tried on one order", "667 of 667 reach Stripe", testCards},
	{"watchers of a ticket, from one address", "3,000 of 3,000 streams", watch},
	{"one account edits its ticket again and again", "3.3 KB of the broker's disk for each of any number", editForever},
	{"a cookie used after its session's sign-out", "it's still signed in", replayCookie},
	{"a body that never comes", "58 s and more", neverSend},
}

// errTooMuch is an attack that gets more than it may.
func errTooMuch(got, may int) error {
	if got <= may {
		return nil
	}
	return fmt.Errorf("got %d, may get %d", got, may)
}

// guessPasswords guesses without a pause. Ten guesses are free, and the next ones wait.
func guessPasswords(ctx context.Context, s *site, size size) (string, error) {
	owner, err := s.member(ctx)
	if err != nil {
		return "", err
	}
	thief, tried := s.visitor(), 0
	for i := range size.guesses {
		_, err := thief.SignIn(ctx, owner.email, fmt.Sprintf("guess %d", i))
		if api.StatusOf(err) != http.StatusTooManyRequests {
			tried++
		}
	}
	_, err = owner.SignIn(ctx, owner.email, password)
	return fmt.Sprintf("%d of %d are tried; the owner gets in: %t", tried, size.guesses, err == nil), errors.Join(errTooMuch(tried, 14), err)
}

// reserveAll reserves tickets of another seller all at once.
func reserveAll(ctx context.Context, s *site, size size) (string, error) {
	seller, err1 := s.member(ctx)
	buyer, err2 := s.member(ctx)
	if err := errors.Join(err1, err2); err != nil {
		return "", err
	}
	ids := make([]string, size.hold)
	for i := range ids {
		t, err := seller.ListTicket(ctx, "Concert", 1000)
		if err != nil {
			return "", err
		}
		ids[i] = t.ID
	}
	var got atomic.Int64
	var all sync.WaitGroup
	for worker := range 16 {
		all.Go(func() {
			for i := worker; i < len(ids); i += 16 {
				if _, err := buyer.PlaceOrder(ctx, ids[i]); err == nil {
					got.Add(1)
				}
			}
		})
	}
	all.Wait()
	return fmt.Sprintf("%d of %d tickets", got.Load(), size.hold), errTooMuch(int(got.Load()), 4)
}

// testCards pays one order with tokens that Stripe doesn't know.
func testCards(ctx context.Context, s *site, size size) (string, error) {
	seller, err1 := s.member(ctx)
	buyer, err2 := s.member(ctx)
	if err := errors.Join(err1, err2); err != nil {
		return "", err
	}
	t, err := seller.ListTicket(ctx, "Concert", 1000)
	if err != nil {
		return "", err
	}
	o, err := buyer.PlaceOrder(ctx, t.ID)
	if err != nil {
		return "", err
	}
	reached := 0
	for i := range size.tokens {
		if _, err := buyer.Pay(ctx, o.ID, fmt.Sprintf("tok_stolen%d", i)); api.StatusOf(err) != http.StatusTooManyRequests {
			reached++
		}
	}
	return fmt.Sprintf("%d of %d reach Stripe", reached, size.tokens), errTooMuch(reached, 5)
}

// editForever edits a ticket until a limit refuses it.
func editForever(ctx context.Context, s *site, size size) (string, error) {
	seller, err := s.member(ctx)
	if err != nil {
		return "", err
	}
	t, err := seller.ListTicket(ctx, "Concert", 1000)
	if err != nil {
		return "", err
	}
	edited := 0
	for i := range size.edits {
		err := seller.Do(ctx, http.MethodPut, "/api/tickets/"+t.ID, map[string]any{"title": "Concert", "price": i + 1}, nil)
		switch api.StatusOf(err) {
		case http.StatusTooManyRequests:
			return fmt.Sprintf("%d at once, then 120 an hour", edited), errTooMuch(edited, 520)
		case 0:
			if err != nil {
				return "", err
			}
		}
		edited++
	}
	return fmt.Sprintf("all of %d", edited), errTooMuch(edited, 520)
}

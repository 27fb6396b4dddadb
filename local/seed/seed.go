// Package seed fills a running system with tickets.
//
// Sellers sign up through the public API. Their tickets skip it: seed commits them to the tickets
// database in batches, each with its ticket:created event in the outbox, just as the service does. The
// service's relay publishes the events, as it does after a crash, and Fill waits until orders knows
// every ticket. That saves the HTTP requests and skips no step that anything else relies on.
package seed

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"go.mongodb.org/mongo-driver/mongo"

	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/mongodb"
	"ticketing.dev/local/api"
	"ticketing.dev/local/system"
	"ticketing.dev/tickets"
)

const (
	// sellers share the tickets.
	sellers = 12
	// batch is how many tickets one write lists.
	batch = 1000
	// tell is how often progress is shown.
	tell = 2 * time.Second
	// stalled is how long orders may hear of nothing new before seed gives up.
	stalled = 30 * time.Second
	poll    = 100 * time.Millisecond
)

// seeder fills one system.
type seeder struct {
	gateway         string
	tickets, orders *mongo.Database
	out             io.Writer
}

// Fill lists n tickets in a system and returns when they can be ordered. It shows its progress on out.
func Fill(ctx context.Context, r system.Run, n int, out io.Writer) error {
	db, err := mongodb.Connect(ctx, mongodb.Config{URI: r.Mongo.URL}, "tickets", slog.New(slog.NewTextHandler(out, nil)))
	if err != nil {
		return err
	}
	defer mongodb.Disconnect(db)
	s := &seeder{gateway: r.Gateway, tickets: db, orders: db.Client().Database("orders"), out: out}
	return s.fill(ctx, n)
}

func (s *seeder) fill(ctx context.Context, n int) error {
	start := time.Now()
	ids, password, err := s.signUp(ctx)
	if err != nil {
		return err
	}
	before, err := s.known(ctx)
	if err != nil {
		return err
	}
	if err := s.list(ctx, ids, n); err != nil {
		return err
	}
	if err := s.await(ctx, before, n); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%d tickets can be ordered, after %.1f s\n", n, time.Since(start).Seconds())
	fmt.Fprintf(s.out, "sellers: %s … %s, password %s\n", email(password, 1), email(password, sellers), password)
	return nil
}

// signUp makes the sellers, whose password is made up once for each run.
func (s *seeder) signUp(ctx context.Context) (ids []string, password string, err error) {
	password = strings.ToLower(rand.Text())
	for i := range sellers {
		u, err := api.New(s.gateway).SignUp(ctx, email(password, i+1), password)
		if err != nil {
			return nil, "", fmt.Errorf("sign up a seller: %w", err)
		}
		ids = append(ids, u.ID)
	}
	return ids, password, nil
}

// email is the address of a seller. Those of each run are different.
func email(password string, seller int) string {
	return fmt.Sprintf("box-office-%d@%s.example", seller, password[:6])
}

// list commits n tickets in batches. Its own relay never runs: the tickets service's relay publishes the
// events.
func (s *seeder) list(ctx context.Context, sellers []string, n int) error {
	relay := aggregate.NewRelay(nil, nil)
	store, err := aggregate.Open(ctx, s.tickets.Collection("tickets"), "tickets", relay, func() *tickets.Ticket { return new(tickets.Ticket) })
	if err != nil {
		return err
	}
	today := time.Now()
	var listed atomic.Int64
	done := s.progress("listed", n, listed.Load)
	defer done()
	for from := 0; from < n; from += batch {
		var some []*tickets.Ticket
		for i := from + 1; i <= min(from+batch, n); i++ {
			some = append(some, tickets.List(sellers[i%len(sellers)], offer(today, i)))
		}
		if err := store.InsertAll(ctx, some); err != nil {
			return err
		}
		listed.Add(int64(len(some)))
	}
	return nil
}

// await waits until orders knows n tickets more than before. Its copies come from the events.
func (s *seeder) await(ctx context.Context, before int64, n int) error {
	var heard atomic.Int64
	done := s.progress("orders knows", n, heard.Load)
	defer done()
	last := time.Now()
	for {
		known, err := s.known(ctx)
		if err != nil {
			return err
		}
		if known-before > heard.Load() {
			heard.Store(known - before)
			last = time.Now()
		}
		if heard.Load() >= int64(n) {
			return nil
		}
		if time.Since(last) > stalled {
			return fmt.Errorf("orders knows %d of %d tickets and has heard of none for %v", heard.Load(), n, stalled)
		}
		select {
		case <-time.After(poll):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// known is how many tickets orders has heard of.
func (s *seeder) known(ctx context.Context) (int64, error) {
	n, err := s.orders.Collection("tickets").EstimatedDocumentCount(ctx)
	if err != nil {
		return 0, fmt.Errorf("count the tickets that orders knows: %w", err)
	}
	return n, nil
}

// progress shows how far it is, every few seconds, until done is called.
func (s *seeder) progress(what string, n int, now func() int64) (done func()) {
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(tell)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				fmt.Fprintf(s.out, "%s %d of %d\n", what, now(), n)
			case <-stop:
				return
			}
		}
	}()
	return func() { close(stop); <-stopped }
}

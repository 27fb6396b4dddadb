package e2e

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ticketing.dev/common/money"
	"ticketing.dev/local/api"
	"ticketing.dev/local/sandbox/remote"
	"ticketing.dev/local/system"
)

const patience = time.Minute

var (
	// shared is used by all tests except those that need another order lifetime.
	shared *system.System
	// shop is where purchases are tested: shared, or an external system.
	shop place
	// programs is the directory of all programs, and data that of the shared system.
	programs, data string
)

// place is a system's address.
type place interface{ Run() system.Run }

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	if there, named := elsewhere(); named {
		shop = there
		return m.Run()
	}
	status, err := runShared(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return status
}

func runShared(m *testing.M) (status int, err error) {
	if data, err = os.MkdirTemp("", "ticketing-e2e-"); err != nil {
		return 0, err
	}
	defer os.RemoveAll(data)
	if programs, err = system.Build(context.Background(), ".."); err != nil {
		return 0, err
	}
	shared, err = system.Start(context.Background(), system.Config{
		Dir: data, Bin: programs, Errors: os.Stderr, Environment: environment(),
		Replicas: map[string]int{"tickets": 2, "orders": 2, "payments": 2, "expiration": 2},
	})
	if err != nil {
		return 0, err
	}
	defer shared.Close()
	shop = shared
	return m.Run(), nil
}

// environment names external servers to test against.
func environment() system.Environment {
	e, err := system.ReadEnvironment()
	if err != nil {
		panic(err)
	}
	return e
}

// bounded ends with the test, or after patience.
func bounded(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

var people atomic.Int64

// newUser signs up a new user.
func newUser(t testing.TB, s place) *api.Client {
	t.Helper()
	c := api.New(s.Run().Gateway).Through(watched(t))
	email := fmt.Sprintf("user-%d-%d@example.com", time.Now().UnixNano(), people.Add(1))
	if _, err := c.SignUp(t.Context(), email, "correct horse"); err != nil {
		t.Fatal(err)
	}
	return c
}

func list(t testing.TB, seller *api.Client, price money.Cents) api.Ticket {
	t.Helper()
	ticket, err := seller.ListTicket(t.Context(), "Front row", price)
	if err != nil {
		t.Fatal(err)
	}
	return ticket
}

func order(t testing.TB, buyer *api.Client, ticket api.Ticket) api.Order {
	t.Helper()
	o, err := buyer.PlaceOrder(t.Context(), ticket.ID)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func refused(t testing.TB, err error, status int, message string) {
	t.Helper()
	if api.StatusOf(err) != status || !strings.Contains(err.Error(), message) {
		t.Errorf("got %v, want %d %q", err, status, message)
	}
}

type stripe struct {
	t testing.TB
	remote.Sandbox
}

func stripeOf(t testing.TB, s place) stripe {
	return stripe{t, remote.Sandbox{URL: s.Run().Stripe.URL}}
}

func (s stripe) done(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// slowDown delays the next call of an operation.
func (s stripe) slowDown(operation string, delay time.Duration) {
	s.t.Helper()
	s.done(s.SlowDown(s.t.Context(), operation, delay))
}

// decide sends the payer's answer to the bank.
func (s stripe) decide(c api.Charge, decision string) {
	s.t.Helper()
	s.done(s.Decide(s.t.Context(), c.StripeID, c.ClientSecret, decision))
}

// kept is what Stripe captured for an order minus refunds, and how often it captured.
func (s stripe) kept(order string) (left money.Cents, captures int) {
	s.t.Helper()
	ledger, err := s.Ledger(s.t.Context())
	s.done(err)
	return remote.Kept(ledger, order)
}

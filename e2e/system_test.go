package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ticketing.dev/common/money"
	"ticketing.dev/local/api"
	"ticketing.dev/local/sandbox"
	"ticketing.dev/local/system"
)

// patience ends a wait for what must happen.
const patience = 45 * time.Second

var (
	// shared is the system that all tests use but those that need another time to live.
	shared *system.System
	// shop is where the purchases are tested: shared, or one that runs already.
	shop place
	// programs is where the programs of all systems are.
	programs string
)

// place is a system that people can reach.
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
	dir, err := os.MkdirTemp("", "ticketing-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	programs = filepath.Join(dir, "bin")
	shared, err = system.Start(context.Background(), system.Config{
		Dir: dir, Processes: true, Bin: programs, Errors: os.Stderr, Environment: environment(),
		Replicas: map[string]int{"tickets": 2, "orders": 2, "payments": 2, "expiration": 2},
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer shared.Close()
	shop = shared
	return m.Run()
}

// environment names the real parts to test against, where there are any.
func environment() system.Environment {
	e, err := system.ReadEnvironment()
	if err != nil {
		panic(err)
	}
	return e
}

// bounded ends with the test, or when patience does.
func bounded(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

var people atomic.Int64

// somebody is a user who has just signed up.
func somebody(t testing.TB, s place) *api.Client {
	t.Helper()
	c := api.New(s.Run().Gateway).Through(watched(t))
	email := fmt.Sprintf("somebody-%d-%d@example.com", time.Now().UnixNano(), people.Add(1))
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

// refused checks that an error is a refusal with this status and message.
func refused(t testing.TB, err error, status int, message string) {
	t.Helper()
	if api.StatusOf(err) != status || !strings.Contains(err.Error(), message) {
		t.Errorf("got %v, want %d %q", err, status, message)
	}
}

// stripe is the sandbox, which does what no user of the API can.
type stripe struct {
	t   testing.TB
	url string
}

func stripeOf(t testing.TB, s place) stripe { return stripe{t, s.Run().Stripe.URL} }

func (s stripe) post(path, contentType, body string) {
	s.t.Helper()
	res, err := http.Post(s.url+path, contentType, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode >= 300 {
		s.t.Fatalf("%s: %s", path, res.Status)
	}
}

// slowDown makes the next call of an operation take a time.
func (s stripe) slowDown(operation string, delay time.Duration) {
	s.t.Helper()
	fault, err := json.Marshal(sandbox.Fault{Operation: operation, Kind: "slow", DelayMS: delay.Milliseconds(), Times: 1})
	if err != nil {
		s.t.Fatal(err)
	}
	s.post("/sandbox/faults", "application/json", string(fault))
}

// decide is the payer's answer to the bank.
func (s stripe) decide(c api.Charge, decision string) {
	s.t.Helper()
	form := url.Values{"client_secret": {c.ClientSecret}, "decision": {decision}}
	s.post("/sandbox/authenticate/"+c.StripeID, "application/x-www-form-urlencoded", form.Encode())
}

// kept is what Stripe has taken for an order and not given back, and how often it has taken it.
func (s stripe) kept(order string) (left money.Cents, captures int) {
	s.t.Helper()
	res, err := http.Get(s.url + "/sandbox/ledger")
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	var ledger sandbox.Ledger
	var read bytes.Buffer
	if _, err := read.ReadFrom(res.Body); err != nil {
		s.t.Fatal(err)
	}
	if err := json.Unmarshal(read.Bytes(), &ledger); err != nil {
		s.t.Fatal(err)
	}
	for _, e := range ledger.Entries {
		if e.OrderID == order {
			captures += e.CapturedTimes
			left += money.Cents(e.Amount*int64(e.CapturedTimes) - e.Refunded)
		}
	}
	return left, captures
}

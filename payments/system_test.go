package payments

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/mongo"

	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/bus/memory"
	"ticketing.dev/common/events"
	"ticketing.dev/common/money"
	"ticketing.dev/common/service"
	"ticketing.dev/common/service/servicetest"
	"ticketing.dev/common/session"
	"ticketing.dev/common/standin"
)

const webhookSecret = "whsec_only_for_tests"

var (
	ada = session.User{ID: "65a0000000000000000000b1", Email: "ada@example.com"}
	bob = session.User{ID: "65a0000000000000000000b2", Email: "bob@example.com"}
)

// system is payments with a database, a bus and a Stripe of its own, and a clock that the test may set.
type system struct {
	*servicetest.Client
	t       *testing.T
	db      *mongo.Database
	bus     *memory.Bus
	service *Service
	sandbox string
	secrets webhookSecrets
	timeout time.Duration // of each call to Stripe
	clock   atomic.Int64  // how far the service's clock is ahead, in ns
}

func prepare(t *testing.T, options ...memory.Option) *system {
	t.Helper()
	return &system{t: t, db: servicetest.Database(t), bus: memory.New(options...), sandbox: standin.Stripe(t).URL, secrets: webhookSecrets{webhookSecret}, timeout: 10 * time.Second}
}

func start(t *testing.T, options ...memory.Option) *system {
	t.Helper()
	s := prepare(t, options...)
	s.run()
	return s
}

// run runs a replica, to which the requests of the test go from now on.
func (s *system) run() {
	s.t.Helper()
	s.service = s.open(nil)
	s.Client = s.serve(s.service)
}

// serve runs a replica without its reconciler and poll. Those run when a test calls them: on a busy machine they
// would otherwise take a charge that the test is about to check.
func (s *system) serve(replica *Service) *servicetest.Client {
	s.t.Helper()
	return servicetest.Run(s.t, "payments", s.bus, unattended{replica})
}

// attended starts a replica with all its tasks.
func attended(t *testing.T) *system {
	t.Helper()
	s := prepare(t)
	s.service = s.open(nil)
	s.Client = servicetest.Run(t, "payments", s.bus, s.service)
	return s
}

type unattended struct{ *Service }

func (u unattended) Tasks() []service.Task { return []service.Task{u.relay.Run, u.signouts.Run} }

// open makes a replica that reaches Stripe in a way of its own.
func (s *system) open(transport http.RoundTripper) *Service {
	s.t.Helper()
	p, err := New(s.t.Context(), Options{
		DB: s.db, Bus: s.bus, Sessions: servicetest.Sessions(s.t), Log: servicetest.Log(s.t), Transport: transport,
		Stripe: StripeConfig{Key: "sk_test_123", WebhookSecrets: s.secrets, URL: s.sandbox, Timeout: s.timeout},
		Now:    func() time.Time { return time.Now().Add(time.Duration(s.clock.Load())) },
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

// later sets the clock of all replicas ahead.
func (s *system) later(d time.Duration) { s.clock.Store(int64(d)) }

// reconcile does one round of the reconciler.
func (s *system) reconcile() {
	s.t.Helper()
	if err := s.service.reconcile(s.t.Context()); err != nil {
		s.t.Error(err)
	}
}

// reconcile does one round of each of the reconciler's tasks.
func (s *Service) reconcile(ctx context.Context) error {
	return errors.Join(s.resolvePending(ctx), s.settleSucceeded(ctx))
}

// ordered is an order of ada's.
func ordered(price money.Cents) events.Order {
	return events.Order{
		ID: aggregate.NewID(), Status: "created", UserID: ada.ID, ExpiresAt: time.Now().Add(15 * time.Minute),
		Ticket: events.OrderedTicket{ID: aggregate.NewID(), Title: "Gig", Price: price, Reservation: 1},
	}
}

// order lets payments know of a new order.
func (s *system) order(price money.Cents) events.Order {
	s.t.Helper()
	o := ordered(price)
	s.deliver(events.OrderCreated{Order: o})
	return o
}

// deliver publishes an event and waits until it has been handled.
func (s *system) deliver(e events.Event) {
	s.t.Helper()
	servicetest.Publish(s.t, s.bus, e)
	servicetest.Settled(s.t, s.bus)
}

func cancelled(o events.Order) events.OrderCancelled {
	o.Status, o.Version = "cancelled", o.Version+1
	return events.OrderCancelled{Order: o, Reason: "expired"}
}

func completed(o events.Order) events.OrderCompleted {
	o.Status, o.Version = "complete", o.Version+1
	return events.OrderCompleted{Order: o}
}

type shown struct {
	ID             string      `json:"id"`
	OrderID        string      `json:"orderId"`
	Status         string      `json:"status"`
	Reason         string      `json:"reason"`
	Amount         json.Number `json:"amount"`
	StripeID       string      `json:"stripeId"`
	StripeRefundID string      `json:"stripeRefundId"`
	ClientSecret   string      `json:"clientSecret"`
	Paused         bool        `json:"paused"`
	RefundedAmount json.Number `json:"refundedAmount"`
	RefundFailed   bool        `json:"refundFailed"`
	Dispute        struct {
		Status, Reason string
		Amount         json.Number
	} `json:"dispute"`
}

func payBody(order, token string) string {
	return fmt.Sprintf(`{"orderId":%q,"token":%q}`, order, token)
}

// pay sends a payment of ada's.
func (s *system) pay(order, token string) servicetest.Answer {
	s.t.Helper()
	return s.Do(ada, http.MethodPost, "/api/payments", payBody(order, token))
}

// paid sends a payment that has to be answered with a charge.
func (s *system) paid(order, token string, status int) shown {
	s.t.Helper()
	return servicetest.Decode[shown](s.t, s.pay(order, token), status)
}

// charge is the charge of an order as its payer sees it, or none.
func (s *system) charge(order string) (c shown) {
	s.t.Helper()
	all := servicetest.Decode[[]shown](s.t, s.Do(ada, http.MethodGet, "/api/payments?orderId="+order, ""), http.StatusOK)
	if len(all) > 0 {
		c = all[0]
	}
	return c
}

// ledger is what became of the money at Stripe.
type ledger struct {
	Captured, Refunded money.Cents
	Entries            []entry
}

type entry struct {
	PaymentIntent string      `json:"payment_intent"`
	OrderID       string      `json:"order_id"`
	Status        string      `json:"status"`
	CapturedTimes int         `json:"captured_times"`
	Refunded      money.Cents `json:"refunded"`
	Refunds       []struct{ ID string }
}

func (s *system) ledger() (l ledger) {
	s.t.Helper()
	s.sandboxed(http.MethodGet, "/sandbox/ledger", "", &l)
	return l
}

// fault makes Stripe fail.
func (s *system) fault(operation, kind string, times int) {
	s.t.Helper()
	s.sandboxed(http.MethodPost, "/sandbox/faults", fmt.Sprintf(`{"operation":%q,"kind":%q,"times":%d}`, operation, kind, times), nil)
}

// sandboxed asks the sandbox for what Stripe does not offer.
func (s *system) sandboxed(method, path, body string, answer any) {
	s.t.Helper()
	r, err := http.NewRequest(method, s.sandbox+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	var read bytes.Buffer
	if _, err := read.ReadFrom(res.Body); err != nil || res.StatusCode >= 300 {
		s.t.Fatalf("%s %s: %d %s %v", method, path, res.StatusCode, &read, err)
	}
	if answer != nil {
		if err := json.Unmarshal(read.Bytes(), answer); err != nil {
			s.t.Fatal(err)
		}
	}
}

// atTheBank is the payer's answer to the bank's question, which may redirect but not fail.
func (s *system) atTheBank(c shown, decision string) {
	s.t.Helper()
	res, err := http.PostForm(s.sandbox+"/sandbox/authenticate/"+c.StripeID+"?client_secret="+c.ClientSecret,
		map[string][]string{"client_secret": {c.ClientSecret}, "decision": {decision}})
	if err != nil {
		s.t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		s.t.Fatalf("the bank answers %d", res.StatusCode)
	}
}

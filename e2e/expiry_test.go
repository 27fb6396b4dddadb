package e2e

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"testing"
	"time"

	"ticketing.dev/common/bus"
	"ticketing.dev/common/bus/stan"
	"ticketing.dev/common/events"
	"ticketing.dev/common/service/servicetest"
	"ticketing.dev/local/api"
	"ticketing.dev/local/system"
)

// promised is the most that an order may outlive its time, whatever was down (P5). The usual half second to one
// is only logged, as the machine may be busy.
const promised = 15 * time.Second

func start(t *testing.T, ttl time.Duration) *system.System {
	t.Helper()
	unlimited := environment()
	unlimited.MaxOpenOrders, unlimited.MaxUnpaidReservations = 0, 0
	s, err := system.Start(t.Context(), system.Config{Dir: t.TempDir(), OrderTTL: ttl, Bin: programs, Errors: t.Output(), Environment: unlimited})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Two hundred orders come due within ten seconds. The test compares when orders cancelled each with when it was
// due.
func TestOrdersExpireInTimeAndNeverBefore(t *testing.T) {
	t.Parallel()
	const orders, within = 200, 10 * time.Second
	s := start(t, 12*time.Second)
	ended := watchCancellations(t, s)
	seller, buyer := newUser(t, s), newUser(t, s)

	due := make(map[string]time.Time, orders)
	begin := time.Now()
	for i := range orders {
		o := order(t, buyer, list(t, seller, 1999))
		due[o.ID] = o.ExpiresAt
		time.Sleep(time.Until(begin.Add(within * time.Duration(i+1) / orders)))
	}
	var late []time.Duration
	for id, at := range due {
		var end time.Time
		servicetest.Eventually(t, "the end of an order", func() (ok bool) { end, ok = ended(id); return ok })
		if end.Before(at) {
			t.Errorf("order %s ended %s early", id, at.Sub(end))
		}
		late = append(late, end.Sub(at))
	}
	slices.Sort(late)
	p50, p99 := late[len(late)/2], late[len(late)*99/100-1]
	t.Logf("ended after expiresAt: p50 %s, p99 %s, at most %s", p50, p99, late[len(late)-1])
	if late[len(late)-1] > promised {
		t.Errorf("an order outlived its time by more than %s", promised)
	}
}

// watchCancellations records the time of each order's cancellation event.
func watchCancellations(t *testing.T, s *system.System) func(order string) (time.Time, bool) {
	t.Helper()
	broker, err := stan.Open(stan.Config{URL: s.Run().NATS.URL, ClusterID: "ticketing", ClientID: "e2e"}, servicetest.Log(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { broker.Close() })
	var mu sync.Mutex
	ended := map[string]time.Time{}
	_, err = broker.Subscribe("e2e", events.OrderCancelled{}.Subject(), func(_ context.Context, message []byte) error {
		var m events.Message
		if err := json.Unmarshal(message, &m); err != nil {
			return bus.Poison(err)
		}
		mu.Lock()
		defer mu.Unlock()
		ended[m.Subject] = m.Time
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return func(order string) (time.Time, bool) {
		mu.Lock()
		defer mu.Unlock()
		at, ok := ended[order]
		return at, ok
	}
}

func TestAnExpiredOrderFreesItsTicket(t *testing.T) {
	t.Parallel()
	s := start(t, 2*time.Second)
	seller, buyer := newUser(t, s), newUser(t, s)
	ticket := list(t, seller, 1999)
	o := order(t, buyer, ticket)
	if _, err := buyer.AwaitOrder(bounded(t), o.ID, api.Cancelled); err != nil {
		t.Fatal(err)
	}
	if _, err := buyer.AwaitTicket(bounded(t), ticket.ID, api.Available); err != nil {
		t.Fatal(err)
	}
	_, err := buyer.Pay(t.Context(), o.ID, "tok_visa")
	refused(t, err, 400, "The order")
	order(t, newUser(t, s), ticket)
}

// The payment begins in time and lasts until the order's time is up.
func TestAPaymentInFlightOutlivesTheTime(t *testing.T) {
	t.Parallel()
	s := start(t, 3*time.Second)
	seller, buyer := newUser(t, s), newUser(t, s)
	for token, want := range map[string]string{"tok_visa": api.Complete, "tok_chargeDeclined": api.Cancelled} {
		o := order(t, buyer, list(t, seller, 1999))
		stripeOf(t, s).slowDown("payment_intents.confirm", 5*time.Second)
		if _, err := buyer.Pay(t.Context(), o.ID, token); want == api.Complete && err != nil || want == api.Cancelled && api.StatusOf(err) != 402 {
			t.Errorf("%s: %v", token, err)
		}
		if _, err := buyer.AwaitOrder(bounded(t), o.ID, want); err != nil {
			t.Errorf("%s: %v", token, err)
		}
		left, _ := stripeOf(t, s).kept(o.ID)
		if want == api.Complete && left != 1999 || want == api.Cancelled && left != 0 {
			t.Errorf("%s: Stripe keeps %s", token, left)
		}
	}
}

// The payment begins in time, but reaches Stripe after the order has expired.
func TestAPaymentThatComesTooLateIsRefunded(t *testing.T) {
	t.Parallel()
	s := start(t, 2*time.Second)
	seller, buyer := newUser(t, s), newUser(t, s)
	// Orders expires nothing while its session with the broker is new. Once it has expired one order, it
	// expires all in time.
	if _, err := buyer.AwaitOrder(bounded(t), order(t, buyer, list(t, seller, 500)).ID, api.Cancelled); err != nil {
		t.Fatal(err)
	}
	ticket := list(t, seller, 1999)
	o := order(t, buyer, ticket)
	stripeOf(t, s).slowDown("payment_methods.create", 5*time.Second)
	if _, err := buyer.Pay(t.Context(), o.ID, "tok_visa"); err != nil {
		t.Fatal(err)
	}
	charge, err := buyer.AwaitCharge(bounded(t), o.ID, api.Refunded)
	if err != nil || charge.StripeRefundID == "" {
		t.Fatalf("charge %+v, %v", charge, err)
	}
	if left, captures := stripeOf(t, s).kept(o.ID); left != 0 || captures != 1 {
		t.Errorf("Stripe keeps %s of %d captures", left, captures)
	}
	if o, err = buyer.Order(t.Context(), o.ID); err != nil || o.Status != api.Cancelled {
		t.Errorf("order %+v, %v", o, err)
	}
	order(t, newUser(t, s), ticket)
}

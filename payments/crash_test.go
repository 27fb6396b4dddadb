package payments

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"ticketing.dev/common/events"
	"ticketing.dev/common/mongodb"
	"ticketing.dev/common/service/servicetest"
	"ticketing.dev/common/standin"
)

// death is a way to Stripe on which a process dies: from one moment on, before or after a call, it does
// nothing any more. It never learns of it, so all that it had still to do stays undone; and when it is
// woken, like one that was only stopped, it goes on where it was.
type death struct {
	operation string // method and the end of the path of the call at which it dies
	after     bool   // after Stripe has answered, else before it was asked

	once         sync.Once
	died, awaken chan struct{}
}

func (d *death) RoundTrip(r *http.Request) (*http.Response, error) {
	dies := false
	if operation(r) == d.operation {
		d.once.Do(func() { dies = true })
	}
	if dies && !d.after {
		close(d.died)
		<-d.awaken
	}
	// Nothing but what we check for shall keep it from going on, its deadlines neither.
	res, err := http.DefaultTransport.RoundTrip(r.WithContext(context.WithoutCancel(r.Context())))
	if dies && d.after {
		close(d.died)
		<-d.awaken
	}
	return res, err
}

// operation names what a request asks of Stripe.
func operation(r *http.Request) string {
	path := r.URL.Path
	switch {
	case path == "/v1/payment_methods":
		return "method"
	case path == "/v1/payment_intents":
		return "open"
	case len(path) > 8 && path[len(path)-8:] == "/confirm":
		return "confirm"
	case len(path) > 7 && path[len(path)-7:] == "/cancel":
		return "cancel"
	case path == "/v1/refunds" && r.Method == http.MethodPost:
		return "refund"
	case path == "/v1/refunds":
		return "refunded"
	}
	return "read"
}

// Between any two steps of a payment there is a call to Stripe, so a process that dies before or after
// each of them has died at every point: before the charge is opened, before and after its
// PaymentIntent is made, stored, confirmed and read, before the outcome is written and before and after
// the refund.
func TestAPaymentThatDies(t *testing.T) {
	for _, at := range []string{"method", "open", "confirm", "read", "cancel", "refunded", "refund"} {
		for _, after := range []bool{false, true} {
			for _, next := range []string{"another POST", "the reconciler", "the process comes back"} {
				token, late := "tok_visa", at == "refunded" || at == "refund"
				if at == "cancel" {
					token = "tok_chargeDeclined"
				}
				t.Run(fmt.Sprintf("%s/after=%v/%s", at, after, next), func(t *testing.T) {
					t.Parallel()
					dying(t, &death{operation: at, after: after}, token, late, next)
				})
			}
		}
	}
}

// dying lets a replica die in the middle of a payment and another go on.
func dying(t *testing.T, d *death, token string, late bool, next string) {
	d.died, d.awaken = make(chan struct{}), make(chan struct{})
	s := prepare(t)
	dead := s.serve(s.open(d))
	s.Client = dead
	o := s.order(1999)

	answered := make(chan struct{})
	go func() {
		defer close(answered)
		if late { // a late success is found by the one that hears of the cancellation
			s.pay(o.ID, token)
			servicetest.Publish(t, s.bus, cancelled(o))
			return
		}
		s.pay(o.ID, token)
	}()
	select {
	case <-d.died:
	case <-time.After(servicetest.Patience):
		t.Fatal("the payment never came to where it should have died")
	}

	s.run()
	switch next {
	case "another POST":
		a := s.pay(o.ID, token)
		if a.Status >= 500 {
			t.Errorf("another POST is answered %d %s", a.Status, a.Body)
		}
	case "the process comes back":
		s.later(patience + time.Second)
		s.reconcile()
		close(d.awaken)
		<-answered
	}
	s.later(2 * patience)
	s.reconcile()

	c, l := s.charge(o.ID), s.ledger()
	wantOneOutcome(t, c, l, late)
	s.wantOutcomeEvents(o.ID, c.Status)

	if next != "the process comes back" {
		close(d.awaken)
		<-answered
	}
	if again, now := s.charge(o.ID), s.ledger(); c.Status != "" && (again != c || now.Captured != l.Captured || now.Refunded != l.Refunded) {
		t.Errorf("once it had come back: %+v, %+v; before: %+v, %+v", again, now, c, l)
	}
}

// wantOutcomeEvents checks that exactly one outcome of a payment is published.
func (s *system) wantOutcomeEvents(order, status string) {
	s.t.Helper()
	servicetest.Eventually(s.t, "the events of a charge whose status is "+status, func() bool {
		created, failed := 0, 0
		for _, e := range servicetest.Published[events.PaymentCreated](s.t, s.bus) {
			if e.OrderID == order {
				created++
			}
		}
		for _, e := range servicetest.Published[events.PaymentFailed](s.t, s.bus) {
			if e.OrderID == order {
				failed++
			}
		}
		switch status {
		case "succeeded", "refunded":
			return created == 1 && failed == 0
		case "failed":
			return created == 0 && failed == 1
		}
		return created == 0 && failed == 0
	})
}

// afterwards is a way to Stripe on which something happens once Stripe has answered a call.
type afterwards struct {
	operation string
	do        func()
}

func (a afterwards) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := http.DefaultTransport.RoundTrip(r)
	if operation(r) == a.operation {
		a.do()
	}
	return res, err
}

// MongoDB dies after Stripe's answer: the response is the last known state.
func TestThePayerIsAnsweredThoughTheDatabaseDies(t *testing.T) {
	for _, token := range []string{"tok_visa", "tok_chargeDeclined"} {
		t.Run(token, func(t *testing.T) {
			t.Parallel()
			s := prepare(t)
			mongo := standin.Start(t, "mongo")
			db, err := mongodb.Connect(t.Context(), mongodb.Config{URI: mongo.URL}, "payments", servicetest.Log(t))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { mongodb.Disconnect(db) })
			s.db = db
			s.Client = s.serve(s.open(afterwards{"read", mongo.Kill}))
			o := s.order(1999)
			if c := s.paid(o.ID, token, http.StatusCreated); c.ID != o.ID || c.Status != "pending" || c.Amount != "19.99" {
				t.Errorf("the response is %+v", c)
			}
			mongo.Restart()
			s.run()
			s.later(patience + time.Second)
			s.reconcile()
			want := map[string]string{"tok_visa": "succeeded", "tok_chargeDeclined": "failed"}[token]
			if c := s.charge(o.ID); c.Status != want {
				t.Errorf("in the end the charge is %+v, want it %s", c, want)
			}
		})
	}
}

// wantOneOutcome compares a charge that has ended with Stripe's ledger. late says that the order was cancelled
// before the payment succeeded.
func wantOneOutcome(t *testing.T, c shown, l ledger, late bool) {
	t.Helper()
	captured := 0
	for _, e := range l.Entries {
		captured += e.CapturedTimes
	}
	switch c.Status {
	case "":
		if captured != 0 {
			t.Errorf("no charge, but the ledger says %+v", l)
		}
	case "succeeded":
		if captured != 1 || l.Refunded != 0 || late {
			t.Errorf("%+v, but the ledger says %+v", c, l)
		}
	case "failed":
		if captured != 0 || c.Reason != "The payment was interrupted" && c.Reason != "Your card was declined." {
			t.Errorf("%+v, but the ledger says %+v", c, l)
		}
	case "refunded":
		if captured != 1 || l.Refunded != 1999 || !late || c.StripeRefundID == "" {
			t.Errorf("%+v, but the ledger says %+v", c, l)
		}
	default:
		t.Errorf("the charge is left %+v, the ledger says %+v", c, l)
	}
}

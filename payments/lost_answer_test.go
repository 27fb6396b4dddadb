package payments

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/bson"

	"ticketing.dev/common/events"
	"ticketing.dev/common/service/servicetest"
)

// takenOn pays an order whose first payment got no answer, and checks that the card is charged once.
func (s *system) takenOn(o events.Order) {
	s.t.Helper()
	if a := s.pay(o.ID, "tok_mastercard"); a.Status != http.StatusCreated {
		s.t.Fatalf("the second payment is answered %d %s", a.Status, a.Body)
	}
	if c, l := s.charge(o.ID), s.ledger(); c.Status != "succeeded" || c.Paused || l.Captured != 1999 {
		s.t.Errorf("the charge is %+v, and Stripe has %+v", c, l)
	}
	if failed := servicetest.Published[events.PaymentFailed](s.t, s.bus); len(failed) > 0 {
		s.t.Errorf("the order heard of %+v", failed)
	}
}

func TestALostAnswerDoesNotCostTheOrder(t *testing.T) {
	for _, kind := range []string{"error_before", "error_after", "drop_after"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			o := s.order(1999)
			s.fault("payment_intents.create", kind, 10) // more often than the library tries again
			if a := s.pay(o.ID, "tok_visa"); a.Status != http.StatusServiceUnavailable || a.Header.Get("Retry-After") == "" {
				t.Fatalf("the first payment is answered %d %s", a.Status, a.Body)
			}
			s.sandboxed(http.MethodDelete, "/sandbox/faults", "", nil)
			s.later(2 * patience)
			s.reconcile()
			if c := s.charge(o.ID); c.Status != "pending" || !c.Paused {
				t.Fatalf("while the order has time left, its charge is %+v", c)
			}
			s.takenOn(o)
		})
	}
}

// The database stores the charge, and its answer is an error.
func TestAChargeStoredWithoutAnAnswerIsTakenOn(t *testing.T) {
	s := start(t)
	o := s.order(1999)
	admin := s.db.Client().Database("admin")
	fail := bson.D{
		{Key: "configureFailPoint", Value: "failCommand"}, {Key: "mode", Value: bson.M{"times": 1}},
		{Key: "data", Value: bson.M{"failCommands": []string{"insert"}, "writeConcernError": bson.M{"code": 64, "errmsg": "no answer from the majority"}}},
	}
	if err := admin.RunCommand(t.Context(), fail).Err(); err != nil {
		t.Fatal(err)
	}
	if a := s.pay(o.ID, "tok_visa"); a.Status < http.StatusInternalServerError {
		t.Fatalf("the first payment is answered %d %s", a.Status, a.Body)
	}
	if c := s.charge(o.ID); !c.Paused {
		t.Fatalf("the charge is %+v", c)
	}
	s.takenOn(o)
}

// A payment hangs before its PaymentIntent is stored. Once its request must be over, another POST takes it on;
// then the first one goes on after all.
func TestAHangingPaymentIsTakenOnAndChargedOnce(t *testing.T) {
	for _, after := range []bool{false, true} {
		d := &death{operation: "open", after: after, died: make(chan struct{}), awaken: make(chan struct{})}
		s := prepare(t)
		slow := s.serve(s.open(d))
		s.run()
		o := s.order(1999)
		var first sync.WaitGroup
		first.Go(func() { slow.Do(ada, http.MethodPost, "/api/payments", payBody(o.ID, "tok_visa")) })
		<-d.died
		if c := s.paid(o.ID, "tok_mastercard", http.StatusOK); c.Status != "pending" {
			t.Errorf("while the first request may go on, the charge is %+v", c)
		}
		s.later(payTimeout + time.Second)
		s.takenOn(o)
		close(d.awaken)
		first.Wait()
		if l := s.ledger(); l.Captured != 1999 {
			t.Errorf("Stripe has %+v", l)
		}
	}
}

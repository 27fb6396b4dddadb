package payments

import (
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/event"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"ticketing.dev/common/events"
	"ticketing.dev/common/service/servicetest"
)

// What breaks in docs/model without one of its rules, played against the service.

// Two handlers make the copy of an order, each with another event. The one with the newer event is
// refused as a duplicate, and its event is not taken for an old one.
func TestConcurrentUpdatesOfACopyAreNotLost(t *testing.T) {
	var updates atomic.Int64
	var insert func()
	copies := orders{servicetest.Watched(t, func(e *event.CommandStartedEvent) {
		if e.CommandName == "update" && updates.Add(1) == 2 {
			insert()
		}
	}).Collection("orders")}

	// An index that refuses the first attempt stands for the other handler, which inserts just then.
	o := ordered(1999)
	unique := mongo.IndexModel{Keys: bson.M{"userId": 1}, Options: options.Index().SetUnique(true)}
	if _, err := copies.docs.Indexes().CreateOne(t.Context(), unique); err != nil {
		t.Fatal(err)
	}
	if _, err := copies.docs.InsertOne(t.Context(), bson.M{"_id": "in the way", "userId": o.UserID}); err != nil {
		t.Fatal(err)
	}
	inserted := false
	insert = func() {
		inserted = true
		if _, err := copies.docs.DeleteOne(t.Context(), bson.M{"_id": "in the way"}); err != nil {
			t.Error(err)
		}
		if _, err := copies.docs.InsertOne(t.Context(), bson.M{"_id": o.ID, "version": o.Version, "status": o.Status, "userId": o.UserID}); err != nil {
			t.Error(err)
		}
	}
	if err := copies.upsertCopy(t.Context(), cancelled(o).Order); err != nil {
		t.Fatal(err)
	}
	if !inserted {
		insert()
	}
	if got, err := copies.get(t.Context(), o.ID); err != nil || got.Status != "cancelled" {
		t.Errorf("the copy is %+v (%v), want it cancelled", got, err)
	}
}

// stops is a way to Stripe on which something happens after calls of some kinds, before their answers
// arrive.
type stops map[string]func()

func (s stops) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := http.DefaultTransport.RoundTrip(r)
	if do, ok := s[operation(r)]; ok {
		do()
	}
	return res, err
}

// The reconciler has read a charge without a PaymentIntent. Before it writes, the process that seemed to be
// dead stores one and takes the money.
func TestAPaymentIntentThatIsStoredMeanwhileKeepsItsCharge(t *testing.T) {
	s := prepare(t)
	reconciler := s.open(nil)
	o := ordered(1999)
	var found *Charge
	s.Client = s.serve(s.open(stops{
		"open": func() {
			var err error
			if found, err = reconciler.charges.Get(t.Context(), o.ID); err != nil || found.StripeID != "" {
				t.Errorf("found %+v (%v)", found, err)
			}
		},
		"confirm": func() {
			s.later(patience + time.Second)
			if _, err := reconciler.resolve(t.Context(), found); err != nil {
				t.Error(err)
			}
		},
	}))
	s.deliver(events.OrderCreated{Order: o})
	if c, l := s.paid(o.ID, "tok_visa", http.StatusCreated), s.ledger(); c.Status != "succeeded" || l.Captured != 1999 {
		t.Errorf("%+v, and the ledger says %+v", c, l)
	}
}

// The bank's question is open for too long. Between the look at it and the cancellation it is answered.
func TestAConfirmationBeforeTheCancellationPays(t *testing.T) {
	s := start(t)
	o := s.order(1999)
	asked := s.paid(o.ID, "pm_card_authenticationRequired", http.StatusCreated)
	s.later(15*time.Minute + grace + time.Second)
	var once sync.Once
	reconciler := s.open(afterwards{"read", func() { once.Do(func() { s.atTheBank(asked, "approve") }) }})
	if err := reconciler.reconcile(t.Context()); err != nil {
		t.Error(err)
	}
	if c, l := s.charge(o.ID), s.ledger(); c.Status != "succeeded" || l.Captured != 1999 {
		t.Errorf("%+v, and the ledger says %+v", c, l)
	}
}

// unanswered is a way to Stripe on which one kind of request is lost.
type unanswered struct{ operation string }

func (u unanswered) RoundTrip(r *http.Request) (*http.Response, error) {
	if operation(r) == u.operation {
		return nil, errors.New("no answer")
	}
	return http.DefaultTransport.RoundTrip(r)
}

// Until Stripe has confirmed the cancellation of the PaymentIntent, the payer may still pay.
func TestACancellationWithoutAnAnswerEndsNothing(t *testing.T) {
	s := start(t)
	o := s.order(1999)
	asked := s.paid(o.ID, "pm_card_authenticationRequired", http.StatusCreated)
	s.later(15*time.Minute + grace + time.Second)
	if err := s.open(unanswered{"cancel"}).reconcile(t.Context()); err == nil {
		t.Error("the reconciler returned no error")
	}
	if c := s.charge(o.ID); c.Status != "pending" {
		t.Fatalf("without an answer it is %+v", c)
	}
	s.atTheBank(asked, "approve")
	s.later(15*time.Minute + grace + time.Minute) // after the pause of a check that failed
	s.reconcile()
	if c, l := s.charge(o.ID), s.ledger(); c.Status != "succeeded" || l.Captured != 1999 {
		t.Errorf("%+v, and the ledger says %+v", c, l)
	}
}

// The payer sends the same payment again while the first one is under way, at each of its steps.
func TestAPaymentUnderWayIsNotEndedByAnother(t *testing.T) {
	for _, at := range []string{"open", "confirm"} {
		t.Run(at, func(t *testing.T) {
			d := &death{operation: at, died: make(chan struct{}), awaken: make(chan struct{})}
			s := prepare(t)
			slow := s.serve(s.open(d))
			s.run()
			o := s.order(1999)
			answered := make(chan servicetest.Answer)
			go func() { answered <- slow.Do(ada, http.MethodPost, "/api/payments", payBody(o.ID, "tok_visa")) }()
			<-d.died
			if c := s.paid(o.ID, "tok_visa", http.StatusOK); c.Status != "pending" {
				t.Errorf("while it is under way it is %+v", c)
			}
			close(d.awaken)
			if c := servicetest.Decode[shown](t, <-answered, http.StatusCreated); c.Status != "succeeded" {
				t.Errorf("then it is %+v", c)
			}
		})
	}
}

// The order is cancelled before its payment succeeds, and the process dies before it settles the success.
func TestAPaymentThatSucceedsTooLateAndDiesIsRefunded(t *testing.T) {
	s := start(t)
	o := s.order(1999)
	asked := s.paid(o.ID, "pm_card_authenticationRequired", http.StatusCreated)
	s.deliver(cancelled(o))
	s.atTheBank(asked, "approve")
	// The half of succeed that the dead process had done.
	if _, err := s.service.charges.Update(t.Context(), o.ID, func(c *Charge) error { c.Succeed(); return nil }); err != nil {
		t.Fatal(err)
	}
	s.later(settleAfter + time.Second)
	s.reconcile()
	if c, l := s.charge(o.ID), s.ledger(); c.Status != "refunded" || l.Refunded != 1999 {
		t.Errorf("%+v, and the ledger says %+v", c, l)
	}
}

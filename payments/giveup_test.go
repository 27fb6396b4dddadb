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

func (s *system) giveUp(order string) shown {
	s.t.Helper()
	return servicetest.Decode[shown](s.t, s.Do(ada, http.MethodPost, "/api/payments/"+order+"/cancel", "{}"), http.StatusOK)
}

func TestPayerCancelsAPaymentThatWaitsForTheBank(t *testing.T) {
	s := start(t)
	o := s.order(1999)
	asked := s.paid(o.ID, "pm_card_authenticationRequired", http.StatusCreated)
	for range 2 {
		if c := s.giveUp(o.ID); c.Status != "failed" || c.Reason != "You cancelled the payment" || c.ClientSecret != "" {
			t.Errorf("the charge is %+v", c)
		}
	}
	s.atTheBank(asked, "approve") // too late: it was cancelled at Stripe first
	s.later(patience + time.Second)
	s.reconcile()
	if c, l := s.charge(o.ID), s.ledger(); c.Status != "failed" || l.Captured != 0 {
		t.Errorf("%+v, and the ledger says %+v", c, l)
	}
	servicetest.Eventually(t, "payment:failed", func() bool {
		return len(servicetest.Published[events.PaymentFailed](t, s.bus)) == 1
	})
}

func TestAnApprovedPaymentIsNotCancelled(t *testing.T) {
	s := start(t)
	o := s.order(1999)
	s.atTheBank(s.paid(o.ID, "pm_card_authenticationRequired", http.StatusCreated), "approve")
	if c := s.giveUp(o.ID); c.Status != "succeeded" {
		t.Errorf("the charge is %+v", c)
	}
}

// The bank's approval and the payer's cancellation race: either the money is taken and the charge has
// succeeded, or neither.
func TestCancellingRacesWithTheBank(t *testing.T) {
	s := start(t)
	for range 20 {
		o := s.order(1999)
		asked := s.paid(o.ID, "pm_card_authenticationRequired", http.StatusCreated)
		before := s.ledger().Captured
		var both sync.WaitGroup
		both.Go(func() { s.atTheBank(asked, "approve") })
		both.Go(func() { s.giveUp(o.ID) })
		both.Wait()
		s.later(patience + time.Second)
		s.reconcile()
		c, taken := s.charge(o.ID), s.ledger().Captured > before
		if c.Status != map[bool]string{true: "succeeded", false: "failed"}[taken] {
			t.Errorf("the charge is %s, money taken: %v", c.Status, taken)
		}
		s.later(0)
	}
}

// Stripe's webhook of the cancellation may be handled before the process that cancelled records it.
func TestACancelledPaymentSaysWhyWhicheverProcessRecordsIt(t *testing.T) {
	s := prepare(t)
	other := s.open(nil)
	s.Client = s.serve(s.open(afterwards{"cancel", func() {
		charges, err := other.charges.Newest(t.Context(), bson.M{"userId": ada.ID}, "", 1)
		if err != nil || len(charges) != 1 {
			t.Errorf("%d charges, %v", len(charges), err)
			return
		}
		if c, err := other.resolve(t.Context(), charges[0]); err != nil || c.Status != Failed {
			t.Errorf("the other process records %+v, %v", c, err)
		}
	}}))
	o := s.order(1999)
	s.paid(o.ID, "pm_card_authenticationRequired", http.StatusCreated)
	if c := s.giveUp(o.ID); c.Status != "failed" || c.Reason != payerCancelled {
		t.Errorf("the charge is %+v", c)
	}
}

func TestOnlyThePayerCancels(t *testing.T) {
	s := start(t)
	o := s.order(1999)
	s.paid(o.ID, "pm_card_authenticationRequired", http.StatusCreated)
	path := "/api/payments/" + o.ID + "/cancel"
	s.Do(bob, http.MethodPost, path, "{}").Refused(t, http.StatusUnauthorized, "", "Not authorized")
	s.Do(servicetest.SignedOut, http.MethodPost, path, "{}").Refused(t, http.StatusUnauthorized, "", "Not authorized")
	s.Do(ada, http.MethodPost, "/api/payments/"+s.order(500).ID+"/cancel", "{}").Refused(t, http.StatusNotFound, "", "Not found")
	if c := s.charge(o.ID); c.Status != "pending" {
		t.Errorf("the charge is %+v", c)
	}
}

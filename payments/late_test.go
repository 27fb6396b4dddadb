package payments

import (
	"net/http"
	"testing"
	"time"

	"ticketing.dev/common/bus/memory"
	"ticketing.dev/common/events"
	"ticketing.dev/common/service/servicetest"
)

// The service runs the reconciler as one of its tasks.
func TestAbandonedPaymentsEndByThemselves(t *testing.T) {
	t.Parallel() // it waits for the reconciler
	s := attended(t)
	o := s.order(1999)
	s.paid(o.ID, "pm_card_authenticationRequired", http.StatusCreated)
	s.later(15*time.Minute + grace + time.Second)
	servicetest.Eventually(t, "the reconciler", func() bool { return s.charge(o.ID).Status == "failed" })
}

func TestAnUnansweredBankQuestionEndsInTime(t *testing.T) {
	s := start(t)
	o := s.order(1999)
	asked := s.paid(o.ID, "pm_card_authenticationRequired", http.StatusCreated)
	s.later(15*time.Minute + grace - 10*time.Second)
	s.reconcile()
	if got := s.charge(o.ID); got.Status != "pending" {
		t.Fatalf("within the grace it is %+v", got)
	}
	s.later(15*time.Minute + grace + 10*time.Second)
	s.reconcile()
	if got := s.charge(o.ID); got.Status != "failed" || got.Reason != "The bank's question was not answered in time" || got.ClientSecret != "" {
		t.Errorf("after the grace it is %+v", got)
	}
	if l := s.ledger(); len(l.Entries) != 1 || l.Entries[0].Status != "canceled" || l.Entries[0].PaymentIntent != asked.StripeID {
		t.Errorf("at Stripe there is %+v", l.Entries)
	}
}

// The order is cancelled while its payment is in flight, which succeeds all the same.
func TestLatePaymentsAreRefundedOnce(t *testing.T) {
	s := start(t, memory.Twice())
	o := s.order(1999)
	asked := s.paid(o.ID, "pm_card_authenticationRequired", http.StatusCreated)
	s.deliver(cancelled(o))
	s.atTheBank(asked, "approve")
	if c := s.paid(o.ID, "tok_visa", http.StatusOK); c.Status != "refunded" || c.StripeRefundID == "" {
		t.Errorf("the late payment is %+v", c)
	}
	s.deliver(cancelled(o))
	s.later(time.Hour)
	s.reconcile()
	l := s.ledger()
	if l.Captured != 1999 || l.Refunded != 1999 || len(l.Entries[0].Refunds) != 1 {
		t.Errorf("the ledger says %+v", l)
	}
	if c := s.charge(o.ID); c.StripeRefundID != l.Entries[0].Refunds[0].ID {
		t.Errorf("stored %s, the ledger says %s", c.StripeRefundID, l.Entries[0].Refunds[0].ID)
	}
	servicetest.Eventually(t, "payment:refunded", func() bool {
		told := servicetest.Published[events.PaymentRefunded](t, s.bus)
		return len(told) == 1 && told[0].Amount == 1999 && told[0].StripeRefundID == l.Entries[0].Refunds[0].ID
	})
}

// The payment succeeds first, and then its order turns out to be cancelled.
func TestALaterCancellationRefunds(t *testing.T) {
	s := start(t)
	o := s.order(1999)
	s.paid(o.ID, "tok_visa", http.StatusCreated)
	s.deliver(cancelled(o))
	if c := s.charge(o.ID); c.Status != "refunded" {
		t.Errorf("the charge is %+v", c)
	}
	if l := s.ledger(); l.Captured != l.Refunded {
		t.Errorf("the ledger says %+v", l)
	}
}

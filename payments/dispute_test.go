package payments

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestADisputeIsShownUntilItEnds(t *testing.T) {
	for _, c := range []struct {
		inquiry        bool
		open, reviewed string // statuses
		end            string
		waits          string // why it waits for a person at the end, if it does
	}{
		{false, "needs_response", "under_review", "won", ""},
		{false, "needs_response", "under_review", "lost", "the dispute over $19.99 was lost (fraudulent), and its order is complete"},
		{true, "warning_needs_response", "warning_under_review", "warning_closed", ""},
		{true, "warning_needs_response", "warning_under_review", "needs_response", "the payer disputes $19.99 at the bank"},
	} {
		t.Run(c.open+" "+c.end, func(t *testing.T) {
			s := prepare(t)
			lines := alarms(s)
			o, paid := s.sold()
			d := s.dispute(paid.StripeID, c.inquiry)
			for range 2 {
				s.hooked("charge.dispute.created", "dispute", d)
			}
			if c2 := s.charge(o.ID); c2.Status != "succeeded" || c2.Dispute.Status != c.open || c2.Dispute.Reason != "fraudulent" || c2.Dispute.Amount != "19.99" {
				t.Errorf("its payer sees %+v", c2)
			}
			if st := s.expectStuck(o.ID)[0]; !strings.Contains(st.WhatToDo, "answer the") || st.Dispute == nil {
				t.Errorf("it waits as %+v", st)
			}
			if _, err := s.operate("stuck done " + o.ID); err != nil {
				t.Error(err)
			}
			s.decide(d, c.reviewed)
			s.hooked("charge.dispute.updated", "dispute", d)
			s.expectStuck()
			s.decide(d, c.end)
			s.hooked("charge.dispute.closed", "dispute", d)
			s.hooked("charge.dispute.created", "dispute", d) // late
			if c2 := s.charge(o.ID); c2.Status != "succeeded" || c2.Dispute.Status != c.end {
				t.Errorf("at the end its payer sees %+v", c2)
			}
			want := 1
			if c.waits == "" {
				s.expectStuck()
			} else if st := s.expectStuck(o.ID)[0]; !strings.Contains(st.Why, c.waits) {
				t.Errorf("it waits as %+v", st)
			}
			if c.waits != "" {
				want = 2
			}
			if s.Stop(); strings.Count(lines.String(), "payment disputed") != want {
				t.Errorf("alarms: %s", lines)
			}
		})
	}
}

// An operator has nothing to decide about a dispute that was won in the meantime.
func TestAWonDisputeNeedsNoDecision(t *testing.T) {
	s := start(t)
	o, c := s.sold()
	d := s.dispute(c.StripeID, false)
	s.hooked("charge.dispute.created", "dispute", d)
	s.expectStuck(o.ID)
	s.decide(d, "won")
	s.hooked("charge.dispute.closed", "dispute", d)
	s.expectStuck()
}

// A payment comes too late and its payer disputes it at once. Stripe refuses the refund as long as the bank has
// the money.
func TestADisputedPaymentThatComesTooLateIsGivenBackOnce(t *testing.T) {
	for end, want := range map[string]struct {
		status   string
		refunded string
	}{"won": {"refunded", "19.99"}, "lost": {"succeeded", ""}} {
		t.Run(end, func(t *testing.T) {
			s := start(t)
			o := s.order(1999)
			c := s.paid(o.ID, "tok_createDispute", http.StatusCreated)
			s.deliver(cancelled(o))
			s.later(settleAfter + time.Second)
			s.reconcile()
			if c := s.charge(o.ID); c.Status != "succeeded" || c.Dispute.Status != "needs_response" {
				t.Errorf("while it is disputed its payer sees %+v", c)
			}
			s.expectStuck(o.ID)
			disputes := s.service.stripe.api.Disputes.List(nil)
			if !disputes.Next() || disputes.Dispute().PaymentIntent.ID != c.StripeID {
				t.Fatal("there is no dispute", disputes.Err())
			}
			s.decide(disputes.Dispute().ID, end)
			s.hooked("charge.dispute.closed", "dispute", disputes.Dispute().ID)
			s.reconcile()
			if c := s.charge(o.ID); c.Status != want.status || string(c.RefundedAmount) != want.refunded {
				t.Errorf("at the end its payer sees %+v", c)
			}
			if end == "lost" {
				if _, err := s.operate("stuck done " + o.ID); err != nil {
					t.Error(err)
				}
			}
			s.later(time.Hour)
			s.reconcile()
			s.expectStuck()
		})
	}
}

package payments

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
	"go.mongodb.org/mongo-driver/bson"

	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/events"
	"ticketing.dev/common/money"
	"ticketing.dev/common/service/servicetest"
)

// sold is a complete order and its charge.
func (s *system) sold() (order events.Order, charge shown) {
	s.t.Helper()
	o := s.order(1999)
	c := s.paid(o.ID, "tok_visa", http.StatusCreated)
	s.deliver(completed(o))
	return o, c
}

// giveBack refunds a part of a payment in Stripe's dashboard.
func (s *system) giveBack(intent string, part money.Cents) (refund string) {
	s.t.Helper()
	r, err := s.service.stripe.api.Refunds.New(&stripe.RefundParams{PaymentIntent: stripe.String(intent), Amount: stripe.Int64(int64(part))})
	if err != nil {
		s.t.Fatal(err)
	}
	return r.ID
}

// hooked sends a webhook that has to be taken.
func (s *system) hooked(kind, object, id string) {
	s.t.Helper()
	if a := s.hook(webhookSecret, kind, object, id); a.Status != http.StatusOK {
		s.t.Errorf("%s is answered %d %s", kind, a.Status, a.Body)
	}
}

// dispute lets the payer complain at the bank.
func (s *system) dispute(intent string, inquiry bool) (id string) {
	s.t.Helper()
	var d struct{ ID string }
	s.sandboxed(http.MethodPost, "/sandbox/disputes", fmt.Sprintf(`{"payment_intent":%q,"inquiry":%v}`, intent, inquiry), &d)
	return d.ID
}

func (s *system) decide(dispute, status string) {
	s.t.Helper()
	s.sandboxed(http.MethodPost, "/sandbox/disputes/"+dispute, fmt.Sprintf(`{"status":%q}`, status), nil)
}

// alarms runs a replica whose alarms can be read once it has stopped.
func alarms(s *system) *bytes.Buffer {
	var lines bytes.Buffer
	s.service = s.open(nil)
	s.service.log = slog.New(slog.NewTextHandler(&lines, &slog.HandlerOptions{Level: slog.LevelError}))
	s.Client = s.serve(s.service)
	return &lines
}

func TestARefundMadeInTheDashboardIsNoticed(t *testing.T) {
	s := prepare(t)
	lines := alarms(s)
	o, c := s.sold()
	refund := s.refundAtStripe(c.StripeID)
	ch, err := s.service.stripe.read(t.Context(), c.StripeID)
	if err != nil {
		t.Fatal(err)
	}
	s.hooked("charge.refunded", "charge", ch.LatestCharge.ID)
	for range 2 { // Stripe tells it in several events, and more than once
		s.refundHook(refund, http.StatusOK)
	}
	if c := s.charge(o.ID); c.Status != "refunded" || c.StripeRefundID != refund || c.RefundedAmount != "19.99" || c.RefundFailed {
		t.Errorf("its payer sees %+v", c)
	}
	servicetest.Eventually(t, "one payment:refunded of the whole amount", func() bool {
		told := servicetest.Published[events.PaymentRefunded](t, s.bus)
		return len(told) == 1 && told[0].StripeRefundID == refund && told[0].Amount == 1999
	})
	st := s.expectStuck(o.ID)[0]
	if !strings.Contains(st.Why, "$19.99 of $19.99 were refunded at Stripe by hand, and its order is complete") ||
		!strings.Contains(st.WhatToDo, "payments stuck done "+o.ID) || st.StripeRefundID != refund || st.RefundedAmount.Cents != 1999 {
		t.Errorf("it waits as %+v", st)
	}
	if out, err := s.operate("stuck done " + o.ID); err != nil || out != o.ID+": decided\n" {
		t.Errorf("it printed %q, %v", out, err)
	}
	s.refundHook(refund, http.StatusOK)
	s.expectStuck()
	if s.Stop(); strings.Count(lines.String(), "refunded at Stripe by hand") != 1 {
		t.Errorf("alarms: %s", lines)
	}
}

func TestPartialRefundsAddUp(t *testing.T) {
	s := start(t)
	o, c := s.sold()
	first := s.giveBack(c.StripeID, 500)
	s.refundHook(first, http.StatusOK)
	if c := s.charge(o.ID); c.Status != "succeeded" || c.RefundedAmount != "5" || c.StripeRefundID != "" {
		t.Errorf("after a part its payer sees %+v", c)
	}
	if st := s.expectStuck(o.ID)[0]; !strings.Contains(st.Why, "$5.00 of $19.99") {
		t.Errorf("it waits as %+v", st)
	}
	if _, err := s.operate("stuck done " + o.ID); err != nil {
		t.Error(err)
	}
	s.refundHook(first, http.StatusOK) // late
	s.expectStuck()
	second := s.giveBack(c.StripeID, 1499)
	s.refundHook(second, http.StatusOK)
	if c := s.charge(o.ID); c.Status != "refunded" || c.RefundedAmount != "19.99" || c.StripeRefundID != second {
		t.Errorf("after all of it its payer sees %+v", c)
	}
	s.expectStuck(o.ID)
}

// A refund that was announced and then failed is announced again when it's made.
func TestALaterFailureOfARefundIsShown(t *testing.T) {
	for name, part := range map[string]money.Cents{"all of it": 1999, "a part": 500} {
		t.Run(name, func(t *testing.T) {
			s := prepare(t)
			lines := alarms(s)
			o, c := s.sold()
			refund := s.giveBack(c.StripeID, part)
			s.refundHook(refund, http.StatusOK)
			if _, err := s.operate("stuck done " + o.ID); err != nil {
				t.Error(err)
			}
			s.failRefund(refund)
			s.refundHook(refund, http.StatusOK)
			if c := s.charge(o.ID); c.RefundedAmount != "" || !c.RefundFailed {
				t.Errorf("its payer sees %+v", c)
			}
			if st := s.expectStuck(o.ID)[0]; !strings.Contains(st.Why, "its refund failed: expired_or_canceled_card") {
				t.Errorf("it waits as %+v", st)
			}
			s.refundHook(s.giveBack(c.StripeID, part), http.StatusOK)
			if c := s.charge(o.ID); c.RefundFailed || c.RefundedAmount == "" {
				t.Errorf("given back again, its payer sees %+v", c)
			}
			if s.Stop(); strings.Count(lines.String(), "refund failed at Stripe") != 1 {
				t.Errorf("alarms: %s", lines)
			}
		})
	}
}

// A person gives back a part while the payment is late. The service gives back the rest, and no more.
func TestADashboardRefundMeetsOurOwn(t *testing.T) {
	for name, when := range map[string]func(s *system, refund string, o events.Order){
		"noticed before": func(s *system, refund string, o events.Order) {
			s.refundHook(refund, http.StatusOK)
			s.deliver(cancelled(o))
		},
		"noticed after": func(s *system, refund string, o events.Order) {
			s.deliver(cancelled(o))
			s.refundHook(refund, http.StatusOK)
		},
	} {
		for _, part := range []money.Cents{500, 1999} {
			t.Run(name+", "+part.String(), func(t *testing.T) {
				s := start(t)
				o := s.order(1999)
				c := s.paid(o.ID, "tok_visa", http.StatusCreated)
				when(s, s.giveBack(c.StripeID, part), o)
				if c, l := s.charge(o.ID), s.ledger(); c.Status != "refunded" || l.Refunded != 1999 || c.RefundedAmount != "19.99" {
					t.Errorf("%+v, and the ledger says %+v", c, l)
				}
				servicetest.Eventually(t, "one payment:refunded", func() bool {
					return len(servicetest.Published[events.PaymentRefunded](t, s.bus)) == 1
				})
				s.expectStuck() // a cancelled order whose money is back
			})
		}
	}
}

// The refund comes before orders has decided.
func TestARefundBeforeTheOrderIsCompleteWaitsForAPerson(t *testing.T) {
	s := start(t)
	o := s.order(1999)
	c := s.paid(o.ID, "tok_visa", http.StatusCreated)
	s.refundHook(s.refundAtStripe(c.StripeID), http.StatusOK)
	s.deliver(completed(o))
	if st := s.expectStuck(o.ID)[0]; !strings.Contains(st.Why, "its order is complete") {
		t.Errorf("it waits as %+v", st)
	}
}

// The capture isn't noted yet when the money is back already.
func TestARefundOfAPaymentInFlightIsNoticed(t *testing.T) {
	s := start(t)
	o := s.order(1999)
	asked := s.paid(o.ID, "pm_card_authenticationRequired", http.StatusCreated)
	s.atTheBank(asked, "approve")
	refund := s.refundAtStripe(asked.StripeID)
	s.refundHook(refund, http.StatusOK)
	if c := s.charge(o.ID); c.Status != "refunded" || c.StripeRefundID != refund {
		t.Errorf("its payer sees %+v", c)
	}
	servicetest.Eventually(t, "one payment:created", func() bool {
		return len(servicetest.Published[events.PaymentCreated](t, s.bus)) == 1
	})
}

// A replica that has read a refund is overtaken by one that has read a second.
func TestAnOvertakenCheckWritesNoOldState(t *testing.T) {
	s := start(t)
	o, c := s.sold()
	first := s.giveBack(c.StripeID, 500)
	overtaken := false
	slow := s.open(stops{"refunded": func() {
		if !overtaken {
			overtaken = true
			s.refundHook(s.giveBack(c.StripeID, 700), http.StatusOK)
		}
	}})
	if err := slow.moneyMoved(t.Context(), "refund", first); err != nil {
		t.Fatal(err)
	}
	if c := s.charge(o.ID); !overtaken || c.RefundedAmount != "12" {
		t.Errorf("its payer sees %+v", c)
	}
}

// Charges that were written before refunds were counted are shown as ever.
func TestAChargeOfYesterdayIsReadAndRefundedInFull(t *testing.T) {
	s := start(t)
	id, at := aggregate.NewID(), time.Now().Add(-24*time.Hour)
	old := bson.M{
		"_id": id, "version": int64(4), "userId": ada.ID, "status": "refunded", "amount": int64(1999), "openedAt": at,
		"expiresAt": at, "stripeId": "pi_1", "stripeRefundId": "re_1", "settled": false,
	}
	if _, err := s.db.Collection("charges").InsertOne(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	if c := s.charge(id); c.Status != "refunded" || c.RefundedAmount != "19.99" || c.RefundFailed || c.Dispute.Status != "" {
		t.Errorf("its payer sees %+v", c)
	}
	s.expectStuck()
}

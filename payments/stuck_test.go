package payments

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/problem"
	"ticketing.dev/common/service/servicetest"
)

// operate carries out a command and returns what it printed.
func (s *system) operate(args string) (string, error) {
	s.t.Helper()
	for _, c := range Commands() {
		rest, ok := strings.CutPrefix(args, c.Name)
		if !ok {
			continue
		}
		action, err := c.Parse(strings.Fields(rest))
		if err != nil {
			s.t.Fatal(err)
		}
		var out bytes.Buffer
		err = action(s.t.Context(), &out, s.bus, s.service)
		return out.String(), err
	}
	s.t.Fatalf("there is no command %s", args)
	panic("unreachable")
}

// stuck is what waits for a person, as a script reads it.
func (s *system) stuck() (all []stuck) {
	s.t.Helper()
	out, err := s.operate("stuck list -json")
	if err != nil {
		s.t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(out), &all); err != nil {
		s.t.Fatal(err)
	}
	return all
}

// expectStuck checks that these orders' charges, and no others, wait for a person.
func (s *system) expectStuck(orders ...string) []stuck {
	s.t.Helper()
	all := s.stuck()
	var got []string
	for _, c := range all {
		got = append(got, c.OrderID)
	}
	if !slices.Equal(got, orders) {
		s.t.Fatalf("stuck are %q, want %q", got, orders)
	}
	return all
}

// refunded is an order whose payment has been given back.
func (s *system) refunded() (order, refund string) {
	s.t.Helper()
	o := s.order(1999)
	s.paid(o.ID, "tok_visa", http.StatusCreated)
	s.deliver(cancelled(o))
	return o.ID, s.charge(o.ID).StripeRefundID
}

// failRefund lets the bank send a refund back, and Stripe tell of it.
func (s *system) failRefund(refund string) {
	s.t.Helper()
	s.sandboxed(http.MethodPost, "/sandbox/refunds/"+refund+"/fail", "", nil)
	s.refundHook(refund, http.StatusOK)
}

func (s *system) refundHook(refund string, status int) {
	s.t.Helper()
	if a := s.hook(webhookSecret, "charge.refund.updated", "refund", refund); a.Status != status {
		s.t.Errorf("the webhook is answered %d %s", a.Status, a.Body)
	}
}

// refundAtStripe is what a person does in Stripe's dashboard.
func (s *system) refundAtStripe(intent string) (refund string) {
	s.t.Helper()
	r, err := s.service.stripe.api.Refunds.New(&stripe.RefundParams{PaymentIntent: stripe.String(intent)})
	if err != nil {
		s.t.Fatal(err)
	}
	return r.ID
}

// The bank may send a refund back long after Stripe has taken it.
func TestARefundThatFailsLaterWaitsForAPerson(t *testing.T) {
	s := prepare(t)
	var lines bytes.Buffer
	s.service = s.open(nil)
	s.service.log = slog.New(slog.NewTextHandler(&lines, &slog.HandlerOptions{Level: slog.LevelError}))
	s.Client = s.serve(s.service)
	order, refund := s.refunded()
	s.refundHook(refund, http.StatusOK)
	if lines.Len() > 0 {
		t.Errorf("an alarm for a good refund: %s", &lines)
	}
	s.expectStuck()

	s.failRefund(refund)
	s.refundHook(refund, http.StatusOK) // Stripe tells it in several events
	c := s.expectStuck(order)[0]
	if c.StripeRefundID != refund || c.StripeID == "" || c.Amount.Cents != 1999 || time.Since(c.Since) > time.Minute ||
		!strings.Contains(c.Why, "expired_or_canceled_card") || !strings.Contains(c.WhatToDo, "payments stuck done "+order) {
		t.Errorf("it waits as %+v", c)
	}
	if c := s.charge(order); c.Status != "refunded" || c.StripeRefundID != refund {
		t.Errorf("its payer sees %+v", c)
	}
	out, err := s.operate("stuck list")
	if rows := strings.Split(out, "\n"); err != nil || len(rows) != 3 || !strings.Contains(rows[1], order) || !strings.Contains(rows[1], "$19.99") {
		t.Errorf("the table is %s, %v", out, err)
	}
	// It stays stuck without an operator.
	s.later(time.Hour)
	s.reconcile()
	s.expectStuck(order)

	for range 2 {
		if out, err := s.operate("stuck done " + order); err != nil || out != order+": $19.99 were given back\n" {
			t.Errorf("it printed %q and ended with %v", out, err)
		}
	}
	s.refundHook(refund, http.StatusOK)
	s.expectStuck()
	if out, err := s.operate("stuck list"); err != nil || out != "no charge waits for a person\n" {
		t.Errorf("then the list is %q, %v", out, err)
	}
	if s.Stop(); strings.Count(lines.String(), "refund="+refund) != 1 {
		t.Errorf("alarms: %s", &lines)
	}
}

func TestAFailedRefundThatIsMadeAgainAtStripeIsFound(t *testing.T) {
	s := start(t)
	order, first := s.refunded()
	intent := s.charge(order).StripeID
	s.failRefund(first)
	s.expectStuck(order)
	second := s.refundAtStripe(intent)
	s.refundHook(second, http.StatusOK)
	s.expectStuck()
	if c := s.charge(order); c.StripeRefundID != second || c.Status != "refunded" {
		t.Errorf("its payer sees %+v", c)
	}
	s.refundHook(first, http.StatusOK) // late
	s.expectStuck()
	s.failRefund(second)
	s.expectStuck(order)
}

// The webhook is faster than the process that has asked for the refund, or that process has died.
func TestARefundThatFailsBeforeItIsNotedComesAgain(t *testing.T) {
	s := start(t)
	o := s.order(1999)
	c := s.paid(o.ID, "tok_visa", http.StatusCreated)
	first := s.refundAtStripe(c.StripeID)
	s.sandboxed(http.MethodPost, "/sandbox/refunds/"+first+"/fail", "", nil)
	s.refundHook(first, http.StatusInternalServerError)
	s.deliver(cancelled(o))
	s.refundHook(first, http.StatusOK)
	if c := s.charge(o.ID); c.Status != "refunded" || c.StripeRefundID == first {
		t.Errorf("the charge is %+v", c)
	}
	s.expectStuck()
}

// No event announced the refund, and the money has come back.
func TestARefundOfASaleThatFailsBeforeItIsNoticedChangesNothing(t *testing.T) {
	s := start(t)
	o := s.order(1999)
	c := s.paid(o.ID, "tok_visa", http.StatusCreated)
	s.deliver(completed(o))
	s.failRefund(s.refundAtStripe(c.StripeID))
	s.expectStuck()
}

func TestOnlyMoneyThatIsOwedIsGivenBack(t *testing.T) {
	s := start(t)
	order, _ := s.refunded()
	if _, err := s.operate("stuck done " + order); !errors.Is(err, ErrNotOwed) {
		t.Errorf("a good refund: %v", err)
	}
	if _, err := s.operate("stuck done " + aggregate.NewID()); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("an order that is not there: %v", err)
	}
}

func TestUnresolvedChargesWaitForAnOperator(t *testing.T) {
	s := start(t)
	done := s.order(2002)
	s.paid(done.ID, "tok_visa", http.StatusCreated)
	s.deliver(completed(done))
	asked := s.order(1999)
	s.paid(asked.ID, "pm_card_authenticationRequired", http.StatusCreated)
	unanswered := s.order(2000)
	s.paid(unanswered.ID, "tok_visa", http.StatusCreated)
	late := s.order(2001)
	s.paid(late.ID, "tok_visa", http.StatusCreated)
	s.fault("refunds.create", "error_before", 0)
	servicetest.Publish(t, s.bus, cancelled(late)) // it comes again and again
	s.expectStuck()

	s.fault("payment_intents.retrieve", "error_before", 0)
	s.later(15*time.Minute + overdue - time.Minute)
	s.expectStuck() // the reconciler may still end them
	s.later(15*time.Minute + overdue + time.Minute)
	if err := s.service.reconcile(t.Context()); err == nil {
		t.Fatal("the reconciler could end them")
	}
	for i, c := range s.expectStuck(asked.ID, unanswered.ID, late.ID) {
		if want := []string{"Stripe has not said how it ended", "orders has not said", "the refund does not succeed"}[i]; !strings.Contains(c.Why, want) || c.WhatToDo == "" {
			t.Errorf("%+v waits for something else than %q", c, want)
		}
	}

	s.sandboxed(http.MethodDelete, "/sandbox/faults", "", nil)
	s.later(15*time.Minute + overdue + 2*time.Minute)
	s.reconcile()
	s.expectStuck(unanswered.ID)
	s.deliver(completed(unanswered))
	s.expectStuck()
}

func TestWhyAChargeIsStuck(t *testing.T) {
	failed := &FailedRefund{ID: "re_1", Reason: "declined", At: time.Now()}
	for _, c := range []struct {
		charge    Charge
		order     *Order
		why, todo string
	}{
		{Charge{Status: Pending}, &Order{Status: "created"}, "never began", "payments runs"},
		{Charge{Status: Pending, StripeID: "pi_1"}, &Order{Status: "created"}, "has not said", "at Stripe"},
		{Charge{Status: Succeeded, StripeID: "pi_1"}, &Order{Status: "complete"}, "has not been noted", "payments runs"},
		{Charge{Status: Succeeded, StripeID: "pi_1"}, &Order{Status: "cancelled"}, "refund does not succeed", "by hand is found"},
		{Charge{Status: Succeeded, StripeID: "pi_1"}, &Order{Status: "created"}, "orders has not said", "orders deadletters list"},
		{Charge{Status: Succeeded, StripeID: "pi_1"}, nil, "orders has not said", "orders runs"},
		{Charge{Status: Refunded, StripeID: "pi_1", FailedRefund: failed}, &Order{Status: "cancelled"}, "failed: declined", "refund it again"},
	} {
		if got := c.charge.stuck(c.order); !strings.Contains(got.Why, c.why) || !strings.Contains(got.WhatToDo, c.todo) {
			t.Errorf("%+v is stuck as %+v", c.charge, got)
		}
	}
}

func TestWhichRefundsAreUndone(t *testing.T) {
	for status, want := range map[stripe.RefundStatus]bool{
		"pending": false, "requires_action": false, "succeeded": false, "failed": true, "canceled": true,
	} {
		if got := undone(&stripe.Refund{Status: status}); got != want {
			t.Errorf("%s: %v", status, got)
		}
	}
}

func TestAFailedRefundIsNotedOnce(t *testing.T) {
	now := time.Now()
	c := &Charge{Status: Succeeded}
	if c.FailRefund("re_0", "declined", now) || c.owed() {
		t.Error("a refund that was never noted has failed")
	}
	c.Status, c.StripeRefundID = Refunded, "re_1"
	if !c.FailRefund("re_1", "declined", now) || !c.owed() || c.FailRefund("re_1", "declined", now) {
		t.Errorf("failed as %+v", c.FailedRefund)
	}
	if err := c.Return(now); err != nil || c.owed() || c.FailRefund("re_1", "declined", now) {
		t.Errorf("returned as %+v, %v", c.FailedRefund, err)
	}
	if !c.FailRefund("re_2", "declined", now) || !c.owed() {
		t.Errorf("another one failed as %+v", c.FailedRefund)
	}
	if c.ReturnAtStripe("re_3", now); c.owed() || c.StripeRefundID != "re_3" {
		t.Errorf("returned as %+v", c)
	}
	if c.ReturnAtStripe("re_4", now); c.StripeRefundID != "re_3" {
		t.Errorf("returned twice, as %s", c.StripeRefundID)
	}
}

func TestWrongArguments(t *testing.T) {
	for args, right := range map[string]bool{
		"list": true, "list -json": true, "list x": false, "list -x": false,
		"done": false, "done a b": true, "done -x": false,
	} {
		words := strings.Fields(args)
		for _, c := range Commands() {
			if c.Name != "stuck "+words[0] {
				continue
			}
			if action, err := c.Parse(words[1:]); (err == nil) != right || (action != nil) != right {
				t.Errorf("%q: %v", args, err)
			}
		}
	}
}

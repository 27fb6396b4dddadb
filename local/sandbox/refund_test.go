package sandbox_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stripe/stripe-go/v76"

	"ticketing.dev/local/sandbox"
)

func TestAPaymentIsRefundedOnce(t *testing.T) {
	a := open(t, sandbox.Options{})
	in := a.paid()
	re, err := a.Refunds.New(&stripe.RefundParams{PaymentIntent: stripe.String(in.ID), Reason: stripe.String("requested_by_customer")})
	a.must(err)
	if re.Status != stripe.RefundStatusSucceeded || re.Amount != 2000 || re.PaymentIntent.ID != in.ID || re.Charge.ID != in.LatestCharge.ID {
		t.Errorf("got %+v", re)
	}
	_, err = a.Refunds.New(&stripe.RefundParams{PaymentIntent: stripe.String(in.ID)})
	if refusal := refused(t, err, http.StatusBadRequest, "charge_already_refunded"); refusal.Msg != "Charge "+in.LatestCharge.ID+" has already been refunded." {
		t.Errorf("got %q", refusal.Msg)
	}
	got, err := a.Refunds.Get(re.ID, nil)
	a.must(err)
	if got.ID != re.ID {
		t.Errorf("got %+v", got)
	}
	if l := a.ledger(); l.Captured != 2000 || l.Refunded != 2000 || l.Entries[0].Refunds[0].ID != re.ID {
		t.Errorf("got %+v", l)
	}
}

func TestPartialRefunds(t *testing.T) {
	a := open(t, sandbox.Options{})
	in, other := a.paid(), a.paid()
	refund := func(cents int64) error {
		_, err := a.Refunds.New(&stripe.RefundParams{PaymentIntent: stripe.String(in.ID), Amount: stripe.Int64(cents)})
		return err
	}
	a.must(refund(1500))
	if refusal := refused(t, refund(501), http.StatusBadRequest, ""); refusal.Param != "amount" ||
		refusal.Msg != "Refund amount ($5.01) is greater than unrefunded amount on charge ($5.00)" {
		t.Errorf("got %+v", refusal)
	}
	a.must(refund(500))
	refused(t, refund(1), http.StatusBadRequest, "charge_already_refunded")
	_, err := a.Refunds.New(&stripe.RefundParams{PaymentIntent: stripe.String(other.ID)})
	a.must(err)

	var amounts []int64
	list := a.Refunds.List(&stripe.RefundListParams{PaymentIntent: stripe.String(in.ID)})
	for list.Next() {
		amounts = append(amounts, list.Refund().Amount)
	}
	a.must(list.Err())
	if len(amounts) != 2 || amounts[0] != 500 || amounts[1] != 1500 {
		t.Errorf("listed %v", amounts)
	}
	if l := a.ledger(); l.Captured != 4000 || l.Refunded != 4000 || l.Entries[0].Refunded != 2000 {
		t.Errorf("got %+v", l)
	}
}

func TestAnUnpaidIntentIsNotRefunded(t *testing.T) {
	a := open(t, sandbox.Options{})
	declined := a.intent("pm_card_chargeDeclined")
	_, err := a.PaymentIntents.Confirm(declined.ID, nil)
	refused(t, err, http.StatusPaymentRequired, "card_declined")
	for _, id := range []string{declined.ID, a.intent("pm_card_visa").ID} {
		_, err := a.Refunds.New(&stripe.RefundParams{PaymentIntent: stripe.String(id)})
		refusal := refused(t, err, http.StatusBadRequest, "")
		if !strings.Contains(refusal.Msg, "("+id+") does not have a successful charge to refund") {
			t.Errorf("got %q", refusal.Msg)
		}
	}
}

func TestConcurrentRefundsGiveBackOnce(t *testing.T) {
	a := open(t, sandbox.Options{})
	in := a.paid()
	outcomes := atOnce(10, func() error {
		_, err := a.Refunds.New(&stripe.RefundParams{PaymentIntent: stripe.String(in.ID)})
		return err
	})
	if done := count(outcomes, nil); done != 1 {
		t.Errorf("%d refunds", done)
	}
	if l := a.ledger(); l.Refunded != 2000 {
		t.Errorf("refunded %d", l.Refunded)
	}
}

func TestARefundCanFailLater(t *testing.T) {
	endpoint := listen(t)
	a := open(t, sandbox.Options{WebhookURL: endpoint.url, WebhookSecret: secret})
	in := a.paid()
	re, err := a.Refunds.New(&stripe.RefundParams{PaymentIntent: stripe.String(in.ID)})
	a.must(err)
	for range 2 { // the second changes nothing
		if status := a.admin("POST", "/sandbox/refunds/"+re.ID+"/fail", nil, nil); status != http.StatusOK {
			t.Fatalf("status %d", status)
		}
	}
	if e := endpoint.next("charge.refund.updated"); e.Data.Object["status"] != "failed" || e.Data.Object["id"] != re.ID {
		t.Errorf("got %v", e.Data.Object)
	}
	if l := a.ledger(); l.Refunded != 0 || l.Entries[0].Refunds[0].Status != "failed" {
		t.Errorf("got %+v", l)
	}
	_, err = a.Refunds.New(&stripe.RefundParams{PaymentIntent: stripe.String(in.ID)})
	a.must(err) // it can be tried again
	if status := a.admin("POST", "/sandbox/refunds/re_nope/fail", nil, nil); status != http.StatusNotFound {
		t.Errorf("unknown refund: status %d", status)
	}
}

package sandbox_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"ticketing.dev/local/sandbox"
)

// dispute opens a dispute through the sandbox's own route.
func (a *account) dispute(body map[string]any) (d stripe.Dispute) {
	a.t.Helper()
	if status := a.admin("POST", "/sandbox/disputes", body, &d); status != http.StatusCreated {
		a.t.Fatalf("dispute %v: status %d", body, status)
	}
	return d
}

func (a *account) decide(dispute, status string) int {
	a.t.Helper()
	return a.admin("POST", "/sandbox/disputes/"+dispute, map[string]string{"status": status}, nil)
}

func TestADisputeTakesTheMoneyUntilTheShopWins(t *testing.T) {
	for end, want := range map[string]struct {
		disputed int64
		events   []string
	}{
		"won":  {0, []string{"charge.dispute.closed", "charge.dispute.funds_reinstated", "charge.dispute.updated"}},
		"lost": {2000, []string{"charge.dispute.closed", "charge.dispute.updated"}},
	} {
		t.Run(end, func(t *testing.T) {
			a := open(t, sandbox.Options{})
			in := a.paid()
			d := a.dispute(map[string]any{"payment_intent": in.ID})
			if d.Status != "needs_response" || d.Amount != 2000 || d.PaymentIntent.ID != in.ID || d.Charge.ID != in.LatestCharge.ID {
				t.Errorf("got %+v", d)
			}
			if l := a.ledger(); l.Disputed != 2000 || l.Entries[0].Disputed != 2000 || l.Refunded != 0 {
				t.Errorf("open: %+v", l)
			}
			_, err := a.Refunds.New(&stripe.RefundParams{PaymentIntent: stripe.String(in.ID)})
			refused(t, err, http.StatusBadRequest, "charge_disputed")
			begun := len(a.kinds("charge.dispute."))
			a.decide(d.ID, "under_review")
			if status := a.decide(d.ID, end); status != http.StatusOK {
				t.Errorf("decided as %s: status %d", end, status)
			}
			if l := a.ledger(); l.Disputed != want.disputed {
				t.Errorf("then %+v", l)
			}
			if got := a.kinds("charge.dispute.")[begun:]; !slices.Equal(slices.Sorted(slices.Values(got)), want.events) {
				t.Errorf("events %v, want %v", got, want.events)
			}
			if status := a.decide(d.ID, "won"); status != http.StatusBadRequest {
				t.Errorf("moving a closed dispute: status %d", status)
			}
		})
	}
}

func TestAnInquiryTakesNoMoney(t *testing.T) {
	a := open(t, sandbox.Options{})
	in := a.paid()
	d := a.dispute(map[string]any{"payment_intent": in.ID, "inquiry": true})
	if l := a.ledger(); d.Status != "warning_needs_response" || d.Amount != 2000 || l.Disputed != 0 {
		t.Errorf("got %+v, and the ledger says %+v", d, l)
	}
	if status := a.decide(d.ID, "won"); status != http.StatusBadRequest {
		t.Errorf("winning an inquiry: status %d", status)
	}
	a.decide(d.ID, "needs_response") // the bank opens a dispute
	if l := a.ledger(); l.Disputed != 2000 {
		t.Errorf("as a dispute: %+v", l)
	}
}

func TestSomeTestCardsOpenADispute(t *testing.T) {
	for card, want := range map[string]stripe.DisputeStatus{
		"pm_card_createDispute": "needs_response", "pm_card_createDisputeInquiry": "warning_needs_response",
	} {
		a := open(t, sandbox.Options{})
		in, err := a.PaymentIntents.Confirm(a.intent(card).ID, nil)
		a.must(err)
		list := a.Disputes.List(&stripe.DisputeListParams{PaymentIntent: stripe.String(in.ID)})
		if !list.Next() || list.Dispute().Status != want || list.Dispute().Amount != 2000 {
			t.Errorf("%s: %+v, %v", card, list.Current(), list.Err())
		}
		ch, err := a.Charges.Get(in.LatestCharge.ID, nil)
		a.must(err)
		if !ch.Disputed || in.Status != "succeeded" {
			t.Errorf("%s: %s, disputed %v", card, in.Status, ch.Disputed)
		}
	}
}

func TestAnUnpaidIntentHasNoDispute(t *testing.T) {
	a := open(t, sandbox.Options{})
	body := map[string]any{"payment_intent": a.intent("pm_card_visa").ID}
	if status := a.admin("POST", "/sandbox/disputes", body, nil); status != http.StatusBadRequest {
		t.Errorf("status %d", status)
	}
}

// kinds lists the types of the events with a prefix, oldest first.
func (a *account) kinds(prefix string) (kinds []string) {
	a.t.Helper()
	list := a.Events.List(&stripe.EventListParams{})
	for list.Next() {
		if kind := string(list.Event().Type); strings.HasPrefix(kind, prefix) {
			kinds = append(kinds, kind)
		}
	}
	a.must(list.Err())
	slices.Reverse(kinds)
	return kinds
}

func TestEventsAreListedWithoutAWebhook(t *testing.T) {
	clock := time.Unix(1_700_000_000, 0)
	a := open(t, sandbox.Options{Now: func() time.Time { return clock }})
	a.paid()
	clock = clock.Add(time.Hour)
	second := a.paid()
	_, err := a.Refunds.New(&stripe.RefundParams{PaymentIntent: stripe.String(second.ID)})
	a.must(err)

	for _, c := range []struct {
		params stripe.EventListParams
		want   []string
	}{
		{stripe.EventListParams{Types: stripe.StringSlice([]string{"charge.refunded", "charge.succeeded"})},
			[]string{"charge.refunded", "charge.succeeded", "charge.succeeded"}},
		{stripe.EventListParams{Type: stripe.String("charge.succeeded"), CreatedRange: &stripe.RangeQueryParams{GreaterThanOrEqual: clock.Unix()}},
			[]string{"charge.succeeded"}},
		{stripe.EventListParams{Type: stripe.String("charge.succeeded"), CreatedRange: &stripe.RangeQueryParams{GreaterThanOrEqual: clock.Unix() + 1}}, nil},
	} {
		var kinds []string
		list := a.Events.List(&c.params)
		for list.Next() {
			kinds = append(kinds, string(list.Event().Type))
		}
		a.must(list.Err())
		if !slices.Equal(kinds, c.want) {
			t.Errorf("listed %v, want %v", kinds, c.want)
		}
	}
}

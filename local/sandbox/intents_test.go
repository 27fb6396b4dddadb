package sandbox_test

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stripe/stripe-go/v76"

	"ticketing.dev/local/sandbox"
)

// Outcomes of a card. A refusal is Stripe's decline code.
const (
	paid   = "paid"
	asks   = "the bank asks"
	broke  = "insufficient_funds"
	denied = "generic_decline"
)

func TestEachTestCardHasItsOutcome(t *testing.T) {
	for card, outcome := range map[string]string{
		"tok_visa":                                paid,
		"tok_mastercard":                          paid,
		"tok_chargeDeclined":                      denied,
		"tok_chargeDeclinedInsufficientFunds":     broke,
		"pm_card_visa":                            paid,
		"pm_card_mastercard":                      paid,
		"pm_card_chargeDeclined":                  denied,
		"pm_card_chargeDeclinedInsufficientFunds": broke,
		"pm_card_authenticationRequired":          asks,
	} {
		t.Run(card, func(t *testing.T) {
			a := open(t, sandbox.Options{})
			created := a.intent(a.methodOf(card))
			if created.Status != stripe.PaymentIntentStatusRequiresConfirmation || !strings.HasPrefix(created.ClientSecret, created.ID+"_secret_") {
				t.Fatalf("created: %s, %s", created.Status, created.ClientSecret)
			}
			in, err := a.PaymentIntents.Confirm(created.ID, nil)
			switch outcome {
			case paid:
				a.must(err)
				a.isPaid(in)
			case asks:
				a.must(err)
				if in.Status != stripe.PaymentIntentStatusRequiresAction || in.NextAction == nil || in.AmountReceived != 0 {
					t.Errorf("got %s, next %+v", in.Status, in.NextAction)
				}
			default:
				a.isDeclined(created.ID, err, outcome)
			}
			if captured := a.ledger().Captured; (captured == 2000) != (outcome == paid) {
				t.Errorf("captured %d", captured)
			}
		})
	}
}

// methodOf makes a payment method of a token. Other cards are payment methods already.
func (a *account) methodOf(card string) string {
	a.t.Helper()
	if !strings.HasPrefix(card, "tok_") {
		return card
	}
	pm, err := a.PaymentMethods.New(&stripe.PaymentMethodParams{
		Type: stripe.String("card"),
		Card: &stripe.PaymentMethodCardParams{Token: stripe.String(card)},
	})
	a.must(err)
	return pm.ID
}

func (a *account) isPaid(in *stripe.PaymentIntent) {
	a.t.Helper()
	ch, err := a.Charges.Get(in.LatestCharge.ID, nil)
	a.must(err)
	if in.Status != stripe.PaymentIntentStatusSucceeded || in.AmountReceived != 2000 || !ch.Captured || ch.PaymentIntent.ID != in.ID {
		a.t.Errorf("got %s, received %d, charge %+v", in.Status, in.AmountReceived, ch)
	}
}

// isDeclined checks the error of a confirmation, and the intent that it leaves.
func (a *account) isDeclined(intent string, err error, code string) {
	a.t.Helper()
	message := map[string]string{denied: "Your card was declined.", broke: "Your card has insufficient funds."}[code]
	refusal := refused(a.t, err, http.StatusPaymentRequired, "card_declined")
	if refusal.Type != stripe.ErrorTypeCard || string(refusal.DeclineCode) != code || refusal.Msg != message || refusal.ChargeID == "" {
		a.t.Errorf("got %+v", refusal)
	}
	if refusal.PaymentIntent.ID != intent || refusal.PaymentIntent.Status != stripe.PaymentIntentStatusRequiresPaymentMethod {
		a.t.Errorf("intent in the error: %+v", refusal.PaymentIntent)
	}
	in, err := a.PaymentIntents.Get(intent, nil)
	a.must(err)
	if string(in.LastPaymentError.DeclineCode) != code || in.LastPaymentError.PaymentMethod == nil || in.PaymentMethod != nil {
		a.t.Errorf("after the decline: %+v", in)
	}
}

func TestBuiltInMethodIsNewEveryTime(t *testing.T) {
	a := open(t, sandbox.Options{})
	one, two := a.intent("pm_card_visa").PaymentMethod.ID, a.intent("pm_card_visa").PaymentMethod.ID
	if one == two || one == "pm_card_visa" {
		t.Errorf("got %s and %s", one, two)
	}
	pm, err := a.PaymentMethods.Get(one, nil)
	a.must(err)
	if pm.Card.Last4 != "4242" {
		t.Errorf("got %+v", pm.Card)
	}
	_, err = a.PaymentMethods.Get("pm_nope", nil)
	refused(t, err, http.StatusNotFound, "resource_missing")
}

func TestClientConfirmsAgainAfterDecline(t *testing.T) {
	a := open(t, sandbox.Options{})
	in := a.intent("pm_card_chargeDeclined")
	_, err := a.PaymentIntents.Confirm(in.ID, nil)
	refused(t, err, http.StatusPaymentRequired, "card_declined")
	_, err = a.PaymentIntents.Confirm(in.ID, nil)
	refused(t, err, http.StatusBadRequest, "payment_intent_unexpected_state") // the decline removed its card

	payer := stripeClient(a.url, "pk_test_1")
	confirm := func(secret string) (*stripe.PaymentIntent, error) {
		params := &stripe.PaymentIntentConfirmParams{PaymentMethod: stripe.String("pm_card_visa")}
		if secret != "" {
			params.AddExtra("client_secret", secret)
		}
		return payer.PaymentIntents.Confirm(in.ID, params)
	}
	_, err = confirm("")
	refused(t, err, http.StatusBadRequest, "parameter_missing")
	_, err = confirm(in.ID + "_secret_wrong")
	refused(t, err, http.StatusBadRequest, "")
	if l := a.ledger(); l.Captured != 0 {
		t.Fatalf("captured %d without the client secret", l.Captured)
	}
	paid, err := confirm(in.ClientSecret)
	a.must(err)
	if paid.Status != stripe.PaymentIntentStatusSucceeded || paid.LastPaymentError != nil {
		t.Errorf("got %s, %+v", paid.Status, paid.LastPaymentError)
	}
	if l := a.ledger(); l.Captured != 2000 || l.Entries[0].CapturedTimes != 1 {
		t.Errorf("got %+v", l)
	}
	got, err := payer.PaymentIntents.Get(in.ID, &stripe.PaymentIntentParams{ClientSecret: stripe.String(in.ClientSecret)})
	a.must(err)
	if got.Status != stripe.PaymentIntentStatusSucceeded {
		t.Errorf("got %s", got.Status)
	}
}

func TestCancel(t *testing.T) {
	for name, prepare := range map[string]func(a *account) *stripe.PaymentIntent{
		"requires_payment_method": func(a *account) *stripe.PaymentIntent { return a.intent("") },
		"requires_confirmation":   func(a *account) *stripe.PaymentIntent { return a.intent("pm_card_visa") },
		"requires_action": func(a *account) *stripe.PaymentIntent {
			in, err := a.PaymentIntents.Confirm(a.intent("pm_card_authenticationRequired").ID, nil)
			a.must(err)
			return in
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := open(t, sandbox.Options{})
			in := prepare(a)
			if string(in.Status) != name {
				t.Fatalf("prepared %s", in.Status)
			}
			in, err := a.PaymentIntents.Cancel(in.ID, &stripe.PaymentIntentCancelParams{CancellationReason: stripe.String("abandoned")})
			a.must(err)
			if in.Status != stripe.PaymentIntentStatusCanceled || in.CancellationReason != "abandoned" || in.CanceledAt == 0 || in.NextAction != nil {
				t.Errorf("got %+v", in)
			}
			_, err = a.PaymentIntents.Confirm(in.ID, &stripe.PaymentIntentConfirmParams{PaymentMethod: stripe.String("pm_card_visa")})
			refused(t, err, http.StatusBadRequest, "payment_intent_unexpected_state")
			_, err = a.PaymentIntents.Cancel(in.ID, nil)
			refusal := refused(t, err, http.StatusBadRequest, "payment_intent_unexpected_state")
			if refusal.PaymentIntent.Status != stripe.PaymentIntentStatusCanceled {
				t.Errorf("intent in the error: %+v", refusal.PaymentIntent)
			}
			if l := a.ledger(); l.Captured != 0 {
				t.Errorf("captured %d", l.Captured)
			}
		})
	}
}

func TestSucceededIsFinal(t *testing.T) {
	a := open(t, sandbox.Options{})
	in := a.paid()
	_, err := a.PaymentIntents.Cancel(in.ID, nil)
	if refusal := refused(t, err, http.StatusBadRequest, "payment_intent_unexpected_state"); refusal.PaymentIntent.Status != stripe.PaymentIntentStatusSucceeded {
		t.Errorf("intent in the error: %+v", refusal.PaymentIntent)
	}
	_, err = a.PaymentIntents.Confirm(in.ID, &stripe.PaymentIntentConfirmParams{PaymentMethod: stripe.String("pm_card_visa")})
	refused(t, err, http.StatusBadRequest, "payment_intent_unexpected_state")
	_, err = a.PaymentIntents.Get("pi_nope", nil)
	refused(t, err, http.StatusNotFound, "resource_missing")
}

func TestConcurrentConfirmsCaptureOnce(t *testing.T) {
	a := open(t, sandbox.Options{})
	in := a.intent("pm_card_visa")
	outcomes := atOnce(20, func() error {
		_, err := a.PaymentIntents.Confirm(in.ID, nil)
		return err
	})
	if won := count(outcomes, nil); won != 1 {
		t.Errorf("%d confirmations succeeded", won)
	}
	if l := a.ledger(); l.Captured != 2000 || l.Entries[0].CapturedTimes != 1 {
		t.Errorf("got %+v", l)
	}
}

func TestConfirmAgainstCancel(t *testing.T) {
	a := open(t, sandbox.Options{})
	for range 20 {
		in := a.intent("pm_card_visa")
		var confirmed, cancelled error
		var both sync.WaitGroup
		both.Go(func() { _, confirmed = a.PaymentIntents.Confirm(in.ID, nil) })
		both.Go(func() { _, cancelled = a.PaymentIntents.Cancel(in.ID, nil) })
		both.Wait()
		if (confirmed == nil) == (cancelled == nil) {
			t.Fatalf("confirm: %v, cancel: %v", confirmed, cancelled)
		}
		if paid := a.status(in.ID) == stripe.PaymentIntentStatusSucceeded; paid != (confirmed == nil) {
			t.Fatalf("paid: %t, confirm: %v", paid, confirmed)
		}
	}
}

func TestListsPageNewestFirst(t *testing.T) {
	a := open(t, sandbox.Options{})
	in := a.paid()
	var want []string
	for range 5 {
		re, err := a.Refunds.New(&stripe.RefundParams{PaymentIntent: stripe.String(in.ID), Amount: stripe.Int64(100)})
		a.must(err)
		want = append([]string{re.ID}, want...)
	}
	params := &stripe.RefundListParams{PaymentIntent: stripe.String(in.ID)}
	params.Limit = stripe.Int64(2) // stripe-go pages with starting_after while has_more
	var got []string
	list := a.Refunds.List(params)
	for list.Next() {
		got = append(got, list.Refund().ID)
	}
	a.must(list.Err())
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("got %v, want %v", got, want)
	}
	params = &stripe.RefundListParams{}
	params.StartingAfter = stripe.String("re_nope")
	list = a.Refunds.List(params)
	list.Next()
	refused(t, list.Err(), http.StatusBadRequest, "resource_missing")
}

// atOnce runs fn n times at the same time.
func atOnce(n int, fn func() error) []error {
	outcomes := make([]error, n)
	var all sync.WaitGroup
	for i := range outcomes {
		all.Go(func() { outcomes[i] = fn() })
	}
	all.Wait()
	return outcomes
}

// count returns how many outcomes are target.
func count(outcomes []error, target error) (n int) {
	for _, outcome := range outcomes {
		if errors.Is(outcome, target) {
			n++
		}
	}
	return n
}

package payments

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"ticketing.dev/common/service/servicetest"
)

type receipt struct {
	Status string    `json:"status"`
	PaidAt time.Time `json:"paidAt"`
	Card   *Card     `json:"card"`
}

// receipt reads what the API says of an order's payment.
func (s *system) receipt(order string) receipt {
	s.t.Helper()
	a := s.Do(ada, http.MethodGet, "/api/payments?orderId="+order, "")
	return servicetest.Decode[[]receipt](s.t, a, http.StatusOK)[0]
}

func TestAPaidChargeHasItsTimeAndCard(t *testing.T) {
	s := start(t)
	before := time.Now().Truncate(time.Millisecond)
	for token, card := range map[string]Card{"tok_visa": {"visa", "4242"}, "pm_card_mastercard": {"mastercard", "4444"}} {
		o := s.order(1999)
		s.paid(o.ID, token, http.StatusCreated)
		if r := s.receipt(o.ID); r.Card == nil || *r.Card != card || r.PaidAt.Before(before) || r.PaidAt.After(time.Now()) {
			t.Errorf("%s: %+v with %+v", token, r, r.Card)
		}
	}
}

// The reconciler, a webhook or the payer finds out later: the receipt has the card then, too.
func TestAPaymentApprovedAtTheBankHasItsCard(t *testing.T) {
	s := start(t)
	o := s.order(1999)
	c := s.paid(o.ID, "pm_card_authenticationRequired", http.StatusCreated)
	if r := s.receipt(o.ID); r.Card != nil || !r.PaidAt.IsZero() {
		t.Errorf("before it's paid: %+v", r)
	}
	s.atTheBank(c, "approve")
	s.paid(o.ID, "pm_card_authenticationRequired", http.StatusOK)
	if r := s.receipt(o.ID); r.Status != "succeeded" || r.Card == nil || *r.Card != (Card{"visa", "3184"}) {
		t.Errorf("paid: %+v with %+v", r, r.Card)
	}
}

func TestAFailedChargeHasNoReceipt(t *testing.T) {
	s := start(t)
	o := s.order(1999)
	s.pay(o.ID, "tok_chargeDeclined")
	body := s.Do(ada, http.MethodGet, "/api/payments?orderId="+o.ID, "").Body
	if strings.Contains(body, "paidAt") || strings.Contains(body, "card") && strings.Contains(body, "last4") {
		t.Errorf("shown as %s", body)
	}
}

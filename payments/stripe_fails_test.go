package payments

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

// However Stripe fails, and for however long, a charge that ends as succeeded has captured money, and one that ends as
// failed has not.
func TestStripeFails(t *testing.T) {
	for _, operation := range []string{"payment_methods.create", "payment_intents.create", "payment_intents.confirm", "payment_intents.retrieve", "payment_intents.cancel"} {
		for _, kind := range []string{"error_before", "error_after", "drop_after", "hang", "hang_after"} {
			for _, token := range []string{"tok_visa", "tok_chargeDeclined"} {
				t.Run(fmt.Sprintf("%s/%s/%s", operation, kind, token), func(t *testing.T) {
					t.Parallel()
					s := prepare(t)
					s.timeout = time.Second
					s.run()
					o := s.order(1999)
					times := 10 // more often than the library tries again
					s.fault(operation, kind, times)
					a := s.pay(o.ID, token)
					switch a.Status {
					case http.StatusCreated, http.StatusPaymentRequired, http.StatusServiceUnavailable:
					default:
						t.Errorf("answered %d %s", a.Status, a.Body)
					}
					s.sandboxed(http.MethodDelete, "/sandbox/faults", "", nil)
					s.later(15*time.Minute + time.Second) // until then the payer may try again
					s.reconcile()
					c, l := s.charge(o.ID), s.ledger()
					switch c.Status {
					case "":
						if a.Status != http.StatusServiceUnavailable || l.Captured != 0 {
							t.Errorf("no charge, but %d %s and the ledger says %+v", a.Status, a.Body, l)
						}
					case "succeeded":
						if l.Captured != 1999 || token != "tok_visa" {
							t.Errorf("%+v, but the ledger says %+v", c, l)
						}
					case "failed":
						if l.Captured != 0 {
							t.Errorf("%+v, but the ledger says %+v", c, l)
						}
					default:
						t.Errorf("the charge is %+v", c)
					}
				})
			}
		}
	}
}

// Refunds are made once however often they have to be tried.
func TestStripeFailsToRefund(t *testing.T) {
	for _, kind := range []string{"error_before", "error_after", "drop_after", "hang_after"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := prepare(t)
			s.timeout = time.Second
			s.run()
			o := s.order(1999)
			s.paid(o.ID, "tok_visa", http.StatusCreated)
			s.fault("refunds.create", kind, 1)
			s.deliver(cancelled(o))
			s.later(time.Minute)
			s.reconcile()
			if c, l := s.charge(o.ID), s.ledger(); c.Status != "refunded" || l.Refunded != 1999 || len(l.Entries[0].Refunds) != 1 {
				t.Errorf("%+v, and the ledger says %+v", c, l)
			}
		})
	}
}

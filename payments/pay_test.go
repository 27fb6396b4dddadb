package payments

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ticketing.dev/common/events"
	"ticketing.dev/common/money"
	"ticketing.dev/common/outage"
	"ticketing.dev/common/service/servicetest"
)

func TestPaying(t *testing.T) {
	s := start(t)
	for amount, want := range map[money.Cents]string{1999: "19.99", 57: "0.57", 110: "1.1", 99999999: "999999.99"} {
		o := s.order(amount)
		c := s.paid(o.ID, "tok_visa", http.StatusCreated)
		if c.ID != o.ID || c.OrderID != o.ID || c.Status != "succeeded" || c.Amount.String() != want || c.StripeID == "" || c.ClientSecret != "" {
			t.Errorf("charged %+v", c)
		}
		if again := s.paid(o.ID, "tok_visa", http.StatusOK); again != c {
			t.Errorf("paid again: %+v, at first %+v", again, c)
		}
		s.deliver(completed(o))
		if settled, err := s.service.charges.Get(t.Context(), o.ID); err != nil || !settled.Settled {
			t.Errorf("not settled: %+v %v", settled, err)
		}
		if got := s.charge(o.ID); got != c {
			t.Errorf("listed as %+v", got)
		}
	}
	l := s.ledger()
	if want := money.Cents(1999 + 57 + 110 + 99999999); l.Captured != want || l.Refunded != 0 || len(l.Entries) != 4 {
		t.Errorf("the ledger says %+v, want %s captured", l, want)
	}
	servicetest.Eventually(t, "payment:started and payment:created of each", func() bool {
		return len(servicetest.Published[events.PaymentStarted](t, s.bus)) == 4 && len(servicetest.Published[events.PaymentCreated](t, s.bus)) == 4
	})
	for _, e := range servicetest.Published[events.PaymentCreated](t, s.bus) {
		if e.ID != e.OrderID || e.StripeID == "" || e.Amount == 0 {
			t.Errorf("told %+v", e)
		}
	}
}

func TestEveryCard(t *testing.T) {
	s := start(t)
	for _, c := range []struct {
		token   string
		status  int
		message string
	}{
		{"tok_visa", 201, ""},
		{"tok_mastercard", 201, ""},
		{"pm_card_visa", 201, ""},
		{"pm_card_mastercard", 201, ""},
		{"tok_chargeDeclined", 402, "Your card was declined."},
		{"tok_chargeDeclinedInsufficientFunds", 402, "Your card has insufficient funds."},
		{"pm_card_chargeDeclined", 402, "Your card was declined."},
		{"pm_card_chargeDeclinedInsufficientFunds", 402, "Your card has insufficient funds."},
	} {
		t.Run(c.token, func(t *testing.T) {
			o := s.order(1999)
			a := s.pay(o.ID, c.token)
			if c.status == 201 {
				servicetest.Decode[shown](t, a, 201)
				return
			}
			a.Refused(t, c.status, "", c.message)
			if got := s.charge(o.ID); got.Status != "failed" || got.Reason != c.message {
				t.Errorf("the charge is %+v", got)
			}
			if again := s.paid(o.ID, "tok_visa", http.StatusOK); again.Status != "failed" || again.Reason != c.message {
				t.Errorf("paid again after a decline: %+v", again)
			}
			servicetest.Eventually(t, "payment:failed", func() bool {
				for _, e := range servicetest.Published[events.PaymentFailed](t, s.bus) {
					if e.OrderID == o.ID && e.Reason == c.message {
						return true
					}
				}
				return false
			})
		})
	}
}

// In the list and alone, and no other charge has a reason.
func TestAFailedChargeSaysWhy(t *testing.T) {
	s := start(t)
	succeeded, refunded, pending, failed := s.order(1999), s.order(1999), s.order(1999), s.order(1999)
	s.pay(succeeded.ID, "tok_visa")
	s.pay(refunded.ID, "tok_visa")
	s.deliver(cancelled(refunded))
	s.pay(pending.ID, "pm_card_authenticationRequired")
	s.pay(failed.ID, "tok_chargeDeclined")
	reasons := map[string]any{"succeeded": nil, "refunded": nil, "pending": nil, "failed": "Your card was declined."}
	for path, want := range map[string]int{
		"": 4, "?orderId=" + succeeded.ID: 1, "?orderId=" + refunded.ID: 1, "?orderId=" + pending.ID: 1, "?orderId=" + failed.ID: 1,
	} {
		charges := servicetest.Decode[[]map[string]any](t, s.Do(ada, http.MethodGet, "/api/payments"+path, ""), http.StatusOK)
		if len(charges) != want {
			t.Errorf("%q lists %v", path, charges)
		}
		for _, c := range charges {
			if c["reason"] != reasons[c["status"].(string)] {
				t.Errorf("%q lists one %s for %v", path, c["status"], c["reason"])
			}
		}
	}
}

// refusing is a Stripe that does not take one kind of request.
type refusing struct{ operation string }

func (f refusing) RoundTrip(r *http.Request) (*http.Response, error) {
	if operation(r) != f.operation {
		return http.DefaultTransport.RoundTrip(r)
	}
	return &http.Response{
		StatusCode: http.StatusBadRequest,
		Header:     http.Header{"Content-Type": {"application/json"}},
		Body:       io.NopCloser(strings.NewReader(`{"error":{"type":"invalid_request_error","message":"Received unknown parameter: teapot"}}`)),
	}, nil
}

func TestRequestErrorsAreHiddenFromPayers(t *testing.T) {
	for _, operation := range []string{"open", "confirm"} {
		t.Run(operation, func(t *testing.T) {
			s := prepare(t)
			var lines bytes.Buffer
			s.service = s.open(refusing{operation})
			s.service.log = slog.New(slog.NewTextHandler(&lines, nil))
			s.Client = s.serve(s.service)
			o := s.order(1999)
			s.pay(o.ID, "tok_visa").Refused(t, 402, "", "The payment was refused")
			if c := s.charge(o.ID); c.Status != "failed" || c.Reason != "The payment was refused" {
				t.Errorf("the charge is %+v", c)
			}
			if s.Stop(); !strings.Contains(lines.String(), "unknown parameter: teapot") {
				t.Errorf("logged:\n%s", &lines)
			}
		})
	}
}

// A payer who has the client secret may confirm a declined PaymentIntent with another card, at Stripe
// and without us. It must not be possible any more once the order is cancelled for the decline.
func TestAPayerWhoConfirmsAgainAfterAFailureIsNotCharged(t *testing.T) {
	s := start(t)
	o := s.order(1999)
	c := s.paid(o.ID, "pm_card_authenticationRequired", http.StatusCreated)
	s.atTheBank(c, "refuse")
	if now := s.paid(o.ID, "tok_visa", http.StatusOK); now.Status != "failed" {
		t.Fatalf("the charge is %+v after the bank's refusal", now)
	}
	form := url.Values{"client_secret": {c.ClientSecret}, "payment_method": {"pm_card_visa"}}
	r, _ := http.NewRequest(http.MethodPost, s.sandbox+"/v1/payment_intents/"+c.StripeID+"/confirm", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization", "Bearer pk_test_123")
	if a := s.Request(r); a.Status != http.StatusBadRequest || !strings.Contains(a.Body, "payment_intent_unexpected_state") {
		t.Errorf("Stripe answers %d %s", a.Status, a.Body)
	}
	if l := s.ledger(); l.Captured != 0 {
		t.Errorf("captured %s", l.Captured)
	}
}

func TestRefusals(t *testing.T) {
	s := start(t)
	o, gone, late := s.order(1999), s.order(1999), ordered(1999)
	s.deliver(cancelled(gone))
	late.ExpiresAt = time.Now()
	s.deliver(events.OrderCreated{Order: late})
	const json = "application/json"
	for _, c := range []struct {
		what, method, path string
		as                 string
		kind, body         string
		status             int
		field, message     string
	}{
		{"pay signed out", "POST", "/api/payments", "", json, payBody(o.ID, "tok_visa"), 401, "", "Not authorized"},
		{"pay signed out and malformed", "POST", "/api/payments", "", json, "{", 401, "", "Not authorized"},
		{"pay without a token", "POST", "/api/payments", "ada", json, payBody(o.ID, ""), 400, "token", ""},
		{"pay with too long a token", "POST", "/api/payments", "ada", json, payBody(o.ID, strings.Repeat("x", 256)), 400, "token", ""},
		{"pay without an order", "POST", "/api/payments", "ada", json, `{"token":"tok_visa"}`, 400, "orderId", ""},
		{"pay for an invalid id", "POST", "/api/payments", "ada", json, payBody("x", "tok_visa"), 400, "orderId", ""},
		{"pay with a token of numbers", "POST", "/api/payments", "ada", json, `{"orderId":"` + o.ID + `","token":7}`, 400, "token", ""},
		{"pay malformed", "POST", "/api/payments", "ada", json, `{"orderId"`, 400, "", ""},
		{"pay with nothing", "POST", "/api/payments", "ada", json, ``, 400, "", "Body is empty"},
		{"pay with too much", "POST", "/api/payments", "ada", json, payBody(o.ID, strings.Repeat("x", 70<<10)), 413, "", ""},
		{"pay by a form", "POST", "/api/payments", "ada", "application/x-www-form-urlencoded", "orderId=1", 415, "", ""},
		{"pay for a missing order", "POST", "/api/payments", "ada", json, payBody("65a000000000000000000000", "tok_visa"), 404, "", "Not found"},
		{"pay another's", "POST", "/api/payments", "bob", json, payBody(o.ID, "tok_visa"), 401, "", "Not authorized"},
		{"pay another's, cancelled", "POST", "/api/payments", "bob", json, payBody(gone.ID, "tok_visa"), 401, "", "Not authorized"},
		{"pay what is cancelled", "POST", "/api/payments", "ada", json, payBody(gone.ID, "tok_visa"), 400, "", "The order is cancelled"},
		{"pay what has expired", "POST", "/api/payments", "ada", json, payBody(late.ID, "tok_visa"), 400, "", "The order has expired"},
		{"pay with no token of Stripe's", "POST", "/api/payments", "ada", json, payBody(o.ID, "tok_nope"), 400, "token", "No such token: 'tok_nope'"},
		{"pay with no method of Stripe's", "POST", "/api/payments", "ada", json, payBody(o.ID, "pm_nope"), 400, "token", ""},
		{"pay with a token that is a path", "POST", "/api/payments", "ada", json, payBody(o.ID, "pm_../refunds?x=%00"), 400, "token", ""},
		{"list signed out", "GET", "/api/payments", "", "", "", 401, "", "Not authorized"},
		{"list a bad page", "GET", "/api/payments?after=x", "ada", "", "", 400, "after", ""},
		{"a webhook unsigned", "POST", "/api/payments/webhook", "", json, `{}`, 400, "", "Signature is not valid"},
		{"change", "PUT", "/api/payments", "ada", json, "{}", 405, "", "Method not allowed"},
		{"show one", "GET", "/api/payments/" + o.ID, "ada", "", "", 404, "", "Not found"},
	} {
		t.Run(c.what, func(t *testing.T) {
			as := servicetest.SignedOut
			switch c.as {
			case "ada":
				as = ada
			case "bob":
				as = bob
			}
			s.Send(as, c.method, c.path, c.kind, c.body).Refused(t, c.status, c.field, c.message)
		})
	}
	if got := s.charge(o.ID); got.ID != "" {
		t.Errorf("refused payments opened %+v", got)
	}
	if told := servicetest.Published[events.PaymentStarted](t, s.bus); len(told) != 0 {
		t.Errorf("told of %+v", told)
	}
	s.paid(o.ID, "tok_visa", http.StatusCreated)
}

func TestAnUnresponsiveStripeRaisesAnAlarm(t *testing.T) {
	s := prepare(t)
	var lines bytes.Buffer
	s.service = s.open(nil)
	s.service.outage = outage.New(slog.New(slog.NewTextHandler(&lines, nil)), "Stripe is away", "Stripe is back")
	s.Client = s.serve(s.service)
	o := s.order(1999)
	s.fault("payment_methods.create", "error_before", 10)
	for range 2 {
		s.pay(o.ID, "tok_visa").Refused(t, 503, "", "Payments aren't available right now. You haven't been charged.")
	}
	s.sandboxed(http.MethodDelete, "/sandbox/faults", "", nil)
	s.paid(o.ID, "tok_visa", http.StatusCreated)
	if s.Stop(); strings.Count(lines.String(), "level=ERROR") != 1 || strings.Count(lines.String(), "Stripe is back") != 1 {
		t.Errorf("logged:\n%s", &lines)
	}
}

func TestOnlyThePayerReadsACharge(t *testing.T) {
	s := start(t)
	o := s.order(1999)
	s.paid(o.ID, "tok_visa", http.StatusCreated)
	for _, path := range []string{"/api/payments", "/api/payments?orderId=" + o.ID} {
		if all := servicetest.Decode[[]shown](t, s.Do(bob, http.MethodGet, path, ""), http.StatusOK); len(all) != 0 {
			t.Errorf("bob sees %+v", all)
		}
		if all := servicetest.Decode[[]shown](t, s.Do(ada, http.MethodGet, path, ""), http.StatusOK); len(all) != 1 {
			t.Errorf("ada sees %+v", all)
		}
	}
}

// Five payments of one order at once, at two replicas, then two in sequence.
func TestAnOrderIsPaidOnce(t *testing.T) {
	s := start(t)
	second := s.serve(s.open(nil))
	for round := range 5 {
		o := s.order(1999)
		var all sync.WaitGroup
		var opened atomic.Int64
		begin := make(chan struct{})
		for i := range 5 {
			all.Go(func() {
				replica := []*servicetest.Client{s.Client, second}[i%2]
				<-begin
				switch a := replica.Do(ada, http.MethodPost, "/api/payments", payBody(o.ID, "tok_visa")); a.Status {
				case http.StatusCreated:
					opened.Add(1)
				case http.StatusOK:
				default:
					t.Errorf("answered %d %s", a.Status, a.Body)
				}
			})
		}
		close(begin)
		all.Wait()
		if opened.Load() != 1 {
			t.Errorf("round %d: %d payments were opened", round, opened.Load())
		}
		for range 2 {
			if c := s.paid(o.ID, "tok_visa", http.StatusOK); c.Status != "succeeded" {
				t.Errorf("round %d: %+v", round, c)
			}
		}
	}
	if l := s.ledger(); l.Captured != 5*1999 {
		t.Errorf("captured %s for five orders of $19.99", l.Captured)
	}
}

func TestTheBankAsks(t *testing.T) {
	for _, c := range []struct {
		decision, status, reason string
	}{{"approve", "succeeded", ""}, {"refuse", "failed", "The payment was not confirmed at the bank"}} {
		t.Run(c.decision, func(t *testing.T) {
			s := start(t)
			o := s.order(1999)
			asked := s.paid(o.ID, "pm_card_authenticationRequired", http.StatusCreated)
			if asked.Status != "pending" || asked.ClientSecret == "" {
				t.Fatalf("charge %+v", asked)
			}
			if got := s.charge(o.ID); got != asked {
				t.Errorf("listed as %+v", got)
			}
			s.atTheBank(asked, c.decision)
			now := s.paid(o.ID, "tok_visa", http.StatusOK)
			if now.Status != c.status || now.Reason != c.reason || now.ClientSecret != "" {
				t.Errorf("then %+v, want %s %q", now, c.status, c.reason)
			}
		})
	}
}

func TestIndexesAreMadeAtStart(t *testing.T) {
	s := start(t)
	servicetest.Indexes(t, s.db.Collection("charges"),
		"userId_1__id_-1", "stripeId_1", "status_1_settled_1_checkAt_1_openedAt_1", "review.since_1", "failedRefund.at_1", "outbox.0.id_1", "request.key_1 unique")
}

// However Stripe fails, while it is being paid and for as long as that lasts, money is captured for a
// charge that succeeds in the end, and for none that fails.
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

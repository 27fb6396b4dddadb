package payments

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"ticketing.dev/common/idempotency"
	"ticketing.dev/common/service/servicetest"
	"ticketing.dev/common/session"
)

func (s *system) payWith(key, order, token string) servicetest.Answer {
	s.t.Helper()
	return s.DoWith(ada, idempotency.Header, key, http.MethodPost, "/api/payments", payBody(order, token))
}

func TestARepeatedPaymentIsAnsweredAsTheFirst(t *testing.T) {
	for token, status := range map[string]int{
		"tok_visa": http.StatusCreated, "pm_card_authenticationRequired": http.StatusCreated, "tok_chargeDeclined": http.StatusPaymentRequired,
	} {
		t.Run(token, func(t *testing.T) {
			s := start(t)
			o := s.order(1999)
			first := s.payWith(`"one"`, o.ID, token)
			if first.Status != status {
				t.Fatalf("%d %s", first.Status, first.Body)
			}
			if token == "pm_card_authenticationRequired" {
				s.atTheBank(s.charge(o.ID), "approve")
				s.later(patience + time.Second)
				s.reconcile()
			}
			if again := s.payWith("one", o.ID, token); again.Status != status || again.Body != first.Body {
				t.Errorf("repeated: %d %s, want %s", again.Status, again.Body, first.Body)
			}
			s.payWith("one", o.ID, "tok_mastercard").Refused(t, http.StatusUnprocessableEntity, "", idempotency.ErrReused.Error())
			s.payWith("one", s.order(500).ID, token).Refused(t, http.StatusUnprocessableEntity, "", idempotency.ErrReused.Error())
			s.paid(o.ID, token, http.StatusOK) // without the key, the stored charge is the answer
			servicetest.Decode[shown](t, s.payWith("two", o.ID, token), http.StatusOK)
			if entries := s.ledger().Entries; len(entries) > 1 {
				t.Errorf("the ledger has %+v", entries)
			}
		})
	}
}

func TestARefusedPaymentDoesNotUseUpItsKey(t *testing.T) {
	s := start(t)
	o := s.order(1999)
	s.payWith("one", o.ID, "tok_nobody").Refused(t, http.StatusBadRequest, "token", "No such token: 'tok_nobody'")
	s.payWith("", o.ID, "tok_visa").Refused(t, http.StatusBadRequest, "", idempotency.ErrMalformed.Error())
	servicetest.Decode[shown](t, s.payWith("one", o.ID, "tok_visa"), http.StatusCreated)
}

func TestTwelvePaymentsWithOneKeyTakeOne(t *testing.T) {
	s := start(t)
	o := s.order(1999)
	answers := make([]servicetest.Answer, 12)
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() { answers[i] = s.payWith("one", o.ID, "tok_visa") })
	}
	all.Wait()
	last := s.payWith("one", o.ID, "tok_visa")
	for _, a := range answers {
		if a.Status == http.StatusConflict {
			a.Refused(t, http.StatusConflict, "", idempotency.ErrInProgress.Error())
		} else if a.Status != http.StatusCreated || a.Body != last.Body {
			t.Errorf("%d %s, the last was answered %d %s", a.Status, a.Body, last.Status, last.Body)
		}
	}
	if l := s.ledger(); l.Captured != 1999 {
		t.Errorf("the ledger has %+v", l)
	}
}

// The process dies at each call to Stripe, with the charge opened and no answer recorded. The payer
// repeats the request: at once, and when the reconciler has been there.
func TestAKeyedPaymentThatDies(t *testing.T) {
	for _, at := range []string{"open", "confirm", "read"} {
		for _, after := range []bool{false, true} {
			t.Run(at, func(t *testing.T) {
				t.Parallel()
				d := &death{operation: at, after: after, died: make(chan struct{}), awaken: make(chan struct{})}
				s := prepare(t)
				s.Client = s.serve(s.open(d))
				o := s.order(1999)
				answered := make(chan struct{})
				go func() { defer close(answered); s.payWith("one", o.ID, "tok_visa") }()
				<-d.died
				s.run()
				first := s.payWith("one", o.ID, "tok_visa")
				if first.Status != http.StatusCreated {
					first.Refused(t, http.StatusConflict, "", idempotency.ErrInProgress.Error())
					if got := first.Header.Get("Retry-After"); got != "1" {
						t.Errorf("Retry-After is %q", got)
					}
				}
				s.later(patience + time.Second)
				s.reconcile()
				last := s.payWith("one", o.ID, "tok_visa")
				want := map[string]int{"succeeded": http.StatusCreated, "failed": http.StatusPaymentRequired}[s.charge(o.ID).Status]
				if last.Status != want || first.Status == http.StatusCreated && first.Body != last.Body {
					t.Errorf("at first %d %s, at last %d %s", first.Status, first.Body, last.Status, last.Body)
				}
				close(d.awaken)
				<-answered
				if again := s.payWith("one", o.ID, "tok_visa"); again.Status != last.Status || again.Body != last.Body {
					t.Errorf("when the process had come back: %d %s, before: %d %s", again.Status, again.Body, last.Status, last.Body)
				}
			})
		}
	}
}

func TestAnotherUserThanExpectedPaysNothing(t *testing.T) {
	s := start(t)
	o := s.order(1999)
	s.DoWith(ada, session.ExpectedHeader, bob.ID, http.MethodPost, "/api/payments", payBody(o.ID, "tok_visa")).
		Refused(t, http.StatusPreconditionFailed, "", "You're now signed in as ada@example.com")
	if l := s.ledger(); l.Captured != 0 || s.charge(o.ID).ID != "" {
		t.Errorf("the ledger has %+v", l)
	}
}

package payments

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76/webhook"

	"ticketing.dev/common/service/servicetest"
)

// hook sends an event as Stripe would, signed with a secret.
func (s *system) hook(secret, kind, object, id string) servicetest.Answer {
	s.t.Helper()
	payload, err := json.Marshal(map[string]any{
		"id": "evt_1", "object": "event", "type": kind, "api_version": "2020-08-27",
		"data": map[string]any{"object": map[string]any{"id": id, "object": object, "status": "succeeded"}},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	signed := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: payload, Secret: secret, Timestamp: time.Now()})
	r, err := http.NewRequest(http.MethodPost, s.URL+"/api/payments/webhook", strings.NewReader(string(payload)))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Stripe-Signature", signed.Header)
	return s.Request(r)
}

func TestAWebhookIsAHint(t *testing.T) {
	s := start(t)
	o := s.order(1999)
	asked := s.paid(o.ID, "pm_card_authenticationRequired", http.StatusCreated)

	// It says succeeded, Stripe itself does not: nothing happens.
	if a := s.hook(webhookSecret, "payment_intent.succeeded", "payment_intent", asked.StripeID); a.Status != http.StatusOK {
		t.Errorf("answered %d %s", a.Status, a.Body)
	}
	if c := s.charge(o.ID); c.Status != "pending" {
		t.Fatalf("a webhook made it %+v", c)
	}
	s.atTheBank(asked, "approve")
	s.hook("whsec_guessed", "payment_intent.succeeded", "payment_intent", asked.StripeID).Refused(t, 400, "", "Signature is not valid")
	if c := s.charge(o.ID); c.Status != "pending" {
		t.Fatalf("a forged webhook made it %+v", c)
	}
	// Any event about the PaymentIntent will do, and a second one changes nothing.
	for range 2 {
		if a := s.hook(webhookSecret, "payment_intent.payment_failed", "payment_intent", asked.StripeID); a.Status != http.StatusOK {
			t.Errorf("answered %d %s", a.Status, a.Body)
		}
		if c := s.charge(o.ID); c.Status != "succeeded" {
			t.Errorf("then it is %+v", c)
		}
	}
}

func TestWebhooksOfNoInterestAreTaken(t *testing.T) {
	s := start(t)
	for _, object := range []string{"payment_intent", "refund", "dispute", "customer", "charge", ""} {
		if a := s.hook(webhookSecret, "some.event", object, "x_unknown"); a.Status != http.StatusOK {
			t.Errorf("%s: answered %d %s", object, a.Status, a.Body)
		}
	}
	s.hooked("charge.refunded", "charge", "ch_unknown")
}

func TestAWebhookComesAgainWhenStripeCannotBeAsked(t *testing.T) {
	s := start(t)
	asked := s.paid(s.order(1999).ID, "pm_card_authenticationRequired", http.StatusCreated)
	s.fault("payment_intents.retrieve", "error_before", 0)
	s.hook(webhookSecret, "payment_intent.succeeded", "payment_intent", asked.StripeID).Refused(t, 500, "", "Something went wrong")
}

func TestAHugeWebhookIsRefused(t *testing.T) {
	s := start(t)
	r, err := http.NewRequest(http.MethodPost, s.URL+"/api/payments/webhook", strings.NewReader(strings.Repeat("x", 70<<10)))
	if err != nil {
		t.Fatal(err)
	}
	s.Request(r).Refused(t, 413, "", "")
}

func TestARotationOfTheWebhookSecretRefusesNoWebhook(t *testing.T) {
	s := start(t)
	s.secrets = webhookSecrets{"whsec_new", webhookSecret}
	s.run()
	for secret, want := range map[string]int{"whsec_new": 200, webhookSecret: 200, "whsec_other": 400, "": 400, "whsec_new," + webhookSecret: 400} {
		if a := s.hook(secret, "some.event", "payment_intent", "x"); a.Status != want {
			t.Errorf("signed with %q: status %d, want %d", secret, a.Status, want)
		}
	}
}

func TestWebhookSecretsAreSeparatedByCommas(t *testing.T) {
	for text, want := range map[string]string{
		"whsec_1": "whsec_1", "whsec_1,whsec_2": "whsec_1 whsec_2", " whsec_1 , whsec_2 ": "whsec_1 whsec_2", "whsec_1,": "whsec_1",
	} {
		var all webhookSecrets
		if err := all.UnmarshalText([]byte(text)); err != nil || strings.Join(all, " ") != want {
			t.Errorf("%q is read as %q, %v", text, all, err)
		}
	}
	for _, text := range []string{"", ",", " , "} {
		var all webhookSecrets
		if err := all.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is read as %q: an empty secret verifies anything", text, all)
		}
	}
}

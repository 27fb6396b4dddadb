package sandbox_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stripe/stripe-go/v76"

	"ticketing.dev/local/sandbox"
)

// asked makes an intent that requires 3-D Secure, and returns the address of the bank's page.
func (a *account) asked() (in *stripe.PaymentIntent, page string) {
	a.t.Helper()
	in, err := a.PaymentIntents.Confirm(a.intent("pm_card_authenticationRequired").ID, &stripe.PaymentIntentConfirmParams{UseStripeSDK: stripe.Bool(true)})
	a.must(err)
	var answer struct {
		NextAction struct {
			UseStripeSDK struct {
				StripeJS string `json:"stripe_js"`
			} `json:"use_stripe_sdk"`
		} `json:"next_action"`
	}
	a.must(json.Unmarshal(in.LastResponse.RawJSON, &answer))
	if in.NextAction.Type != stripe.PaymentIntentNextActionTypeUseStripeSDK {
		a.t.Fatalf("got %s", in.LastResponse.RawJSON)
	}
	return in, answer.NextAction.UseStripeSDK.StripeJS
}

func (a *account) visit(page string) (int, string) {
	a.t.Helper()
	response, err := http.Get(page)
	a.must(err)
	return read(a, response)
}

func (a *account) press(page, clientSecret, decision string) (status int, body string) {
	a.t.Helper()
	response, err := http.PostForm(page, url.Values{"client_secret": {clientSecret}, "decision": {decision}})
	a.must(err)
	return read(a, response)
}

func read(a *account, response *http.Response) (int, string) {
	a.t.Helper()
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	a.must(err)
	return response.StatusCode, string(body)
}

func TestTheBankPageAsksForTheAmount(t *testing.T) {
	a := open(t, sandbox.Options{})
	in, page := a.asked()
	if !strings.HasPrefix(page, a.url+"/sandbox/authenticate/"+in.ID+"?") {
		t.Errorf("page is at %s", page)
	}
	status, body := a.visit(page)
	if status != http.StatusOK || !strings.Contains(body, "$20.00") || !strings.Contains(body, "Test bank") || strings.Count(body, "<form") != 2 {
		t.Errorf("got %d %s", status, body)
	}
	if strings.Contains(body, "src=") || strings.Contains(body, "href=") {
		t.Error("the page needs something from elsewhere")
	}
	if a.status(in.ID) != stripe.PaymentIntentStatusRequiresAction {
		t.Error("looking at the page has decided")
	}
}

func TestApprovalAtTheBankCaptures(t *testing.T) {
	a := open(t, sandbox.Options{})
	in, page := a.asked()
	for range 2 { // the second changes nothing
		if status, body := a.press(page, in.ClientSecret, "approve"); status != http.StatusOK || !strings.Contains(body, "has been approved") {
			t.Fatalf("got %d %s", status, body)
		}
	}
	if l := a.ledger(); l.Captured != 2000 || l.Entries[0].CapturedTimes != 1 || l.Entries[0].Status != "succeeded" {
		t.Errorf("got %+v", l)
	}
	if _, body := a.visit(page); !strings.Contains(body, "has been approved") || strings.Contains(body, "<form") {
		t.Errorf("got %s", body)
	}
}

func TestARefusalAtTheBankCapturesNothing(t *testing.T) {
	a := open(t, sandbox.Options{})
	in, page := a.asked()
	if status, _ := a.press(page, in.ClientSecret, "refuse"); status != http.StatusOK {
		t.Fatalf("got %d", status)
	}
	a.press(page, in.ClientSecret, "approve") // too late
	got, err := a.PaymentIntents.Get(in.ID, nil)
	a.must(err)
	if got.Status != stripe.PaymentIntentStatusRequiresPaymentMethod || got.LastPaymentError.Code != stripe.ErrorCodePaymentIntentAuthenticationFailure || got.NextAction != nil {
		t.Errorf("got %s, %+v", got.Status, got.LastPaymentError)
	}
	if l := a.ledger(); l.Captured != 0 {
		t.Errorf("captured %d", l.Captured)
	}
	_, err = a.PaymentIntents.Confirm(in.ID, &stripe.PaymentIntentConfirmParams{PaymentMethod: stripe.String("pm_card_visa")})
	a.must(err) // another card may be tried
}

func TestTheBankPageNeedsTheClientSecret(t *testing.T) {
	a := open(t, sandbox.Options{})
	in, page := a.asked()
	wrong := strings.ReplaceAll(page, in.ClientSecret, in.ID+"_secret_wrong")
	if status, _ := a.visit(wrong); status != http.StatusNotFound {
		t.Errorf("page: %d", status)
	}
	if status, _ := a.press(page, in.ID+"_secret_wrong", "approve"); status != http.StatusNotFound {
		t.Errorf("approval: %d", status)
	}
	if status, _ := a.press(page, in.ClientSecret, "dither"); status != http.StatusBadRequest {
		t.Errorf("no decision: %d", status)
	}
	if status := a.status(in.ID); status != stripe.PaymentIntentStatusRequiresAction {
		t.Errorf("got %s", status)
	}
}

func TestACanceledPaymentCannotBeApproved(t *testing.T) {
	a := open(t, sandbox.Options{})
	in, page := a.asked()
	_, err := a.PaymentIntents.Cancel(in.ID, nil)
	a.must(err)
	a.press(page, in.ClientSecret, "approve")
	if l := a.ledger(); l.Captured != 0 {
		t.Errorf("captured %d", l.Captured)
	}
	if _, body := a.visit(page); !strings.Contains(body, "has been cancelled") {
		t.Errorf("got %s", body)
	}
}

func TestTheBankPageUsesThePublicURL(t *testing.T) {
	a := open(t, sandbox.Options{PublicURL: "http://pay.test/"})
	if in, page := a.asked(); !strings.HasPrefix(page, "http://pay.test/sandbox/authenticate/"+in.ID+"?") {
		t.Errorf("page is at %s", page)
	}
}

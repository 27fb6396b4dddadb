package sandbox_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stripe/stripe-go/v76"

	"ticketing.dev/local/sandbox"
)

const shop = "https://shop.test/orders/1?tab=pay"

// asked makes an intent whose payer is sent to the bank, and returns the page.
func (a *account) asked() (in *stripe.PaymentIntent, page string) {
	a.t.Helper()
	in, err := a.PaymentIntents.Confirm(a.intent("pm_card_authenticationRequired").ID, &stripe.PaymentIntentConfirmParams{ReturnURL: stripe.String(shop)})
	a.must(err)
	if in.NextAction.Type != stripe.PaymentIntentNextActionTypeRedirectToURL || in.NextAction.RedirectToURL.ReturnURL != shop {
		a.t.Fatalf("got %+v", in.NextAction)
	}
	return in, in.NextAction.RedirectToURL.URL
}

// browser follows no redirect, so that a test sees it.
var browser = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

func (a *account) visit(page string) (int, string) {
	a.t.Helper()
	response, err := browser.Get(page)
	a.must(err)
	return read(a, response)
}

func (a *account) press(page, clientSecret, decision string) (status int, body string, redirect *url.URL) {
	a.t.Helper()
	response, err := browser.PostForm(page, url.Values{"client_secret": {clientSecret}, "decision": {decision}})
	a.must(err)
	status, body = read(a, response)
	redirect, _ = response.Location() // nil: there is none
	return status, body, redirect
}

func read(a *account, response *http.Response) (int, string) {
	a.t.Helper()
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	a.must(err)
	return response.StatusCode, string(body)
}

func TestBankPage(t *testing.T) {
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

func TestApproveAtBank(t *testing.T) {
	a := open(t, sandbox.Options{})
	in, page := a.asked()
	for range 2 { // the second changes nothing
		status, _, back := a.press(page, in.ClientSecret, "approve")
		if status != http.StatusSeeOther {
			t.Fatalf("got %d", status)
		}
		query := back.Query()
		if back.Host != "shop.test" || query.Get("tab") != "pay" || query.Get("payment_intent") != in.ID || query.Get("payment_intent_client_secret") != in.ClientSecret {
			t.Errorf("sent back to %s", back)
		}
	}
	if l := a.ledger(); l.Captured != 2000 || l.Entries[0].CapturedTimes != 1 || l.Entries[0].Status != "succeeded" {
		t.Errorf("got %+v", l)
	}
	if _, body := a.visit(page); !strings.Contains(body, "has been approved") || strings.Contains(body, "<form") {
		t.Errorf("got %s", body)
	}
}

func TestRefuseAtBank(t *testing.T) {
	a := open(t, sandbox.Options{})
	in, page := a.asked()
	if status, _, _ := a.press(page, in.ClientSecret, "refuse"); status != http.StatusSeeOther {
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

func TestBankKnowsItsPayer(t *testing.T) {
	a := open(t, sandbox.Options{})
	in, page := a.asked()
	wrong := strings.ReplaceAll(page, in.ClientSecret, in.ID+"_secret_wrong")
	if status, _ := a.visit(wrong); status != http.StatusNotFound {
		t.Errorf("page: %d", status)
	}
	if status, _, _ := a.press(page, in.ID+"_secret_wrong", "approve"); status != http.StatusNotFound {
		t.Errorf("approval: %d", status)
	}
	if status, _, _ := a.press(page, in.ClientSecret, "dither"); status != http.StatusBadRequest {
		t.Errorf("no decision: %d", status)
	}
	if status := a.status(in.ID); status != stripe.PaymentIntentStatusRequiresAction {
		t.Errorf("got %s", status)
	}
}

func TestCancelledPaymentIsNotApproved(t *testing.T) {
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

// Stripe.js shows the page to whoever asks for it, though there is a return_url.
func TestBankShownByStripeJS(t *testing.T) {
	a := open(t, sandbox.Options{})
	in, err := a.PaymentIntents.Confirm(a.intent("pm_card_authenticationRequired").ID,
		&stripe.PaymentIntentConfirmParams{ReturnURL: stripe.String(shop), UseStripeSDK: stripe.Bool(true)})
	a.must(err)
	if in.NextAction.Type != stripe.PaymentIntentNextActionTypeUseStripeSDK {
		t.Errorf("got %s", in.LastResponse.RawJSON)
	}
}

// Without a return_url Stripe.js shows the page, and the payer stays on it.
func TestBankWithoutReturnURL(t *testing.T) {
	a := open(t, sandbox.Options{PublicURL: "http://pay.test/"})
	in, err := a.PaymentIntents.Confirm(a.intent("pm_card_authenticationRequired").ID, nil)
	a.must(err)
	if in.NextAction.Type != stripe.PaymentIntentNextActionTypeUseStripeSDK ||
		!strings.Contains(string(in.LastResponse.RawJSON), "http://pay.test/sandbox/authenticate/"+in.ID) {
		t.Fatalf("got %s", in.LastResponse.RawJSON)
	}
	status, body, back := a.press(a.url+"/sandbox/authenticate/"+in.ID, in.ClientSecret, "approve")
	if status != http.StatusOK || back != nil || !strings.Contains(body, "has been approved") {
		t.Errorf("got %d %s", status, body)
	}
}

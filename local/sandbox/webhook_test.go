package sandbox_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/webhook"

	"ticketing.dev/local/sandbox"
)

const secret = "whsec_test"

// listener is a webhook endpoint that checks every signature as stripe-go does.
type listener struct {
	t       *testing.T
	url     string
	failing atomic.Int64 // how often to answer 500
	refused chan string  // types of the events answered 500
	events  chan stripe.Event
}

func listen(t *testing.T) *listener {
	l := &listener{t: t, refused: make(chan string, 100), events: make(chan stripe.Event, 100)}
	server := httptest.NewServer(l)
	t.Cleanup(server.Close)
	l.url = server.URL
	return l
}

func (l *listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	payload, err := io.ReadAll(r.Body)
	if err != nil {
		return // the sandbox closed
	}
	e, err := webhook.ConstructEvent(payload, r.Header.Get("Stripe-Signature"), secret)
	if err != nil {
		l.t.Errorf("webhook: %v", err)
	}
	if l.failing.Add(-1) >= 0 {
		w.WriteHeader(http.StatusInternalServerError)
		l.refused <- string(e.Type)
		return
	}
	l.events <- e
}

// next returns the next event of a type and skips others.
func (l *listener) next(kind string) stripe.Event {
	l.t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case e := <-l.events:
			if string(e.Type) == kind {
				return e
			}
		case <-timeout:
			l.t.Fatalf("no %s came", kind)
		}
	}
}

// take returns the types of the next n events, sorted.
func (l *listener) take(n int) (kinds []string) {
	l.t.Helper()
	timeout := time.After(patience)
	for range n {
		select {
		case e := <-l.events:
			kinds = append(kinds, string(e.Type))
		case <-timeout:
			l.t.Fatalf("only %v came", kinds)
		}
	}
	slices.Sort(kinds)
	return kinds
}

func TestEachChangeSendsItsEvents(t *testing.T) {
	endpoint := listen(t)
	a := open(t, sandbox.Options{WebhookURL: endpoint.url, WebhookSecret: secret})
	expect := func(want ...string) {
		t.Helper()
		if got := endpoint.take(len(want)); !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	in := a.intent("")
	expect("payment_intent.created")
	try := func(method string) {
		_, _ = a.PaymentIntents.Confirm(in.ID, &stripe.PaymentIntentConfirmParams{PaymentMethod: stripe.String(method)})
	}
	try("pm_card_chargeDeclined")
	expect("charge.failed", "payment_intent.payment_failed")
	try("pm_card_authenticationRequired")
	expect("payment_intent.requires_action")
	try("pm_card_visa")
	expect("charge.succeeded", "payment_intent.succeeded")
	_, err := a.Refunds.New(&stripe.RefundParams{PaymentIntent: stripe.String(in.ID)})
	a.must(err)
	expect("charge.refunded", "refund.created")
	_, err = a.PaymentIntents.Cancel(a.intent("").ID, nil)
	a.must(err)
	expect("payment_intent.canceled", "payment_intent.created")
	if _, err = a.create("", 1); err == nil {
		t.Error("one cent was accepted")
	}
	if len(endpoint.events) != 0 {
		t.Errorf("a refused request caused %v", endpoint.take(1))
	}
}

func TestEventsNameTheirRequest(t *testing.T) {
	endpoint := listen(t)
	a := open(t, sandbox.Options{WebhookURL: endpoint.url, WebhookSecret: secret})
	in, err := a.create("key", 2000)
	a.must(err)
	e := endpoint.next("payment_intent.created")
	if e.Data.Object["id"] != in.ID || e.Request.IdempotencyKey != "key" || e.Request.ID != in.LastResponse.RequestID {
		t.Errorf("got %+v of %v", e.Request, e.Data.Object["id"])
	}
}

func TestWebhookIsRetried(t *testing.T) {
	endpoint := listen(t)
	endpoint.failing.Store(1)
	a := open(t, sandbox.Options{WebhookURL: endpoint.url, WebhookSecret: secret})
	in := a.intent("")
	if kind := <-endpoint.refused; kind != "payment_intent.created" {
		t.Errorf("refused %s", kind)
	}
	if e := endpoint.next("payment_intent.created"); e.Data.Object["id"] != in.ID {
		t.Errorf("got %v", e.Data.Object)
	}
}

func TestPendingWebhookSurvivesARestart(t *testing.T) {
	endpoint := listen(t)
	endpoint.failing.Store(1 << 30)
	o := sandbox.Options{Dir: t.TempDir(), WebhookURL: endpoint.url, WebhookSecret: secret}
	a := open(t, o)
	in := a.intent("")
	<-endpoint.refused

	a.must(a.sandbox.Close())
	endpoint.failing.Store(0)
	open(t, o)
	if e := endpoint.next("payment_intent.created"); e.Data.Object["id"] != in.ID {
		t.Errorf("got %v", e.Data.Object)
	}
}

func TestWebhooksCanBeLostDoubledOrSlow(t *testing.T) {
	endpoint := listen(t)
	a := open(t, sandbox.Options{WebhookURL: endpoint.url, WebhookSecret: secret})
	a.fault(sandbox.Fault{Operation: "webhooks", Kind: "drop", Times: 1})
	lost := a.intent("")
	eventually(t, "the event is lost", func() bool { return len(a.faults()) == 0 })

	a.fault(sandbox.Fault{Operation: "webhooks", Kind: "duplicate", Times: 1})
	doubled := a.intent("")
	one, two := endpoint.next("payment_intent.created"), endpoint.next("payment_intent.created")
	if one.ID != two.ID || one.Data.Object["id"] != doubled.ID {
		t.Errorf("got %s and %s; lost %s, doubled %s", one.Data.Object["id"], two.Data.Object["id"], lost.ID, doubled.ID)
	}

	a.fault(sandbox.Fault{Operation: "webhooks", Kind: "slow", Times: 1, DelayMS: 50})
	start := time.Now()
	a.intent("")
	endpoint.next("payment_intent.created")
	if late := time.Since(start); late < 50*time.Millisecond {
		t.Errorf("came after %s", late)
	}
}

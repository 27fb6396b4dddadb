package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/stripe/stripe-go/v76/webhook"

	"ticketing.dev/auth"
	"ticketing.dev/common/service"
	"ticketing.dev/common/service/servicetest"
	"ticketing.dev/expiration"
	"ticketing.dev/local/api"
	"ticketing.dev/local/system"
	"ticketing.dev/orders"
	"ticketing.dev/payments"
	"ticketing.dev/tickets"
)

// methods are those that the API has, in the order in which Allow names them.
var methods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete}

// watch is a transport that fails the test on what the document does not allow, and remembers what came.
type watch struct {
	t        testing.TB
	contract *contract
	next     http.RoundTripper

	mu   sync.Mutex
	seen map[sight][]answer
}

// sight is an operation of the document and the status that it was answered with.
type sight struct {
	operation string
	status    int
}

type answer struct {
	header http.Header
	body   []byte
}

func watched(t testing.TB) *watch {
	t.Helper()
	return &watch{t: t, contract: theContract(t), next: http.DefaultTransport, seen: make(map[sight][]answer)}
}

func (w *watch) RoundTrip(r *http.Request) (*http.Response, error) {
	asked := r.Clone(r.Context())
	if r.GetBody != nil {
		var err error
		if asked.Body, err = r.GetBody(); err != nil {
			return nil, err
		}
	}
	response, err := w.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(response.Body)
	response.Body.Close()
	if err != nil {
		return nil, err
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	if err := w.contract.check(asked, response, body); err != nil {
		w.t.Errorf("%s %s is not as docs/openapi.yaml has it: %v", r.Method, r.URL.Path, err)
	}
	route, _ := w.contract.find(r)
	at := sight{route.Method + " " + route.Path, response.StatusCode}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen[at] = append(w.seen[at], answer{response.Header, body})
	return response, nil
}

// send sends a request, with a body as JSON. The header is given as names and values. The body of the
// response is in memory, and need not be closed.
func (w *watch) send(method, url, body string, header ...string) *http.Response {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for pair := range slices.Chunk(header, 2) {
		request.Header.Set(pair[0], pair[1])
	}
	response, err := (&http.Client{Transport: w}).Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	return response
}

// session signs a user in again, for a cookie to send by hand.
func (w *watch) session(c *api.Client) string {
	w.t.Helper()
	user, err := c.CurrentUser(w.t.Context())
	if err != nil || user == nil {
		w.t.Fatalf("current user %v, %v", user, err)
	}
	response := w.send(http.MethodPost, shared.Run().Gateway+"/api/users/signin", credentials(w.t, user.Email, "correct horse"))
	for _, cookie := range response.Cookies() {
		return cookie.Name + "=" + cookie.Value
	}
	w.t.Fatalf("signing in: %s without a cookie", response.Status)
	return ""
}

func credentials(t testing.TB, email, password string) string {
	return toJSON(t, map[string]string{"email": email, "password": password})
}

func toJSON(t testing.TB, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The services' own routers tell which routes there are. What service.Run adds to all of them they are
// asked for.
func TestOpenAPIHasEveryRoute(t *testing.T) {
	// Nothing is called of a service but what names its routes, so it need not be made of anything.
	services := map[string]service.Service{
		"auth":       new(auth.Service),
		"tickets":    new(tickets.Service),
		"orders":     new(orders.Service),
		"payments":   new(payments.Service),
		"expiration": new(expiration.Service),
	}
	router := chi.NewRouter()
	w := watched(t)
	for _, name := range system.Services {
		services[name].Routes(router)
		for _, path := range []string{"/healthz", "/readyz"} {
			if response := w.send(http.MethodGet, shared.Run().Services[name].URL+path, ""); response.StatusCode != http.StatusOK {
				t.Errorf("%s answers %s with %s", name, path, response.Status)
			}
		}
	}
	routes := map[string]bool{"GET /healthz": true, "GET /readyz": true}
	err := chi.Walk(router, func(method, path string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		routes[method+" "+path] = true
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	described := theContract(t).operations()
	for route := range routes {
		if described[route] == nil {
			t.Errorf("%s is not in docs/openapi.yaml", route)
		}
	}
	for operation := range described {
		if !routes[operation] {
			t.Errorf("no service has %s", operation)
		}
	}
}

// Every status below 500, every header and every example of a refusal that the document has is to be
// seen. That nothing else is seen the watch sees to.
func TestOpenAPIListsOnlyStatusesThatOccur(t *testing.T) {
	s := newScene(t)
	for _, r := range slices.Concat(s.userRequests(t), s.ticketRequests(t), s.withdrawalRequests(t), s.orderRequests(t), s.paymentRequests(t)) {
		if response := s.watch.send(r.method, s.gateway+r.path, r.body, "Cookie", r.session); response.StatusCode != r.status {
			t.Errorf("%s %s %s: %s, want %d", r.method, r.path, r.body, response.Status, r.status)
		}
	}
	s.watch.sendSigned(s.gateway + "/api/payments/webhook")
	s.watch.sendKeyed(s.gateway, s.selling, s.buying, list(t, s.seller, 2050), order(t, s.buyer, list(t, s.seller, 1999)))
	s.watch.send("GET", s.gateway+"/api/tickets/"+s.sold.ID+"/events", "", "Last-Event-ID", strconv.FormatInt(s.version, 10))
	s.watch.guessPasswords(s.gateway)
	s.files(t)
	s.passwords(t)
	s.limits(t)
	s.generic()
	s.watch.guessTokens(s.gateway, s.buying, order(t, s.buyer, list(t, s.seller, 1999)))
	s.watch.sawEverything()
}

// guessPasswords signs in with wrong passwords until it's refused.
func (w *watch) guessPasswords(gateway string) {
	w.t.Helper()
	for range 20 {
		response := w.send(http.MethodPost, gateway+"/api/users/signin", credentials(w.t, "guessed@example.com", "wrong horse"))
		if response.StatusCode == http.StatusTooManyRequests {
			return
		}
	}
	w.t.Error("20 wrong passwords in a row are not refused with 429")
}

// guessTokens pays with tokens that don't exist until it's refused.
func (w *watch) guessTokens(gateway, buying string, o api.Order) {
	w.t.Helper()
	body := toJSON(w.t, map[string]string{"orderId": o.ID, "token": "tok_nobody"})
	servicetest.Eventually(w.t, "a refusal of more tokens", func() bool {
		response := w.send(http.MethodPost, gateway+"/api/payments", body, "Cookie", buying)
		return response.StatusCode == http.StatusTooManyRequests
	})
}

// sendSigned sends an event of no interest as Stripe would.
func (w *watch) sendSigned(url string) {
	w.t.Helper()
	secret, err := os.ReadFile(filepath.Join(data, "stripe-webhook-secret"))
	if err != nil {
		w.t.Fatal(err)
	}
	event := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{
		Payload: []byte(`{"id":"evt_1","object":"event","type":"customer.created","data":{"object":{"id":"cus_1","object":"customer"}}}`),
		Secret:  strings.TrimSpace(string(secret)),
	})
	if response := w.send(http.MethodPost, url, string(event.Payload), "Stripe-Signature", event.Header); response.StatusCode != http.StatusOK {
		w.t.Errorf("a signed event: %s", response.Status)
	}
}

// sendKeyed sends requests with idempotency keys: each twice, then another with the same key. For a
// payment that takes its time the repetition comes too early first.
func (w *watch) sendKeyed(gateway, selling, buying string, free api.Ticket, due api.Order) {
	w.t.Helper()
	keyed := func(session, path, body string, want int) {
		w.t.Helper()
		response := w.send(http.MethodPost, gateway+path, body, "Cookie", session, "Idempotency-Key", `"`+due.ID+`"`)
		if response.StatusCode != want {
			w.t.Errorf("POST %s %s with a key: %s, want %d", path, body, response.Status, want)
		}
	}
	ordered := func(price string) string { return `{"ticketId":"` + free.ID + `","price":` + price + `}` }
	pay := func(token string) string { return toJSON(w.t, map[string]string{"orderId": due.ID, "token": token}) }
	servicetest.Eventually(w.t, "orders to hear of the ticket", func() bool {
		return w.send(http.MethodPost, gateway+"/api/orders", ordered("20.4"), "Cookie", buying).StatusCode == http.StatusBadRequest
	})
	servicetest.Eventually(w.t, "payments to hear of the order", func() bool {
		return w.send(http.MethodPost, gateway+"/api/payments", pay("tok_nobody"), "Cookie", buying).StatusCode == http.StatusBadRequest
	})
	stripeOf(w.t, shared).slowDown("payment_intents.confirm", 2*time.Second)
	paid := make(chan struct{})
	go func() { defer close(paid); keyed(buying, "/api/payments", pay("tok_visa"), http.StatusCreated) }()
	servicetest.Eventually(w.t, "the payment to begin", func() bool {
		charges := w.send(http.MethodGet, gateway+"/api/payments?orderId="+due.ID, "", "Cookie", buying)
		body, err := io.ReadAll(charges.Body)
		return err == nil && strings.Contains(string(body), "pending")
	})
	servicetest.Eventually(w.t, "a payment in progress", func() bool {
		return w.send(http.MethodPost, gateway+"/api/payments", pay("tok_visa"), "Cookie", buying, "Idempotency-Key", due.ID).StatusCode == http.StatusConflict
	})
	<-paid
	for _, c := range []struct{ session, path, body, other string }{
		{"", "/api/users/signup", credentials(w.t, due.ID+"@example.com", "correct horse"), credentials(w.t, due.ID+"@example.com", "wrong horse")},
		{selling, "/api/tickets", `{"title":"Back row","price":20.5}`, `{"title":"Back row","price":20}`},
		{buying, "/api/orders", ordered("20.5"), ordered("20.4")},
		{buying, "/api/payments", pay("tok_visa"), pay("tok_mastercard")},
	} {
		keyed(c.session, c.path, c.body, http.StatusCreated)
		keyed(c.session, c.path, c.body, http.StatusCreated)
		keyed(c.session, c.path, c.other, http.StatusUnprocessableEntity)
	}
}

// sawEverything fails the test for what is in the document and has not come.
func (w *watch) sawEverything() {
	for operation, o := range w.contract.operations() {
		for code, response := range o.Responses.Map() {
			status, err := strconv.Atoi(code)
			if err != nil {
				w.t.Errorf("%s: a response has the status %s", operation, code)
			}
			if status >= http.StatusInternalServerError || !strings.Contains(operation, " /api/") {
				continue
			}
			if status == http.StatusTooManyRequests && operation != "POST /api/users/signin" {
				continue // takes hundreds of writes
			}
			answers := w.seen[sight{operation, status}]
			if len(answers) == 0 {
				w.t.Errorf("%s was never answered with %d", operation, status)
				continue
			}
			for name := range response.Value.Headers {
				if !slices.ContainsFunc(answers, func(a answer) bool { return a.header.Get(name) != "" }) {
					w.t.Errorf("%s: %d never had the header %s", operation, status, name)
				}
			}
			for name, example := range examples(response) {
				if !slices.ContainsFunc(answers, func(a answer) bool { return sameJSON(w.t, a.body, example.Value.Value) }) {
					w.t.Errorf("%s: %d was never as in the example %s", operation, status, name)
				}
			}
		}
	}
}

// The watch knows from the document which methods Allow has to name.
func TestOpenAPIOfNoSuchRoute(t *testing.T) {
	w := watched(t)
	gateway := shared.Run().Gateway
	for path := range w.contract.doc.Paths.Map() {
		if !strings.HasPrefix(path, "/api/") {
			continue
		}
		response := w.send(http.MethodPatch, gateway+strings.ReplaceAll(path, "{id}", "x"), "")
		body, err := io.ReadAll(response.Body)
		example := examples(w.contract.doc.Components.Responses["MethodNotAllowed"])["methodNotAllowed"]
		if err != nil || response.StatusCode != http.StatusMethodNotAllowed || !sameJSON(t, body, example.Value.Value) {
			t.Errorf("PATCH %s: %s %s %v", path, response.Status, body, err)
		}
	}
	for _, path := range []string{"/api/users", "/api/users/x", "/api/tickets/", "/api/tickets/x/y", "/api/orders/", "/api/payments/x"} {
		if response := w.send(http.MethodGet, gateway+path, ""); response.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s", path, response.Status)
		}
	}
}

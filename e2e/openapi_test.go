package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
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

// contract is docs/openapi.yaml.
type contract struct {
	doc    *openapi3.T
	router routers.Router
}

var readContract = sync.OnceValues(func() (*contract, error) {
	doc, err := openapi3.NewLoader().LoadFromFile("../docs/openapi.yaml")
	if err != nil {
		return nil, err
	}
	if err := doc.WalkSchemas(closeSchema); err != nil {
		return nil, err
	}
	if err := errors.Join(doc.Validate(context.Background()), doc.WalkSchemas(checkExamples)); err != nil {
		return nil, err
	}
	doc.Servers = nil // they run elsewhere here
	for _, item := range doc.Paths.Map() {
		item.Servers = nil
	}
	router, err := gorillamux.NewRouter(doc)
	return &contract{doc, router}, err
})

// closeSchema allows an object no other fields than those that are described. The document leaves that
// open, since clients must bear with new ones; but the services are to have none that it does not tell of.
func closeSchema(_ string, schema *openapi3.SchemaRef) error {
	if len(schema.Value.Properties) > 0 {
		schema.Value.AdditionalProperties = openapi3.BoolSchema{Has: new(bool)}
	}
	return nil
}

// checkExamples looks at those in schemas. Validate looks at all others.
func checkExamples(at string, schema *openapi3.SchemaRef) error {
	for _, example := range schema.Value.Examples {
		if err := schema.Value.VisitJSON(example, openapi3.EnableJSONSchema2020()); err != nil {
			return fmt.Errorf("example at %s: %w", at, err)
		}
	}
	return nil
}

func theContract(t testing.TB) *contract {
	t.Helper()
	c, err := readContract()
	if err != nil {
		t.Fatalf("docs/openapi.yaml: %v", err)
	}
	return c
}

// find is the operation that a request is for. What is for none has to be refused as the components
// say: the document has no other place for that.
func (c *contract) find(r *http.Request) (*routers.Route, map[string]string) {
	route, parameters, err := c.router.FindRoute(r)
	switch {
	case errors.Is(err, routers.ErrPathNotFound):
		return c.refusing(http.StatusNotFound, "NotFound"), nil
	case errors.Is(err, routers.ErrMethodNotAllowed):
		return c.refusing(http.StatusMethodNotAllowed, "MethodNotAllowed"), nil
	}
	return route, parameters
}

func (c *contract) refusing(status int, response string) *routers.Route {
	only := openapi3.NewResponses(openapi3.WithStatus(status, c.doc.Components.Responses[response]))
	return &routers.Route{Spec: c.doc, PathItem: &openapi3.PathItem{}, Operation: &openapi3.Operation{Responses: only}}
}

// check says what the document does not allow of a response. A request that it does not allow has to be
// refused.
func (c *contract) check(r *http.Request, response *http.Response, body []byte) error {
	route, parameters := c.find(r)
	options := &openapi3filter.Options{MultiError: true, SkipSettingDefaults: true, AuthenticationFunc: hasCookie}
	asked := &openapi3filter.RequestValidationInput{Request: r, PathParams: parameters, Route: route, Options: options}
	answered := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: asked, Status: response.StatusCode, Header: response.Header, Options: options}
	err := openapi3filter.ValidateResponse(r.Context(), answered.SetBodyBytes(body))
	if response.StatusCode < http.StatusBadRequest {
		if wrong := openapi3filter.ValidateRequest(r.Context(), asked); wrong != nil {
			err = errors.Join(err, fmt.Errorf("the request was accepted: %w", wrong))
		}
	}
	// What follows the library does not look at.
	switch described := route.Operation.Responses.Status(response.StatusCode); {
	case described == nil: // it lets redirects pass
		err = errors.Join(err, fmt.Errorf("status %d is not described", response.StatusCode))
	case len(described.Value.Content) == 0 && len(body) > 0:
		err = errors.Join(err, fmt.Errorf("status %d has a body: %s", response.StatusCode, body))
	}
	if allow := response.Header.Get("Allow"); response.StatusCode == http.StatusMethodNotAllowed && allow != c.allowed(r) {
		err = errors.Join(err, fmt.Errorf("Allow is %q, want %q", allow, c.allowed(r)))
	}
	return err
}

// allowed are the methods of a path as Allow names them.
func (c *contract) allowed(r *http.Request) string {
	var all []string
	for _, method := range methods {
		other := r.Clone(r.Context())
		other.Method = method
		if _, _, err := c.router.FindRoute(other); err == nil {
			all = append(all, method)
		}
	}
	if slices.Contains(all, http.MethodGet) {
		all = append(all, http.MethodHead) // which every GET has
	}
	return strings.Join(all, ", ")
}

// hasCookie looks for the cookie of a session. Here, over plain http, its name has no __Host-.
func hasCookie(_ context.Context, in *openapi3filter.AuthenticationInput) error {
	plain := strings.TrimPrefix(in.SecurityScheme.Name, "__Host-")
	for _, c := range in.RequestValidationInput.Request.Cookies() {
		if c.Name == in.SecurityScheme.Name || strings.HasPrefix(c.Name, plain) {
			return nil
		}
	}
	return http.ErrNoCookie
}

// operations are all that the document has, such as "GET /api/tickets/{id}".
func (c *contract) operations() map[string]*openapi3.Operation {
	all := make(map[string]*openapi3.Operation)
	for path, item := range c.doc.Paths.Map() {
		for method, o := range item.Operations() {
			all[method+" "+path] = o
		}
	}
	return all
}

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

// session signs a somebody in once more, for a cookie to send by hand.
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
func TestOpenAPIPromisesNothingThatIsNotSeen(t *testing.T) {
	seller, buyer, other := somebody(t, shared), somebody(t, shared), somebody(t, shared)
	w := watched(t)
	for _, c := range []*api.Client{seller, buyer, other} {
		c.Through(w)
	}
	selling, buying, stranger := w.session(seller), w.session(buyer), w.session(other)
	user, err := buyer.CurrentUser(t.Context())
	if err != nil {
		t.Fatal(err)
	}

	free, reserved, sold := list(t, seller, 1999), list(t, seller, 1999), list(t, seller, 1999)
	held := order(t, buyer, reserved)
	paid := pay(t, buyer, sold, "tok_visa", api.Complete)
	inFlight := pay(t, buyer, list(t, seller, 1999), "pm_card_authenticationRequired", api.AwaitingPayment)
	declined, cancelled := order(t, buyer, list(t, seller, 1999)), order(t, buyer, list(t, seller, 1999))
	if err := buyer.CancelOrder(t.Context(), cancelled.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := buyer.AwaitTicket(bounded(t), reserved.ID, api.Reserved); err != nil {
		t.Fatal(err)
	}
	soldAs, err := buyer.AwaitTicket(bounded(t), sold.ID, api.Sold)
	if err != nil {
		t.Fatal(err)
	}
	// payments has to have heard of these. A token that is none tells without paying.
	for _, o := range []api.Order{held, declined} {
		_, err := buyer.Pay(t.Context(), o.ID, "tok_nobody")
		refused(t, err, 400, "No such token: 'tok_nobody'")
	}
	servicetest.Eventually(t, "payments to hear of the cancellation", func() bool {
		_, err := buyer.Pay(t.Context(), cancelled.ID, "tok_nobody")
		return strings.Contains(err.Error(), "The order is cancelled")
	})

	gateway := shared.Run().Gateway
	const nothing = "65a000000000000000000000"
	offer := `{"title":"Back row","price":20.5}`
	paying := func(order, token string) string {
		return toJSON(t, map[string]string{"orderId": order, "token": token})
	}
	for _, c := range []struct {
		session, method, path, body string
		status                      int
	}{
		{"", "POST", "/api/users/signup", credentials(t, fmt.Sprintf(" New-%d@Example.com", time.Now().UnixNano()), "correct horse"), 201},
		{"", "POST", "/api/users/signup", `{"email":"nobody","password":"short"}`, 400},
		{"", "POST", "/api/users/signup", credentials(t, user.Email, "correct horse"), 400},
		{"", "POST", "/api/users/signup", credentials(t, "ada@example.com", "correct\u0007horse"), 400},
		{"", "POST", "/api/users/signin", credentials(t, user.Email, "wrong horse"), 400},
		{"", "POST", "/api/users/signin", `{"email":"ada@example.com","password":1}`, 400},
		{buying, "POST", "/api/users/signout", `{}`, 200},
		{"", "POST", "/api/users/signout", ``, 200},
		{"", "POST", "/api/users/signout", `[]`, 400},
		{buying, "GET", "/api/users/currentuser", ``, 200},
		{"session=forged", "GET", "/api/users/currentuser", ``, 200},

		{"", "GET", "/api/tickets?limit=1", ``, 200},
		{selling, "GET", "/api/tickets?seller=me&limit=2&after=" + sold.ID, ``, 200},
		{"", "GET", "/api/tickets?limit=0", ``, 400},
		{"", "GET", "/api/tickets?after=x", ``, 400},
		{"", "GET", "/api/tickets?seller=you", ``, 400},
		{"", "GET", "/api/tickets?seller=me", ``, 401},
		{selling, "POST", "/api/tickets", `{"title":" ","price":0.49}`, 400},
		{"", "GET", "/api/tickets/" + nothing, ``, 404},
		{"", "GET", "/api/tickets/x", ``, 404},
		{"", "GET", "/api/tickets/" + sold.ID + "/events", ``, 200},
		{"", "GET", "/api/tickets/" + nothing + "/events", ``, 404},
		{selling, "PUT", "/api/tickets/" + free.ID, offer, 200},
		{selling, "PUT", "/api/tickets/" + free.ID, `{"title":"Back row","price":20.505}`, 400},
		{selling, "PUT", "/api/tickets/" + reserved.ID, offer, 400},
		{selling, "PUT", "/api/tickets/" + sold.ID, offer, 400},
		{stranger, "PUT", "/api/tickets/" + free.ID, offer, 401},
		{selling, "PUT", "/api/tickets/" + nothing, offer, 404},

		{buying, "GET", "/api/orders?limit=1", ``, 200},
		{buying, "GET", "/api/orders?limit=many", ``, 400},
		{buying, "GET", "/api/orders?after=x", ``, 400},
		{stranger, "POST", "/api/orders", `{"ticketId":"x"}`, 400},
		{stranger, "POST", "/api/orders", `{"ticketId":"` + reserved.ID + `"}`, 400},
		{stranger, "POST", "/api/orders", `{"ticketId":"` + nothing + `"}`, 404},
		{stranger, "GET", "/api/orders/" + held.ID, ``, 401},
		{buying, "GET", "/api/orders/" + nothing, ``, 404},
		{buying, "DELETE", "/api/orders/" + cancelled.ID, ``, 204},
		{buying, "DELETE", "/api/orders/" + paid.ID, ``, 400},
		{buying, "DELETE", "/api/orders/" + inFlight.ID, ``, 400},
		{stranger, "DELETE", "/api/orders/" + held.ID, ``, 401},
		{buying, "DELETE", "/api/orders/" + nothing, ``, 404},

		{buying, "GET", "/api/payments?limit=1", ``, 200},
		{buying, "GET", "/api/payments?orderId=" + paid.ID, ``, 200},
		{buying, "GET", "/api/payments?limit=1001", ``, 400},
		{buying, "GET", "/api/payments?after=x", ``, 400},
		{buying, "POST", "/api/payments", `{"orderId":"x","token":""}`, 400},
		{buying, "POST", "/api/payments", paying(held.ID, "tok_nobody"), 400},
		{buying, "POST", "/api/payments", paying(cancelled.ID, "tok_visa"), 400},
		{buying, "POST", "/api/payments", paying(declined.ID, "tok_chargeDeclined"), 402},
		{buying, "POST", "/api/payments", paying(declined.ID, "tok_visa"), 200},
		{buying, "POST", "/api/payments", paying(paid.ID, "tok_visa"), 200},
		{buying, "POST", "/api/payments", paying(nothing, "tok_visa"), 404},
		{stranger, "POST", "/api/payments", paying(paid.ID, "tok_visa"), 401},
		{buying, "POST", "/api/payments/" + paid.ID + "/cancel", `{}`, 200},
		{stranger, "POST", "/api/payments/" + inFlight.ID + "/cancel", `{}`, 401},
		{buying, "POST", "/api/payments/" + inFlight.ID + "/cancel", `{}`, 200},
		{buying, "POST", "/api/payments/" + nothing + "/cancel", `{}`, 404},
	} {
		if response := w.send(c.method, gateway+c.path, c.body, "Cookie", c.session); response.StatusCode != c.status {
			t.Errorf("%s %s %s: %s, want %d", c.method, c.path, c.body, response.Status, c.status)
		}
	}
	w.sendSigned(gateway + "/api/payments/webhook")
	w.sendKeyed(gateway, selling, buying, list(t, seller, 2050), order(t, buyer, list(t, seller, 1999)))
	w.send("GET", gateway+"/api/tickets/"+sold.ID+"/events", "", "Last-Event-ID", strconv.FormatInt(soldAs.Version, 10))

	// What every operation has to say to these is what the document says. The stranger may do nothing to
	// this ticket and this order.
	somethings := strings.NewReplacer("/tickets/{id}", "/tickets/"+free.ID, "/orders/{id}", "/orders/"+held.ID, "/payments/{id}", "/payments/"+paid.ID)
	for operation := range w.contract.operations() {
		method, path, _ := strings.Cut(operation, " ")
		if !strings.HasPrefix(path, "/api/") {
			continue
		}
		url := gateway + somethings.Replace(path)
		w.send(method, url, "{}", "Stripe-Signature", "forged")
		w.send(method, url, "{}", "Cookie", stranger, "Sec-Fetch-Site", "cross-site")
		w.send(method, url, "{}", "Cookie", stranger, "Expected-User", nothing)
		w.send(method, url, "title=Back row", "Cookie", stranger, "Content-Type", "application/x-www-form-urlencoded")
		if method != http.MethodGet {
			w.send(method, url, `{"title":"`+strings.Repeat("x", 64<<10)+`"}`, "Cookie", stranger)
		}
	}
	w.sawEverything()
}

// pay orders a ticket and pays, until the order has a status.
func pay(t *testing.T, buyer *api.Client, ticket api.Ticket, token, status string) api.Order {
	t.Helper()
	o := order(t, buyer, ticket)
	if _, err := buyer.Pay(t.Context(), o.ID, token); err != nil {
		t.Fatal(err)
	}
	o, err := buyer.AwaitOrder(bounded(t), o.ID, status)
	if err != nil {
		t.Fatal(err)
	}
	return o
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

// examples are those of a refusal.
func examples(response *openapi3.ResponseRef) openapi3.Examples {
	if kind := response.Value.Content["application/problem+json"]; kind != nil {
		return kind.Examples
	}
	return nil
}

func sameJSON(t testing.TB, body []byte, example any) bool {
	t.Helper()
	var got, want any
	if err := errors.Join(json.Unmarshal(body, &got), json.Unmarshal([]byte(toJSON(t, example)), &want)); err != nil {
		t.Fatal(err)
	}
	return reflect.DeepEqual(got, want)
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

// recorder is a test that may fail.
type recorder struct {
	testing.TB
	failures []string
}

func (r *recorder) Errorf(format string, args ...any) {
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Answers that services might give by mistake.
func TestOpenAPIWatchFails(t *testing.T) {
	const (
		id       = "65a000000000000000000001"
		ticket   = `{"id":"` + id + `","title":"Front row","price":19.99,"userId":"` + id + `","status":"available","version":0}`
		notFound = `{"type":"about:blank","title":"Not Found","status":404,"errors":[{"message":"Not found"}]}`
	)
	edited := func(old, new string) string { return strings.Replace(ticket, old, new, 1) }
	for _, c := range []struct {
		what, method, path, sent, cookie string
		status                           int
		header, body                     string // the header is one line
		want                             string // part of the failure; none if it is empty
	}{
		{"a ticket", "GET", "/api/tickets/" + id, "", "", 200, "", ticket, ""},
		{"the status of no response", "GET", "/api/tickets/" + id, "", "", 418, "", notFound, "is not described"},
		{"a redirect", "GET", "/api/tickets/" + id, "", "", 302, "Location: /", "", "is not described"},
		{"a redirect that is permanent", "GET", "/api/tickets/" + id, "", "", 308, "Location: /", "", "is not described"},
		{"a price in words", "GET", "/api/tickets/" + id, "", "", 200, "", edited("19.99", `"19.99"`), "must be a number"},
		{"a price in mills", "GET", "/api/tickets/" + id, "", "", 200, "", edited("19.99", "19.995"), "multiple of 0.01"},
		{"no price", "GET", "/api/tickets/" + id, "", "", 200, "", edited(`"price":19.99,`, ""), "is missing"},
		{"a state of none", "GET", "/api/tickets/" + id, "", "", 200, "", edited("available", "gone"), "one of"},
		{"a field of none", "GET", "/api/tickets/" + id, "", "", 200, "", edited(`"title"`, `"passwordHash":"x","title"`), "is unsupported"},
		{"not JSON", "GET", "/api/tickets/" + id, "", "", 200, "", "<html>", "decode"},
		{"a refusal as plain JSON", "GET", "/api/tickets/" + id, "", "", 404, "Content-Type: application/json", notFound, "Content-Type"},
		{"a refusal without a reason", "GET", "/api/tickets/" + id, "", "", 404, "", `{"type":"about:blank","title":"Not Found","status":404,"errors":[]}`, "minItems"},
		{"a Link that is none", "GET", "/api/tickets", "", "", 200, "Link: /api/tickets", "[" + ticket + "]", `"Link"`},
		{"a session without a cookie", "POST", "/api/users/signin", `{"email":"a@b.de","password":"x"}`, "", 200, "", `{"id":"` + id + `","email":"a@b.de"}`, `"Set-Cookie" missing`},
		{"a cookie for scripts", "POST", "/api/users/signout", "{}", "", 200, "Set-Cookie: ticketing=; Path=/; Max-Age=0; SameSite=Lax", "{}", `"Set-Cookie"`},
		{"busy without an end", "GET", "/api/tickets", "", "", 503, "", strings.ReplaceAll(notFound, "404", "503"), `"Retry-After" missing`},
		{"a body of nothing", "DELETE", "/api/orders/" + id, "", "ticketing=x", 204, "", "{}", "has a body"},
		{"methods that are not", "PATCH", "/api/tickets", "", "", 405, "Allow: GET, POST, DELETE", strings.ReplaceAll(notFound, "404", "405"), `want "GET, POST, HEAD"`},
		{"a path that is not", "GET", "/api/nowhere", "", "", 200, "", "{}", "is not described"},
		{"an order for nobody", "DELETE", "/api/orders/" + id, "", "", 204, "", "", "the request was accepted"},
		{"a ticket for nothing", "POST", "/api/tickets", `{"title":"Front row","price":0}`, "ticketing=x", 201, "", ticket, "the request was accepted"},
		{"a ticket of no JSON", "POST", "/api/tickets", `title=Front row`, "ticketing=x", 201, "", ticket, "the request was accepted"},
		{"a page of all", "GET", "/api/tickets?limit=100000", "", "", 200, "", "[]", "the request was accepted"},
	} {
		t.Run(c.what, func(t *testing.T) {
			test := &recorder{TB: t}
			w := watched(test)
			w.next = roundTrip(func(r *http.Request) (*http.Response, error) {
				header := http.Header{"Content-Type": {"application/json"}}
				if c.status >= http.StatusBadRequest {
					header.Set("Content-Type", "application/problem+json")
				}
				if name, value, ok := strings.Cut(c.header, ": "); ok {
					header.Set(name, value)
				}
				return &http.Response{StatusCode: c.status, Header: header, Body: io.NopCloser(strings.NewReader(c.body)), Request: r}, nil
			})
			request, err := http.NewRequestWithContext(t.Context(), c.method, "http://api"+c.path, strings.NewReader(c.sent))
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Cookie", c.cookie)
			if c.sent != "" {
				request.Header.Set("Content-Type", "application/json")
			}
			if _, err := w.RoundTrip(request); err != nil {
				t.Fatal(err)
			}
			got := strings.Join(test.failures, "\n")
			if (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
				t.Errorf("it fails with %q, want %q", got, c.want)
			}
		})
	}
}

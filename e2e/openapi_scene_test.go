package e2e

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"ticketing.dev/common/service/servicetest"
	"ticketing.dev/local/api"
)

// missing is an id that nothing has.
const missing = "65a000000000000000000000"

// detailedBackRow is an offer with every field.
const detailedBackRow = `{"title":"Back row","price":20.5,"description":"Doors at 7.\nNo cameras.","seat":"A1",` +
	`"event":{"startsAt":"2037-05-01T20:00:00-05:00","venue":"Grand Hall","city":"Chicago"}}`

const backRow = `{"title":"Back row","price":20.5}`

// scene is what the documented requests are about: tickets and orders in every state, and three users.
type scene struct {
	watch                     *watch
	gateway                   string
	seller, buyer             *api.Client
	selling, buying, stranger string // cookies
	leaving, gone             string // cookies of users who sign out
	email                     string // the buyer's
	free, reserved, sold      api.Ticket
	held, paid, inFlight      api.Order
	declined, cancelled       api.Order
	version                   int64 // of the sold ticket
}

func newScene(t *testing.T) *scene {
	t.Helper()
	seller, buyer, other := newUser(t, shared), newUser(t, shared), newUser(t, shared)
	leaver, goer := newUser(t, shared), newUser(t, shared)
	s := &scene{watch: watched(t), gateway: shared.Run().Gateway, seller: seller, buyer: buyer}
	for _, c := range []*api.Client{seller, buyer, other, leaver, goer} {
		c.Through(s.watch)
	}
	s.selling, s.buying, s.stranger = s.watch.session(seller), s.watch.session(buyer), s.watch.session(other)
	s.leaving, s.gone = s.watch.session(leaver), s.watch.session(goer)
	user, err := buyer.CurrentUser(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.email = user.Email
	s.free, s.reserved, s.sold = list(t, seller, 1999), list(t, seller, 1999), list(t, seller, 1999)
	s.held = order(t, buyer, s.reserved)
	s.paid = pay(t, buyer, s.sold, "tok_visa", api.Complete)
	s.inFlight = pay(t, buyer, list(t, seller, 1999), "pm_card_authenticationRequired", api.AwaitingPayment)
	s.declined, s.cancelled = order(t, buyer, list(t, seller, 1999)), order(t, buyer, list(t, seller, 1999))
	if err := buyer.CancelOrder(t.Context(), s.cancelled.ID); err != nil {
		t.Fatal(err)
	}
	s.await(t)
	return s
}

// await waits until every service knows the scene.
func (s *scene) await(t *testing.T) {
	t.Helper()
	if _, err := s.buyer.AwaitTicket(bounded(t), s.reserved.ID, api.Reserved); err != nil {
		t.Fatal(err)
	}
	sold, err := s.buyer.AwaitTicket(bounded(t), s.sold.ID, api.Sold)
	if err != nil {
		t.Fatal(err)
	}
	s.version = sold.Version
	// An unknown token shows whether payments knows the order, without paying.
	for _, o := range []api.Order{s.held, s.declined} {
		_, err := s.buyer.Pay(t.Context(), o.ID, "tok_nobody")
		refused(t, err, 400, "No such token: 'tok_nobody'")
	}
	servicetest.Eventually(t, "payments to hear of the cancellation", func() bool {
		_, err := s.buyer.Pay(t.Context(), s.cancelled.ID, "tok_nobody")
		return strings.Contains(err.Error(), "The order is cancelled")
	})
	s.awaitRefused(t)
}

// awaitRefused lists a ticket of an event that has started and one that's withdrawn, and waits until orders refuses
// them.
func (s *scene) awaitRefused(t *testing.T) {
	t.Helper()
	past, unwanted := list(t, s.seller, 1999).ID, list(t, s.seller, 1999).ID
	s.watch.send("PUT", s.gateway+"/api/tickets/"+past, `{"title":"Back row","price":20.5,"event":{"startsAt":"2020-05-01T20:00:00-05:00"}}`, "Cookie", s.selling)
	s.watch.send("DELETE", s.gateway+"/api/tickets/"+unwanted, "", "Cookie", s.selling)
	s.awaitRefusal(t, past, "The event has already started")
	s.awaitRefusal(t, unwanted, "The seller has withdrawn this ticket")
}

// awaitRefusal waits until orders refuses a ticket. The wrong price makes sure that it's never ordered.
func (s *scene) awaitRefusal(t *testing.T, ticket, message string) {
	t.Helper()
	servicetest.Eventually(t, "orders to refuse with "+message, func() bool {
		r := s.watch.send("POST", s.gateway+"/api/orders", `{"ticketId":"`+ticket+`","price":1}`, "Cookie", s.stranger)
		body, err := io.ReadAll(r.Body)
		return err == nil && strings.Contains(string(body), message)
	})
}

// apiRequest is a request and the status of its response. The session is a cookie.
type apiRequest struct {
	session, method, path, body string
	status                      int
}

func (s *scene) userRequests(t *testing.T) []apiRequest {
	t.Helper()
	return []apiRequest{
		{"", "POST", "/api/users/signup", credentials(t, fmt.Sprintf(" New-%d@Example.com", time.Now().UnixNano()), "correct horse"), 201},
		{"", "POST", "/api/users/signup", `{"email":"nobody","password":"short"}`, 400},
		{"", "POST", "/api/users/signup", credentials(t, s.email, "correct horse"), 400},
		{"", "POST", "/api/users/signup", credentials(t, "ada@example.com", "correct\u0007horse"), 400},
		{"", "POST", "/api/users/signin", credentials(t, s.email, "wrong horse"), 400},
		{"", "POST", "/api/users/signin", `{"email":"ada@example.com","password":1}`, 400},
		{s.leaving, "GET", "/api/users/sessions", ``, 200},
		{"", "GET", "/api/users/sessions", ``, 401},
		{s.leaving, "DELETE", "/api/users/sessions/99", ``, 404},
		{s.gone, "DELETE", "/api/users/sessions/2", ``, 204},
		{s.gone, "DELETE", "/api/users/sessions/2", ``, 401},
		{s.leaving, "DELETE", "/api/users/sessions", ``, 204},
		{s.leaving, "DELETE", "/api/users/sessions", ``, 401},
		{s.leaving, "POST", "/api/users/signout", `{}`, 200},
		{"", "POST", "/api/users/signout", ``, 200},
		{"", "POST", "/api/users/signout", `[]`, 400},
		{s.buying, "GET", "/api/users/currentuser", ``, 200},
		{"session=forged", "GET", "/api/users/currentuser", ``, 200},
	}
}

func (s *scene) ticketRequests(t *testing.T) []apiRequest {
	t.Helper()
	return []apiRequest{
		{"", "GET", "/api/tickets?limit=1", ``, 200},
		{s.selling, "GET", "/api/tickets?seller=me&limit=2&after=" + s.sold.ID, ``, 200},
		{"", "GET", "/api/tickets?q=row&city=chicago&from=2027-05-01&to=2037-05-01&minPrice=1&maxPrice=20.5&sort=-price", ``, 200},
		{"", "GET", "/api/tickets?limit=1&sort=price", ``, 200},
		{"", "GET", "/api/tickets?sort=title", ``, 400},
		{"", "GET", "/api/tickets?limit=0", ``, 400},
		{"", "GET", "/api/tickets?after=x", ``, 400},
		{"", "GET", "/api/tickets?seller=you", ``, 400},
		{"", "GET", "/api/tickets?seller=me", ``, 401},
		{s.selling, "GET", "/api/tickets?seller=me&status=sold", ``, 200},
		{s.selling, "GET", "/api/tickets?seller=me&status=lost", ``, 400},
		{s.selling, "GET", "/api/tickets/sales/summary", ``, 200},
		{s.selling, "GET", "/api/tickets/sales/export.csv", ``, 200},
		{"", "GET", "/api/tickets/sales/summary", ``, 401},
		{"", "GET", "/api/tickets/sales/export.csv", ``, 401},
		{s.selling, "POST", "/api/tickets", `{"title":" ","price":0.49}`, 400},
		{"", "GET", "/api/tickets/" + missing, ``, 404},
		{"", "GET", "/api/tickets/x", ``, 404},
		{"", "GET", "/api/tickets/" + s.sold.ID + "/events", ``, 200},
		{"", "GET", "/api/tickets/" + missing + "/events", ``, 404},
		{s.selling, "PUT", "/api/tickets/" + s.free.ID, backRow, 200},
		{s.selling, "PUT", "/api/tickets/" + s.free.ID, `{"title":"Back row","price":20.505}`, 400},
		{s.selling, "PUT", "/api/tickets/" + s.free.ID, `{"title":"Back row","price":20.5,"event":{"startsAt":"tonight"}}`, 400},
		{s.selling, "PUT", "/api/tickets/" + s.free.ID, detailedBackRow, 200},
		{s.selling, "PUT", "/api/tickets/" + s.free.ID, backRow, 200},
		{s.selling, "PUT", "/api/tickets/" + s.reserved.ID, backRow, 400},
		{s.selling, "PUT", "/api/tickets/" + s.sold.ID, backRow, 400},
		{s.stranger, "PUT", "/api/tickets/" + s.free.ID, backRow, 401},
		{s.selling, "PUT", "/api/tickets/" + missing, backRow, 404},
		{s.buying, "GET", "/api/tickets/" + s.sold.ID + "/private", ``, 200},
		{s.selling, "PUT", "/api/tickets/" + s.sold.ID + "/private", `{"text":"ADMIT-ONE"}`, 200},
		{s.buying, "GET", "/api/tickets/" + s.sold.ID + "/private", ``, 200},
		{s.selling, "GET", "/api/tickets/" + s.sold.ID + "/private", ``, 200},
		{s.selling, "PUT", "/api/tickets/" + s.sold.ID + "/private", `{"text":"ADMIT-TWO"}`, 400},
		{s.selling, "PUT", "/api/tickets/" + s.free.ID + "/private", `{"text":" "}`, 400},
		{s.stranger, "GET", "/api/tickets/" + s.sold.ID + "/private", ``, 401},
		{s.stranger, "PUT", "/api/tickets/" + s.free.ID + "/private", `{"text":"x"}`, 401},
		{s.selling, "GET", "/api/tickets/" + missing + "/private", ``, 404},
		{s.selling, "PUT", "/api/tickets/" + missing + "/private", `{"text":"x"}`, 404},
	}
}

func (s *scene) withdrawalRequests(t *testing.T) []apiRequest {
	t.Helper()
	unwanted := list(t, s.seller, 1999).ID
	return []apiRequest{
		{s.stranger, "DELETE", "/api/tickets/" + unwanted, ``, 401},
		{s.selling, "DELETE", "/api/tickets/" + s.reserved.ID, ``, 400},
		{s.selling, "DELETE", "/api/tickets/" + s.sold.ID, ``, 400},
		{s.selling, "DELETE", "/api/tickets/" + missing, ``, 404},
		{s.selling, "DELETE", "/api/tickets/" + unwanted, ``, 204},
		{s.selling, "DELETE", "/api/tickets/" + unwanted, ``, 204},
		{s.selling, "PUT", "/api/tickets/" + unwanted, backRow, 400},
		{"", "GET", "/api/tickets/" + unwanted, ``, 200},
	}
}

func (s *scene) orderRequests(t *testing.T) []apiRequest {
	t.Helper()
	return []apiRequest{
		{s.buying, "GET", "/api/orders?limit=1", ``, 200},
		{s.buying, "GET", "/api/orders?limit=many", ``, 400},
		{s.buying, "GET", "/api/orders?after=x", ``, 400},
		{s.buying, "GET", "/api/orders?state=created", ``, 400},
		{s.stranger, "POST", "/api/orders", `{"ticketId":"x"}`, 400},
		{s.stranger, "POST", "/api/orders", `{"ticketId":"` + s.reserved.ID + `"}`, 400},
		{s.stranger, "POST", "/api/orders", `{"ticketId":"` + missing + `"}`, 404},
		{s.stranger, "GET", "/api/orders/" + s.held.ID, ``, 401},
		{s.buying, "GET", "/api/orders/" + missing, ``, 404},
		{s.buying, "DELETE", "/api/orders/" + s.cancelled.ID, ``, 204},
		{s.buying, "DELETE", "/api/orders/" + s.paid.ID, ``, 400},
		{s.buying, "DELETE", "/api/orders/" + s.inFlight.ID, ``, 400},
		{s.stranger, "DELETE", "/api/orders/" + s.held.ID, ``, 401},
		{s.buying, "DELETE", "/api/orders/" + missing, ``, 404},
	}
}

func (s *scene) paymentRequests(t *testing.T) []apiRequest {
	t.Helper()
	return []apiRequest{
		{s.buying, "GET", "/api/payments?limit=1", ``, 200},
		{s.buying, "GET", "/api/payments?orderId=" + s.paid.ID, ``, 200},
		{s.buying, "GET", "/api/payments?limit=1001", ``, 400},
		{s.buying, "GET", "/api/payments?after=x", ``, 400},
		{s.buying, "POST", "/api/payments", `{"orderId":"x","token":""}`, 400},
		{s.buying, "POST", "/api/payments", paymentBody(t, s.held.ID, "tok_nobody"), 400},
		{s.buying, "POST", "/api/payments", paymentBody(t, s.cancelled.ID, "tok_visa"), 400},
		{s.buying, "POST", "/api/payments", paymentBody(t, s.declined.ID, "tok_chargeDeclined"), 402},
		{s.buying, "POST", "/api/payments", paymentBody(t, s.declined.ID, "tok_visa"), 200},
		{s.buying, "POST", "/api/payments", paymentBody(t, s.paid.ID, "tok_visa"), 200},
		{s.buying, "POST", "/api/payments", paymentBody(t, missing, "tok_visa"), 404},
		{s.stranger, "POST", "/api/payments", paymentBody(t, s.paid.ID, "tok_visa"), 401},
		{s.buying, "POST", "/api/payments/" + s.paid.ID + "/cancel", `{}`, 200},
		{s.stranger, "POST", "/api/payments/" + s.inFlight.ID + "/cancel", `{}`, 401},
		{s.buying, "POST", "/api/payments/" + s.inFlight.ID + "/cancel", `{}`, 200},
		{s.buying, "POST", "/api/payments/" + missing + "/cancel", `{}`, 404},
	}
}

func paymentBody(t *testing.T, order, token string) string {
	t.Helper()
	return toJSON(t, map[string]string{"orderId": order, "token": token})
}

// files uploads, downloads and removes what buyers get.
func (s *scene) files(t *testing.T) {
	t.Helper()
	const pdf = "%PDF-1.7\n%%EOF\n"
	private := func(ticket string) string { return "/api/tickets/" + ticket + "/private" }
	file := func(ticket string) string { return private(ticket) + "/file?name=Row%20A.pdf" }
	for _, r := range []apiRequest{
		{s.selling, "PUT", file(s.free.ID), pdf, 200},
		{s.selling, "GET", private(s.free.ID), "", 200},
		{s.selling, "GET", file(s.free.ID), "", 200},
		{s.stranger, "GET", file(s.free.ID), "", 401},
		{s.stranger, "PUT", file(s.free.ID), pdf, 401},
		{s.selling, "PUT", file(s.free.ID), "hello", 400},
		{s.selling, "PUT", file(s.free.ID), strings.Repeat(" ", 5<<20+1), 413},
		{s.stranger, "DELETE", private(s.free.ID), "", 401},
		{s.selling, "DELETE", private(s.free.ID), "", 204},
		{s.selling, "GET", file(s.free.ID), "", 404},
		{s.selling, "PUT", file(missing), pdf, 404},
		{s.selling, "DELETE", private(missing), "", 404},
		{s.selling, "PUT", file(s.sold.ID), pdf, 400},
		{s.selling, "DELETE", private(s.sold.ID), "", 400},
		{s.selling, "PUT", file(s.reserved.ID), pdf, 200},
		{s.selling, "PUT", file(s.reserved.ID), pdf, 400},
		{s.selling, "DELETE", private(s.reserved.ID), "", 400},
	} {
		response := s.watch.send(r.method, s.gateway+r.path, r.body, "Cookie", r.session, "Content-Type", "application/pdf")
		if response.StatusCode != r.status {
			t.Errorf("%s %s: %s, want %d", r.method, r.path, response.Status, r.status)
		}
	}
	s.watch.send("PUT", s.gateway+private(s.reserved.ID), `{"text":"ADMIT-TWO"}`, "Cookie", s.selling)
}

// limits reserves one ticket too often, and one ticket too many.
func (s *scene) limits(t *testing.T) {
	t.Helper()
	buyer := newUser(t, shared).Through(s.watch)
	ticket := list(t, s.seller, 1999)
	for range 3 {
		if err := buyer.CancelOrder(t.Context(), order(t, buyer, ticket).ID); err != nil {
			t.Fatal(err)
		}
	}
	_, err := buyer.PlaceOrder(t.Context(), ticket.ID)
	refused(t, err, 400, "You've reserved this ticket several times")
	for range 4 {
		order(t, buyer, list(t, s.seller, 1999))
	}
	_, err = buyer.PlaceOrder(t.Context(), ticket.ID)
	refused(t, err, 400, "You've reserved this ticket several times")
	_, err = buyer.PlaceOrder(t.Context(), list(t, s.seller, 1999).ID)
	refused(t, err, 400, "limit of open orders (4)")
}

// generic sends every operation what any operation must refuse. The stranger may change neither this ticket nor
// this order.
func (s *scene) generic() {
	ids := strings.NewReplacer("/tickets/{id}", "/tickets/"+s.free.ID, "/orders/{id}", "/orders/"+s.held.ID, "/payments/{id}", "/payments/"+s.paid.ID,
		"/sessions/{id}", "/sessions/99")
	for operation := range s.watch.contract.operations() {
		method, path, _ := strings.Cut(operation, " ")
		if !strings.HasPrefix(path, "/api/") {
			continue
		}
		url, stranger := s.gateway+ids.Replace(path), s.stranger
		if method != http.MethodGet && strings.HasPrefix(path, "/api/users/s") { // it may end the session
			stranger = s.watch.session(newUser(s.watch.t, shared))
		}
		s.watch.send(method, url, "{}", "Stripe-Signature", "forged")
		s.watch.send(method, url, "{}", "Cookie", stranger, "Sec-Fetch-Site", "cross-site")
		s.watch.send(method, url, "{}", "Cookie", stranger, "Expected-User", missing)
		s.watch.send(method, url, "title=Back row", "Cookie", stranger, "Content-Type", "application/x-www-form-urlencoded")
		if method != http.MethodGet {
			s.watch.send(method, url, `{"title":"`+strings.Repeat("x", 64<<10)+`"}`, "Cookie", stranger)
		}
	}
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

package e2e

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

const (
	someID       = "65a000000000000000000001"
	someTicket   = `{"id":"` + someID + `","title":"Front row","price":19.99,"userId":"` + someID + `","status":"available","version":0}`
	someNotFound = `{"type":"/problems/not-found","title":"Not Found","status":404,"errors":[{"message":"Not found"}]}`
)

// exchange is a request and the response that a faulty service might give.
type exchange struct {
	method, path, sent, cookie string
	status                     int
	header, body               string // the header is one line
}

// ticketRead is an exchange that reads a ticket.
func ticketRead(status int, header, body string) exchange {
	return exchange{method: "GET", path: "/api/tickets/" + someID, status: status, header: header, body: body}
}

func withStatus(status string) string { return strings.ReplaceAll(someNotFound, "404", status) }

func TestOpenAPIWatchRejectsResponsesThatTheDocumentDoesNotAllow(t *testing.T) {
	edited := func(old, new string) string { return strings.Replace(someTicket, old, new, 1) }
	for name, c := range map[string]struct {
		exchange
		want string // part of the failure
	}{
		"a status the document lacks":       {ticketRead(418, "", someNotFound), "is not described"},
		"a redirect":                        {ticketRead(302, "Location: /", ""), "is not described"},
		"a permanent redirect":              {ticketRead(308, "Location: /", ""), "is not described"},
		"a price as a string":               {ticketRead(200, "", edited("19.99", `"19.99"`)), "must be a number"},
		"a price in mills":                  {ticketRead(200, "", edited("19.99", "19.995")), "multiple of 0.01"},
		"a missing price":                   {ticketRead(200, "", edited(`"price":19.99,`, "")), "is missing"},
		"an unknown ticket status":          {ticketRead(200, "", edited("available", "gone")), "one of"},
		"an unknown field":                  {ticketRead(200, "", edited(`"title"`, `"passwordHash":"x","title"`)), "is unsupported"},
		"HTML":                              {ticketRead(200, "", "<html>"), "decode"},
		"an error as plain JSON":            {ticketRead(404, "Content-Type: application/json", someNotFound), "Content-Type"},
		"an error without a message":        {ticketRead(404, "", `{"type":"/problems/not-found","title":"Not Found","status":404,"errors":[]}`), "minItems"},
		"a malformed Link":                  {exchange{"GET", "/api/tickets", "", "", 200, "Link: /api/tickets", "[" + someTicket + "]"}, `"Link"`},
		"a sign-in without a cookie":        {exchange{"POST", "/api/users/signin", `{"email":"a@b.de","password":"x"}`, "", 200, "", `{"id":"` + someID + `","email":"a@b.de"}`}, `"Set-Cookie" missing`},
		"a cookie that scripts can read":    {exchange{"POST", "/api/users/signout", "{}", "", 200, "Set-Cookie: ticketing=; Path=/; Max-Age=0; SameSite=Lax", "{}"}, `"Set-Cookie"`},
		"503 without Retry-After":           {exchange{"GET", "/api/tickets", "", "", 503, "", withStatus("503")}, `"Retry-After" missing`},
		"204 with a body":                   {exchange{"DELETE", "/api/orders/" + someID, "", "ticketing=x", 204, "", "{}"}, "has a body"},
		"Allow with a method too many":      {exchange{"PATCH", "/api/tickets", "", "", 405, "Allow: GET, POST, DELETE", withStatus("405")}, `want "GET, POST, HEAD"`},
		"a path the document lacks":         {exchange{"GET", "/api/nowhere", "", "", 200, "", "{}"}, "is not described"},
		"a cancellation without a session":  {exchange{"DELETE", "/api/orders/" + someID, "", "", 204, "", ""}, "the request was accepted"},
		"a ticket listed for nothing":       {exchange{"POST", "/api/tickets", `{"title":"Front row","price":0}`, "ticketing=x", 201, "", someTicket}, "the request was accepted"},
		"a ticket listed by a form":         {exchange{"POST", "/api/tickets", `title=Front row`, "ticketing=x", 201, "", someTicket}, "the request was accepted"},
		"a page longer than the page limit": {exchange{"GET", "/api/tickets?limit=100000", "", "", 200, "", "[]"}, "the request was accepted"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := failureOf(t, c.exchange); !strings.Contains(got, c.want) {
				t.Errorf("the watch fails with %q, want %q", got, c.want)
			}
		})
	}
}

func TestOpenAPIWatchAllowsATicket(t *testing.T) {
	if got := failureOf(t, ticketRead(http.StatusOK, "", someTicket)); got != "" {
		t.Errorf("the watch fails with %q", got)
	}
}

// failureOf returns what the watch complains about in an exchange.
func failureOf(t *testing.T, e exchange) string {
	t.Helper()
	test := &recorder{TB: t}
	w := watched(test)
	w.next = roundTrip(func(r *http.Request) (*http.Response, error) { return e.response(r), nil })
	request, err := http.NewRequestWithContext(t.Context(), e.method, "http://api"+e.path, strings.NewReader(e.sent))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Cookie", e.cookie)
	if e.sent != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	if _, err := w.RoundTrip(request); err != nil {
		t.Fatal(err)
	}
	return strings.Join(test.failures, "\n")
}

func (e exchange) response(r *http.Request) *http.Response {
	header := http.Header{"Content-Type": {"application/json"}}
	if e.status >= http.StatusBadRequest {
		header.Set("Content-Type", "application/problem+json")
	}
	if name, value, ok := strings.Cut(e.header, ": "); ok {
		header.Set(name, value)
	}
	return &http.Response{StatusCode: e.status, Header: header, Body: io.NopCloser(strings.NewReader(e.body)), Request: r}
}

// recorder is a test that collects its failures.
type recorder struct {
	testing.TB
	failures []string
}

func (r *recorder) Errorf(format string, args ...any) {
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

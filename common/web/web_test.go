package web

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"ticketing.dev/common/money"
	"ticketing.dev/common/problem"
)

type listing struct {
	Title string        `json:"title" validate:"required,max=5" message:"Title must have 1 to 5 characters"`
	Price money.Dollars `json:"price" message:"Price must be an amount"`
}

// api is a small service with a route for each thing that is tested.
func api() http.Handler {
	r := NewRouter(slog.New(slog.DiscardHandler), nil)
	r.Method(http.MethodPost, "/listings", Handler(func(w http.ResponseWriter, r *http.Request) error {
		body, err := Decode[listing](w, r)
		if err != nil {
			return err
		}
		return JSON(w, http.StatusCreated, body)
	}))
	r.Method(http.MethodGet, "/listings", Handler(func(w http.ResponseWriter, r *http.Request) error {
		page, err := ParsePage(r)
		if err != nil {
			return err
		}
		things := []string{"65a000000000000000000003", "65a000000000000000000002", "65a000000000000000000001"}
		return List(w, r, page, things[:min(len(things), page.Limit+1)], func(s string) string { return s }, strings.ToUpper)
	}))
	r.With(middleware.NoCache).Method(http.MethodPut, "/listings/{id}", Handler(func(_ http.ResponseWriter, r *http.Request) error {
		return fmt.Errorf("in %s: %w", chi.URLParam(r, "id"), problem.ErrNotOwner)
	}))
	r.Get("/panic", func(http.ResponseWriter, *http.Request) { panic("oops") })
	r.Method(http.MethodGet, "/broken", Handler(func(http.ResponseWriter, *http.Request) error { return errors.New("the password is hunter2") }))
	r.Method(http.MethodGet, "/busy", Handler(func(http.ResponseWriter, *http.Request) error {
		return &problem.Error{Kind: problem.Unavailable, Details: []problem.Detail{{Message: "Busy"}}, RetryAfter: 1}
	}))
	return r
}

func send(method, path, body string, header ...string) *http.Response {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	api().ServeHTTP(w, r)
	return w.Result()
}

var asJSON = []string{"Content-Type", "application/json"}

func TestEveryRefusalHasItsStatusAndTheCommonForm(t *testing.T) {
	long := `{"title":"` + strings.Repeat("x", 70<<10) + `"}`
	for _, c := range []struct {
		what, method, path, body string
		header                   []string
		status                   int
		message, field           string
	}{
		{"not JSON", "POST", "/listings", `{"title":`, asJSON, 400, "Body is not a valid JSON object", ""},
		{"an array", "POST", "/listings", `[]`, asJSON, 400, "Body is not a valid JSON object", ""},
		{"two objects", "POST", "/listings", `{"title":"a"}{}`, asJSON, 400, "Body is not a valid JSON object", ""},
		{"bytes that aren't UTF-8", "POST", "/listings", "{\"title\":\"a\xff\",\"price\":1}", asJSON, 400, "Body is not valid UTF-8", ""},
		{"no body", "POST", "/listings", ``, asJSON, 400, "Body is empty", ""},
		{"null", "POST", "/listings", `null`, asJSON, 400, "Title must have 1 to 5 characters", "title"},
		{"a wrong type", "POST", "/listings", `{"title":1}`, asJSON, 400, "Title must have 1 to 5 characters", "title"},
		{"a wrong amount", "POST", "/listings", `{"title":"a","price":"20"}`, asJSON, 400, "Price must be an amount", "price"},
		{"too long a title", "POST", "/listings", `{"title":"abcdef","price":1}`, asJSON, 400, "Title must have 1 to 5 characters", "title"},
		{"a huge body", "POST", "/listings", long, asJSON, 413, "Body is longer than 64 KiB", ""},
		{"a form", "POST", "/listings", `title=a`, []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, "Content-Type must be application/json", ""},
		{"no content type", "POST", "/listings", `{}`, nil, 415, "Content-Type must be application/json", ""},
		{"an unknown route", "GET", "/nowhere", ``, nil, 404, "Not found", ""},
		{"a wrong method", "DELETE", "/listings", ``, nil, 405, "Method not allowed", ""},
		{"another's thing", "PUT", "/listings/1", ``, nil, 401, "Not authorized", ""},
		{"another site", "POST", "/listings", `{"title":"a"}`, append(asJSON, "Sec-Fetch-Site", "cross-site"), 403, "Cross-site request refused", ""},
		{"another origin", "POST", "/listings", `{"title":"a"}`, append(asJSON, "Origin", "https://evil.example"), 403, "Cross-site request refused", ""},
		{"a limit of words", "GET", "/listings?limit=ten", ``, nil, 400, "limit must be a whole number from 1 to 1000", "limit"},
		{"a limit of nothing", "GET", "/listings?limit=0", ``, nil, 400, "limit must be a whole number from 1 to 1000", "limit"},
		{"too high a limit", "GET", "/listings?limit=1001", ``, nil, 400, "limit must be a whole number from 1 to 1000", "limit"},
		{"after no id", "GET", "/listings?after=x", ``, nil, 400, "after must be an id", "after"},
		{"after an id in capitals", "GET", "/listings?after=65A000000000000000000003", ``, nil, 400, "after must be an id", "after"},
		{"a panic", "GET", "/panic", ``, nil, 500, "Something went wrong", ""},
		{"an unexpected error", "GET", "/broken", ``, nil, 500, "Something went wrong", ""},
		{"too much at once", "GET", "/busy", ``, nil, 503, "Busy", ""},
	} {
		t.Run(c.what, func(t *testing.T) {
			res := send(c.method, c.path, c.body, c.header...)
			if res.StatusCode != c.status {
				t.Errorf("status %d, want %d", res.StatusCode, c.status)
			}
			if got := res.Header.Get("Content-Type"); got != "application/problem+json" {
				t.Errorf("content type %q", got)
			}
			var body document
			if err := json.NewDecoder(res.Body).Decode(&body); err != nil {
				t.Fatal(err)
			}
			want := document{body.Type, http.StatusText(c.status), c.status, []problem.Detail{{Message: c.message, Field: c.field}}}
			if !strings.HasPrefix(body.Type, "/problems/") || fmt.Sprint(body) != fmt.Sprint(want) {
				t.Errorf("body %+v, want %+v", body, want)
			}
		})
	}
}

func TestHeadersOfRefusals(t *testing.T) {
	if got := send("PATCH", "/listings", "").Header.Get("Allow"); got != "GET, POST, HEAD" {
		t.Errorf("Allow %q", got)
	}
	if got := send("PATCH", "/listings/1", "").Header.Get("Allow"); got != "PUT" {
		t.Errorf("Allow %q", got)
	}
	if got := send("GET", "/nowhere", "", "X-Request-Id", "a\tb").Header.Get("X-Request-Id"); len(got) < 20 {
		t.Errorf("X-Request-Id %q for an invalid one", got)
	}
	if got := send("GET", "/busy", "").Header.Get("Retry-After"); got != "1" {
		t.Errorf("Retry-After %q", got)
	}
	if got := send("GET", "/nowhere", "", "X-Request-Id", "abc").Header.Get("X-Request-Id"); got != "abc" {
		t.Errorf("X-Request-Id %q", got)
	}
}

func TestHeadIsGetWithoutABody(t *testing.T) {
	if res := send("HEAD", "/listings", ""); res.StatusCode != 200 || res.Header.Get("Content-Type") != "application/json" {
		t.Errorf("HEAD is answered %d %v", res.StatusCode, res.Header)
	}
}

func TestDecode(t *testing.T) {
	res := send("POST", "/listings", `{"title":"Gig","price":19.99,"unknown":1}`, "Content-Type", "application/json; charset=utf-8")
	body, _ := io.ReadAll(res.Body)
	if res.StatusCode != 201 || string(body) != `{"title":"Gig","price":19.99}` {
		t.Errorf("%d %s", res.StatusCode, body)
	}
}

func TestListLeadsToTheNextPage(t *testing.T) {
	res := send("GET", "/listings?limit=2&seller=me", "")
	body, _ := io.ReadAll(res.Body)
	if want := `["65A000000000000000000003","65A000000000000000000002"]`; string(body) != want {
		t.Errorf("body %s, want %s", body, want)
	}
	if got, want := res.Header.Get("Link"), `</listings?after=65a000000000000000000002&limit=2&seller=me>; rel="next"`; got != want {
		t.Errorf("Link %s, want %s", got, want)
	}
	if res := send("GET", "/listings?limit=3", ""); res.Header.Get("Link") != "" {
		t.Errorf("the last page leads to %s", res.Header.Get("Link"))
	}
}

func TestAnEmptyListIsAnArray(t *testing.T) {
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/", nil)
	if err := List(w, r, Page{Limit: 1}, nil, func(s string) string { return s }, strings.ToUpper); err != nil {
		t.Fatal(err)
	}
	if got := w.Body.String(); got != "[]" {
		t.Errorf("body %s", got)
	}
}

func TestStalledBodiesTimeOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := net.Pipe()
		l := &oneConnection{server}
		s := &http.Server{Handler: api()}
		go s.Serve(l)
		defer s.Close()
		fmt.Fprintf(client, "POST /listings HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{")
		start := time.Now()
		if _, err := bufio.NewReader(client).ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(start); waited != requestTimeout {
			t.Errorf("answered after %s", waited)
		}
	})
}

// oneConnection is a listener to which one client has come.
type oneConnection struct{ conn net.Conn }

func (l *oneConnection) Accept() (net.Conn, error) {
	if l.conn == nil {
		return nil, net.ErrClosed
	}
	defer func() { l.conn = nil }()
	return l.conn, nil
}

func (l *oneConnection) Close() error   { return nil }
func (l *oneConnection) Addr() net.Addr { return &net.TCPAddr{} }

package gateway_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ticketing.dev/local/gateway"
)

const manifest = "../../infra/k8s/ingress-srv.yaml"

// serve runs a gateway with the routes of the manifest.
func serve(t *testing.T, backends gateway.Backends) *httptest.Server {
	t.Helper()
	routes, err := gateway.ReadRoutes(manifest)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(gateway.New(routes, backends, slog.New(slog.DiscardHandler)))
	t.Cleanup(s.Close)
	return s
}

// replica runs a backend until the test ends.
func replica(t *testing.T, h http.HandlerFunc) *url.URL {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return parse(t, s.URL)
}

func parse(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// unused is an address on which no server listens.
func unused(t *testing.T) *url.URL {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return &url.URL{Scheme: "http", Host: l.Addr().String()}
}

func fixed(replicas ...*url.URL) gateway.Backends {
	return func(string) []*url.URL { return replicas }
}

func send(t *testing.T, method, address string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}

func TestRoutesOfTheManifest(t *testing.T) {
	routes, err := gateway.ReadRoutes(manifest)
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]string)
	for _, r := range routes {
		got[r.Path] = r.Service
	}
	want := map[string]string{
		"/api/users":    "auth-srv",
		"/api/tickets":  "tickets-srv",
		"/api/orders":   "orders-srv",
		"/api/payments": "payments-srv",
		"/":             "client-srv",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("routes %v; want %v", got, want)
	}
}

func TestPrefixIsOfWholeSegments(t *testing.T) {
	backends := make(map[string]*url.URL)
	for _, service := range []string{"auth-srv", "tickets-srv", "orders-srv", "payments-srv", "client-srv"} {
		backends[service] = replica(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, service) })
	}
	g := serve(t, func(service string) []*url.URL { return []*url.URL{backends[service]} })

	for path, want := range map[string]string{
		"/api/users":             "auth-srv",
		"/api/users/":            "auth-srv",
		"/api/users/signup":      "auth-srv",
		"/api/users?a=b":         "auth-srv",
		"/api/usersfoo":          "client-srv",
		"/api/user":              "client-srv",
		"/api/tickets/1/2":       "tickets-srv",
		"/api/orders":            "orders-srv",
		"/api/payments/webhook":  "payments-srv",
		"/API/orders":            "client-srv",
		"/":                      "client-srv",
		"/tickets/api/orders":    "client-srv",
		"/_next/static/chunk.js": "client-srv",
	} {
		if _, got := send(t, http.MethodGet, g.URL+path); got != want {
			t.Errorf("%s goes to %s; want %s", path, got, want)
		}
	}
}

func TestRequestIsPassedOn(t *testing.T) {
	type seen struct{ Method, Host, Query, ForwardedHost, ForwardedFor, ForwardedProto string }
	g := serve(t, fixed(replica(t, func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(seen{r.Method, r.Host, r.URL.RawQuery,
			r.Header.Get("X-Forwarded-Host"), r.Header.Get("X-Forwarded-For"), r.Header.Get("X-Forwarded-Proto")})
	})))

	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, g.URL+"/api/tickets/1?a=b", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Forwarded-For", "203.0.113.9") // made up by the client
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var got seen
	if err := json.NewDecoder(response.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	host := parse(t, g.URL).Host
	if want := (seen{"PUT", host, "a=b", host, "127.0.0.1", "http"}); got != want {
		t.Errorf("the service saw %+v; want %+v", got, want)
	}
}

func TestReplicasTakeTurns(t *testing.T) {
	first := replica(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "1") })
	second := replica(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "2") })
	g := serve(t, fixed(first, second))

	count := make(map[string]int)
	for range 10 {
		_, body := send(t, http.MethodPost, g.URL+"/api/orders")
		count[body]++
	}
	if count["1"] != 5 || count["2"] != 5 {
		t.Errorf("answers by replica %v; want five of each", count)
	}
}

// No request fails while a replica restarts.
func TestReplicaAway(t *testing.T) {
	echo := replica(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })
	g := serve(t, fixed(echo, unused(t)))
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
		for range 4 {
			response, err := http.DefaultClient.Do(request(t, method, g.URL+"/api/tickets", "asked"))
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(response.Body)
			response.Body.Close()
			if response.StatusCode != http.StatusOK || string(body) != "asked" || err != nil {
				t.Errorf("%s: %s %q (%v); want what was sent, from the replica that is there", method, response.Status, body, err)
			}
		}
	}
}

// request has a body.
func request(t *testing.T, method, url, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A replica that dies may have done what it was asked for.
func TestRequestsThatReachedAReplicaAreNotResent(t *testing.T) {
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		var came atomic.Int64
		dies := func(http.ResponseWriter, *http.Request) { came.Add(1); panic(http.ErrAbortHandler) }
		g := serve(t, fixed(replica(t, dies), replica(t, dies)))
		response, err := http.DefaultClient.Do(request(t, method, g.URL+"/api/payments", "{}"))
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusServiceUnavailable || came.Load() != 1 {
			t.Errorf("%s: %s, sent %d times", method, response.Status, came.Load())
		}
	}
}

func TestServiceAway(t *testing.T) {
	broken := replica(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	for name, backends := range map[string]gateway.Backends{
		"not running":         fixed(),
		"no replica listens":  fixed(unused(t), unused(t)),
		"dies while it works": fixed(broken),
	} {
		t.Run(name, func(t *testing.T) {
			response, body := send(t, http.MethodPost, serve(t, backends).URL+"/api/payments")
			if response.StatusCode != http.StatusServiceUnavailable || response.Header.Get("Retry-After") != "1" ||
				response.Header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("answered %s %v", response.Status, response.Header)
			}
			var problem struct{ Errors []struct{ Message string } }
			if err := json.Unmarshal([]byte(body), &problem); err != nil || len(problem.Errors) != 1 || problem.Errors[0].Message == "" {
				t.Errorf("body %s (%v)", body, err)
			}
		})
	}
}

// A backend's address is asked for at each request: a process that is started again is found.
func TestReplicaMoves(t *testing.T) {
	now := unused(t)
	g := serve(t, func(string) []*url.URL { return []*url.URL{now} })
	if response, _ := send(t, http.MethodGet, g.URL+"/api/tickets"); response.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("before it is there: %s", response.Status)
	}
	now = replica(t, func(http.ResponseWriter, *http.Request) {})
	if response, _ := send(t, http.MethodGet, g.URL+"/api/tickets"); response.StatusCode != http.StatusOK {
		t.Errorf("once it is there: %s", response.Status)
	}
}

func TestStreamIsFlushed(t *testing.T) {
	received := make(chan struct{})
	g := serve(t, fixed(replica(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(len("first\nsecond\n"))) // what has no length is flushed anyway
		fmt.Fprintln(w, "first")
		w.(http.Flusher).Flush()
		select {
		case <-received: // what is flushed arrives before the response ends
			fmt.Fprintln(w, "second")
		case <-r.Context().Done():
		}
	})))

	client := http.Client{Timeout: 10 * time.Second}
	response, err := client.Get(g.URL + "/api/tickets")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	if !lines.Scan() || lines.Text() != "first" {
		t.Fatalf("first line %q, %v", lines.Text(), lines.Err())
	}
	close(received)
	if !lines.Scan() || lines.Text() != "second" {
		t.Errorf("second line %q, %v", lines.Text(), lines.Err())
	}
}

func TestShutdownEndsStreams(t *testing.T) {
	routes, err := gateway.ReadRoutes(manifest)
	if err != nil {
		t.Fatal(err)
	}
	g := gateway.New(routes, fixed(replica(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, ":\n\n")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})), slog.New(slog.DiscardHandler))
	s := httptest.NewUnstartedServer(g)
	s.Config.RegisterOnShutdown(g.EndStreams)
	s.Start()
	t.Cleanup(s.Close)

	response, err := http.Get(s.URL + "/api/tickets/1/events")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	read := make(chan error, 1)
	go func() { _, err := io.ReadAll(response.Body); read <- err }()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := s.Config.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	if err := <-read; err != nil {
		t.Errorf("the stream ended with %v", err)
	}
}

func TestWithoutClient(t *testing.T) {
	g := serve(t, fixed())
	response, body := send(t, http.MethodGet, g.URL+"/")
	if response.StatusCode != http.StatusOK || !strings.Contains(body, "/api/tickets") || !strings.Contains(body, "not running") {
		t.Errorf("/ answers %s %q", response.Status, body)
	}
	response, body = send(t, http.MethodGet, g.URL+"/tickets/1")
	if response.StatusCode != http.StatusNotFound || !strings.Contains(body, "Not found") {
		t.Errorf("a page answers %s %q", response.Status, body)
	}
}

func TestUnreadableRoutes(t *testing.T) {
	if _, err := gateway.ReadRoutes("missing.yaml"); err == nil {
		t.Error("a missing manifest has routes")
	}
	for name, text := range map[string]string{
		"no YAML":    "\t",
		"other kind": "kind: Service",
		"no paths":   "kind: Ingress",
		"exact":      `{kind: Ingress, spec: {rules: [{http: {paths: [{path: /, pathType: Exact, backend: {service: {name: a}}}]}}]}}`,
		"relative":   `{kind: Ingress, spec: {rules: [{http: {paths: [{path: a, pathType: Prefix, backend: {service: {name: a}}}]}}]}}`,
		"no service": `{kind: Ingress, spec: {rules: [{http: {paths: [{path: /, pathType: Prefix}]}}]}}`,
		"empty":      "",
	} {
		if routes, err := gateway.Parse([]byte(text)); err == nil {
			t.Errorf("%s: routes %v; want an error", name, routes)
		}
	}
}

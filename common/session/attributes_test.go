package session

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"ticketing.dev/common/forwarded"
)

// cookieRequest is a request for a session, and whether its cookie must be Secure.
type cookieRequest struct {
	host, proto string
	tls         bool
	// askedFor is what a proxy says the visitor asked for; from is the proxy's address.
	askedFor, from string
	secure         bool
}

func (c cookieRequest) request() *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	r.Host, r.RemoteAddr = c.host, cmp.Or(c.from, "127.0.0.1:5")
	r.Header.Set("X-Forwarded-Host", c.askedFor)
	if c.proto != "" {
		r.Header.Set("X-Forwarded-Proto", c.proto)
	}
	if c.tls {
		r.TLS = new(tls.ConnectionState)
	}
	return r
}

// check fails the test for a cookie that another site or a script could use.
func (c cookieRequest) check(t *testing.T, cookie *http.Cookie) {
	t.Helper()
	name := "ticketing"
	if c.secure {
		name = "__Host-ticketing"
	}
	if cookie.Secure != c.secure || cookie.Name != name {
		t.Errorf("%+v: cookie %s, Secure %v", c, cookie.Name, cookie.Secure)
	}
	if cookie.Path != "/" || cookie.Domain != "" || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode {
		t.Errorf("%+v: cookie %v", c, cookie)
	}
}

func TestOnlyThisSiteGetsTheCookie(t *testing.T) {
	s := open(t, secret)
	s.proxies = forwarded.Proxies{netip.MustParsePrefix("127.0.0.0/8")}
	for _, c := range []cookieRequest{
		{host: "localhost:8080", askedFor: "ticketing.dev", secure: true},
		{host: "localhost:8080", askedFor: "ticketing.dev", proto: "https", secure: true},
		{host: "localhost:8080", askedFor: "localhost:8080", secure: false},
		{host: "auth-srv:3000", askedFor: "localhost:8080", secure: false},
		{host: "auth-srv:3000", askedFor: "localhost:8443", proto: "https", secure: true},
		{host: "ticketing.dev", askedFor: "localhost", from: "192.168.1.9:5", secure: true},
		{host: "localhost:8080", proto: "https", from: "192.168.1.9:5", secure: false},
		{host: "localhost", secure: false},
		{host: "localhost:8080", secure: false},
		{host: "LOCALHOST:8080", secure: false},
		{host: "ticketing.localhost:8080", secure: false},
		{host: "127.0.0.1:8080", secure: false},
		{host: "127.0.0.53", secure: false},
		{host: "[::1]", secure: false},
		{host: "[::1]:8080", secure: false},
		{host: "localhost:8080", proto: "http", secure: false},
		{host: "localhost:8443", proto: "https", secure: true},
		{host: "localhost:8443", proto: "HTTPS", secure: true},
		{host: "localhost:8443", tls: true, secure: true},
		{host: "ticketing.dev", secure: true},
		{host: "ticketing.dev", proto: "http", secure: true},
		{host: "ticketing.dev", proto: "https", secure: true},
		{host: "localhost.ticketing.dev", secure: true},
		{host: "notlocalhost", secure: true},
		{host: "192.168.49.2:8080", secure: true},
		{host: "", secure: true},
	} {
		started, ended := httptest.NewRecorder(), httptest.NewRecorder()
		if err := s.Start(started, c.request(), ada); err != nil {
			t.Fatal(err)
		}
		s.End(ended, c.request())
		start, end := started.Result().Cookies()[0], ended.Result().Cookies()[0]
		c.check(t, start)
		c.check(t, end)
		if start.MaxAge != 24*60*60 || start.Value == "" {
			t.Errorf("%+v: the cookie that starts a session is %v", c, start)
		}
		if end.MaxAge >= 0 || end.Value != "" {
			t.Errorf("%+v: the cookie that ends a session is %v", c, end)
		}
	}
}

func TestTheSecretsStrength(t *testing.T) {
	for _, test := range []struct {
		name        string
		key         string
		strong      bool
		ok, warning bool
	}{
		{"empty", "", false, false, false},
		{"empty where strong ones are required", "", true, false, false},
		{"weak", "asdf", false, true, true},
		{"weak where strong ones are required", "asdf", true, false, false},
		{"one byte short", strings.Repeat("k", 31), true, false, false},
		{"strong", strings.Repeat("k", 32), true, true, false},
		{"strong without need", strings.Repeat("k", 32), false, true, false},
	} {
		var log bytes.Buffer
		_, err := Open(Config{Key: test.key, RequireStrong: test.strong}, slog.New(slog.NewTextHandler(&log, nil)))
		if (err == nil) != test.ok {
			t.Errorf("%s: %v", test.name, err)
		}
		if warned := strings.Contains(log.String(), "level=WARN"); warned != test.warning {
			t.Errorf("%s: the log says %q", test.name, log.String())
		}
		if test.key != "" && strings.Contains(log.String(), test.key) {
			t.Errorf("%s: the log tells the secret", test.name)
		}
	}
}

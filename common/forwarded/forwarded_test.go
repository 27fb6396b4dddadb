package forwarded

import (
	"crypto/tls"
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestOnlyTrustedProxiesAreBelieved(t *testing.T) {
	proxies := Proxies{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	for _, test := range []struct {
		proxies             Proxies
		remote, host, proto string
		tls                 bool
		want                string
	}{
		{proxies, "127.0.0.1:5", "shop.example", "https", false, "https://shop.example"},
		{proxies, "127.0.0.1:5", "shop.example", "HTTPS", false, "https://shop.example"},
		{proxies, "[::1]:5", "shop.example", "https", false, "https://shop.example"},
		{proxies, "[::ffff:127.0.0.1]:5", "shop.example", "https", false, "https://shop.example"},
		{proxies, "127.0.0.1:5", "evil.example, shop.example", "http, https", false, "https://shop.example"},
		{proxies, "127.0.0.1:5", "", "", false, "http://localhost:8080"},
		{proxies, "127.0.0.1:5", "", "http", true, "http://localhost:8080"},
		{proxies, "192.168.1.9:5", "shop.example", "https", false, "http://localhost:8080"},
		{proxies, "192.168.1.9:5", "shop.example", "http", true, "https://localhost:8080"},
		{proxies, "pipe", "shop.example", "https", false, "http://localhost:8080"},
		{nil, "127.0.0.1:5", "shop.example", "https", false, "http://localhost:8080"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Host, r.RemoteAddr = "localhost:8080", test.remote
		r.Header.Set("X-Forwarded-Host", test.host)
		r.Header.Set("X-Forwarded-Proto", test.proto)
		if test.tls {
			r.TLS = new(tls.ConnectionState)
		}
		if host, scheme := test.proxies.Asked(r); scheme+"://"+host != test.want {
			t.Errorf("%+v: %s://%s", test, scheme, host)
		}
	}
}

// A proxy may add a line of its own instead of a value to the line that a client sent.
func TestTheLastLineCounts(t *testing.T) {
	r := httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr = "127.0.0.1:5"
	for _, host := range []string{"evil.example", "shop.example"} {
		r.Header.Add("X-Forwarded-Host", host)
	}
	for _, scheme := range []string{"http", "https"} {
		r.Header.Add("X-Forwarded-Proto", scheme)
	}
	proxies := Proxies{netip.MustParsePrefix("127.0.0.0/8")}
	if host, scheme := proxies.Asked(r); scheme+"://"+host != "https://shop.example" {
		t.Errorf("got %s://%s", scheme, host)
	}
}

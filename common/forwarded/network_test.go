package forwarded

import (
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestAVisitorCannotChooseTheirNetwork(t *testing.T) {
	trusted := Proxies{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	for name, c := range map[string]struct {
		peer      string
		forwarded []string
		want      string
	}{
		"no proxy":                          {"203.0.113.7:1", nil, "203.0.113.7/32"},
		"a forged header without a proxy":   {"203.0.113.7:1", []string{"192.0.2.1"}, "203.0.113.7/32"},
		"a proxy":                           {"10.0.0.1:1", []string{"203.0.113.7"}, "203.0.113.7/32"},
		"two proxies":                       {"10.0.0.1:1", []string{"203.0.113.7, 10.0.0.2"}, "203.0.113.7/32"},
		"a forged entry before the real":    {"10.0.0.1:1", []string{"192.0.2.1, 203.0.113.7"}, "203.0.113.7/32"},
		"a forged line before the real":     {"10.0.0.1:1", []string{"192.0.2.1", "203.0.113.7"}, "203.0.113.7/32"},
		"a forged proxy before the real":    {"10.0.0.1:1", []string{"10.0.0.3, 203.0.113.7"}, "203.0.113.7/32"},
		"a proxy that says nothing":         {"10.0.0.1:1", nil, "10.0.0.1/32"},
		"a proxy that says nonsense":        {"10.0.0.1:1", []string{"203.0.113.7, unknown"}, "10.0.0.1/32"},
		"a visitor inside":                  {"10.0.0.1:1", []string{"10.0.0.9"}, "10.0.0.9/32"},
		"IPv6 by its /64":                   {"[2001:db8:1:2:3:4:5:6]:1", nil, "2001:db8:1:2::/64"},
		"IPv6 behind a proxy":               {"[::1]:1", []string{"2001:db8:1:2::9"}, "2001:db8:1:2::/64"},
		"IPv4 mapped into IPv6":             {"[::ffff:203.0.113.7]:1", nil, "203.0.113.7/32"},
		"IPv4 mapped into IPv6 and a proxy": {"10.0.0.1:1", []string{"::ffff:203.0.113.7"}, "203.0.113.7/32"},
		"a link-local address with a zone":  {"[fe80::1%eth0]:1", nil, "fe80::/64"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr, r.Header["X-Forwarded-For"] = c.peer, c.forwarded
		if got := trusted.Network(r); got.String() != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestARequestWithoutAnAddressHasNoNetwork(t *testing.T) {
	r := httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr = "pipe"
	if got := (Proxies{}).Network(r); got.IsValid() {
		t.Errorf("network %s", got)
	}
}

package gateway_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"ticketing.dev/common/forwarded"
	"ticketing.dev/local/gateway"
)

func TestOnlyTrustedProxiesSayWhatTheVisitorAskedFor(t *testing.T) {
	routes, err := gateway.ReadRoutes(manifest)
	if err != nil {
		t.Fatal(err)
	}
	service := replica(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.Header["X-Forwarded-Proto"], r.Header["X-Forwarded-Host"])
	})
	for network, want := range map[string]string{
		"127.0.0.0/8":  "[https] [shop.example]",
		"192.0.2.0/24": "[http] [HOST]",
	} {
		g := gateway.New(routes, fixed(service), slog.New(slog.DiscardHandler))
		g.Trust(forwarded.Proxies{netip.MustParsePrefix(network)})
		s := httptest.NewServer(g)
		t.Cleanup(s.Close)
		body := sendForwarded(t, s.URL+"/api/users/currentuser")
		if want := strings.Replace(want, "HOST", parse(t, s.URL).Host, 1); body != want {
			t.Errorf("from 127.0.0.1, trusting %s: %s, want %s", network, body, want)
		}
	}
}

// The client calls the services for its visitors, and each visitor's limits are their own.
func TestOnlyTrustedProxiesSayWhereTheVisitorIs(t *testing.T) {
	routes, err := gateway.ReadRoutes(manifest)
	if err != nil {
		t.Fatal(err)
	}
	loopback := forwarded.Proxies{netip.MustParsePrefix("127.0.0.0/8")}
	service := replica(t, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, loopback.Network(r)) })
	for network, want := range map[string]string{"127.0.0.0/8": "198.51.100.7/32", "192.0.2.0/24": "127.0.0.1/32"} {
		g := gateway.New(routes, fixed(service), slog.New(slog.DiscardHandler))
		g.Trust(forwarded.Proxies{netip.MustParsePrefix(network)})
		s := httptest.NewServer(g)
		t.Cleanup(s.Close)
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/api/tickets", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("X-Forwarded-For", "203.0.113.9, 198.51.100.7, 127.0.0.1") // the first one is made up
		if got := answerTo(t, request); got != want {
			t.Errorf("trusting %s, the service sees a visitor at %s, want %s", network, got, want)
		}
	}
}

// sendForwarded asks as a proxy would that was asked for https://shop.example.
func sendForwarded(t *testing.T, address string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Forwarded-Proto", "https")
	request.Header.Set("X-Forwarded-Host", "shop.example")
	return answerTo(t, request)
}

// answerTo returns the body of the response.
func answerTo(t *testing.T, request *http.Request) string {
	t.Helper()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

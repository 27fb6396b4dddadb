package gateway_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"ticketing.dev/local/gateway"
)

func TestUpgradesReachAServiceOnlyIfAllowed(t *testing.T) {
	routes, err := gateway.ReadRoutes(manifest)
	if err != nil {
		t.Fatal(err)
	}
	service := replica(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.Header["Connection"], r.Header["Upgrade"])
	})
	for allowed, want := range map[bool]string{false: "[] []", true: "[Upgrade] [websocket]"} {
		g := gateway.New(routes, fixed(service), slog.New(slog.DiscardHandler))
		if allowed {
			g.AllowUpgrades()
		}
		s := httptest.NewServer(g)
		t.Cleanup(s.Close)
		r := request(t, http.MethodGet, s.URL+"/nope", "")
		r.Header.Set("Connection", "keep-alive, Upgrade")
		r.Header.Set("Upgrade", "websocket")
		if got := answerTo(t, r); got != want {
			t.Errorf("allowed %t: the service sees %s, want %s", allowed, got, want)
		}
	}
}

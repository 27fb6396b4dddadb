package gateway_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"ticketing.dev/local/gateway"
)

func TestTheGatewayAnswersOnlyUnderItsOwnNames(t *testing.T) {
	routes, err := gateway.ReadRoutes(manifest)
	if err != nil {
		t.Fatal(err)
	}
	service := replica(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") })
	g := gateway.New(routes, fixed(service), slog.New(slog.DiscardHandler))
	g.AllowHosts("ticketing.dev", " Shop.Example")
	for host, want := range map[string]int{
		"localhost:8080": http.StatusOK, "LOCALHOST": http.StatusOK, "a.localhost:1": http.StatusOK, "127.0.0.1:8080": http.StatusOK,
		"[::1]:8080": http.StatusOK, "[::1]": http.StatusOK, "192.0.2.7": http.StatusOK, "ticketing.dev": http.StatusOK,
		"ticketing.dev.:443": http.StatusOK, "shop.example": http.StatusOK,
		"attacker.example": http.StatusForbidden, "attacker.example:8080": http.StatusForbidden,
		"localhost.attacker.example": http.StatusForbidden, "127.0.0.1.attacker.example": http.StatusForbidden,
		"www.ticketing.dev": http.StatusForbidden, "xlocalhost": http.StatusForbidden, "": http.StatusForbidden,
	} {
		for _, path := range []string{"/api/users/currentuser", "/"} {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			r.Host = host
			w := httptest.NewRecorder()
			g.ServeHTTP(w, r)
			if w.Code != want {
				t.Errorf("%s under %q is answered %d, not %d", path, host, w.Code, want)
			}
		}
	}
}

package servicetest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"ticketing.dev/common/ratelimit"
	"ticketing.dev/common/service"
	"ticketing.dev/common/session"
)

// OneWrite allows each address one write, for WritesAreLimited.
var OneWrite = ratelimit.WriteConfig{Network: ratelimit.Rate{Burst: 1, PerHour: 1}}

// WritesAreLimited checks that a service with the limits of OneWrite refuses the second write of each address, on
// every route except those whose limits are others, such as "POST /api/users/signin".
func WritesAreLimited(t *testing.T, c *Client, s service.Service, except ...string) {
	t.Helper()
	routes := chi.NewRouter()
	s.Routes(routes)
	checked := 0
	err := chi.Walk(routes, func(method, path string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if method == http.MethodGet || slices.Contains(except, method+" "+path) {
			return nil
		}
		checked++
		write := func(user int) Answer {
			as := session.User{ID: fmt.Sprintf("%024x", user), Email: "ada@example.com"}
			return c.DoWith(as, "X-Forwarded-For", fmt.Sprintf("192.0.2.%d", checked), method, strings.ReplaceAll(path, "{id}", "65a000000000000000000001"), "{}")
		}
		if a := write(1); a.Status == http.StatusTooManyRequests {
			t.Errorf("the first %s %s is answered %d %s", method, path, a.Status, a.Body)
		}
		a := write(2)
		if a.Status != http.StatusTooManyRequests || a.Header.Get("Retry-After") == "" || !strings.Contains(a.Body, `"/problems/too-many-writes"`) {
			t.Errorf("the second %s %s is answered %d %s, Retry-After %q", method, path, a.Status, a.Body, a.Header.Get("Retry-After"))
		}
		return nil
	})
	if err != nil || checked == 0 {
		t.Errorf("checked %d routes: %v", checked, err)
	}
}

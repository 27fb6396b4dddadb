package sessiontest

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"ticketing.dev/common/session"
)

func TestTheCookieSignsItsUserIn(t *testing.T) {
	ada := session.User{ID: "65f1c0ffee65f1c0ffee65f1", Email: "ada@example.com"}
	sessions, err := session.Open(session.Config{Key: "asdf"}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.AddCookie(Cookie(t, "asdf", ada))
	sessions.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if got, err := session.Require(r); err != nil || got != ada {
			t.Errorf("got %v, %v", got, err)
		}
	})).ServeHTTP(httptest.NewRecorder(), r)
}

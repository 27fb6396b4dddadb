// Package sessiontest signs users in where a service is tested without the one that signs them in.
package sessiontest

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"ticketing.dev/common/session"
)

// Cookie makes the cookie that a user gets who signs in on this machine. key is the JWT_KEY of the
// service under test.
func Cookie(tb testing.TB, key string, u session.User) *http.Cookie {
	tb.Helper()
	sessions, err := session.Open(session.Config{Key: key}, slog.New(slog.DiscardHandler))
	if err != nil {
		tb.Fatal(err)
	}
	w := httptest.NewRecorder()
	if err := sessions.Start(w, httptest.NewRequest(http.MethodPost, "http://localhost/", nil), u); err != nil {
		tb.Fatal(err)
	}
	return w.Result().Cookies()[0]
}

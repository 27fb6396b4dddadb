package session

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// BenchmarkRead reads a request's session, as each service does for each request.
func BenchmarkRead(b *testing.B) {
	sessions := open(b, strings.Repeat("k", strongKey))
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "http://localhost/", nil)
	if err := sessions.Start(w, r, User{ID: "65f1c0ffee65f1c0ffee65f1", Email: "ada@example.com"}); err != nil {
		b.Fatal(err)
	}
	r.AddCookie(w.Result().Cookies()[0])
	b.ReportAllocs()
	for b.Loop() {
		if _, err := sessions.read(r); err != nil {
			b.Fatal(err)
		}
	}
}

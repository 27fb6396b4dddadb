package auth

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"ticketing.dev/common/session"
	"ticketing.dev/common/web"
)

// signedIn returns the routes of a service without a database, and a signed-in user's request for currentuser.
func signedIn(tb testing.TB) (http.Handler, *http.Request) {
	tb.Helper()
	log := slog.New(slog.DiscardHandler)
	sessions, err := session.Open(session.Config{Key: "a secret of thirty-two bytes or more"}, log)
	if err != nil {
		tb.Fatal(err)
	}
	s := &Service{sessions: sessions, log: log}
	router := web.NewRouter(log, s.Identify)
	s.Routes(router)
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "http://localhost/api/users/currentuser", nil)
	user := session.User{ID: "65f1c0ffee65f1c0ffee65f1", Email: "ada@example.com"}
	if err := sessions.Give(w, r, session.Session{User: user, Number: 1, Started: time.Now()}); err != nil {
		tb.Fatal(err)
	}
	r.AddCookie(w.Result().Cookies()[0])
	return router, r
}

// sink is a response without the recorder's own allocations.
type sink struct {
	header http.Header
	bytes  int
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) WriteHeader(int)             {}
func (s *sink) Write(b []byte) (int, error) { s.bytes += len(b); return len(b), nil }

// Without sockets, it took 124 allocations before a process remembered verified cookies.
func TestCurrentUserTakesFewAllocations(t *testing.T) {
	routes, r := signedIn(t)
	w := &sink{header: make(http.Header)}
	allocations := testing.AllocsPerRun(200, func() { routes.ServeHTTP(w, r) })
	if w.bytes == 0 || allocations > 22 {
		t.Errorf("%.0f allocations, %d bytes", allocations, w.bytes)
	}
}

func BenchmarkCurrentUser(b *testing.B) {
	routes, r := signedIn(b)
	w := &sink{header: make(http.Header)}
	b.ReportAllocs()
	for b.Loop() {
		routes.ServeHTTP(w, r)
	}
}

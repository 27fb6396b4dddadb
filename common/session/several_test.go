package session

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

var eve = User{ID: "65f1c0ffee65f1c0ffee65f2", Email: "eve@example.com"}

// at is a request to a host with a Cookie header.
func at(host, cookies string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	r.Host = host
	r.Header.Set("Cookie", cookies)
	return r
}

// reads is who is signed in at a host with a Cookie header.
func reads(s *Sessions, host, cookies string) (u User) {
	s.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		u, _ = From(r)
	})).ServeHTTP(httptest.NewRecorder(), at(host, cookies))
	return u
}

// Flask's default cookie has the name of ours of old, and a browser sends every cookie that fits the path.
func TestTheFirstValidCookieCounts(t *testing.T) {
	s := open(t, secret)
	const flask = `eyJ1c2VyIjoxfQ.ZxY.abc`
	foreign := start(t, open(t, "another secret of thirty-two bytes or more"), ada).Value
	good, other := start(t, s, ada).Value, start(t, s, eve).Value
	for _, name := range []string{"session", "ticketing", "__Host-ticketing"} {
		for header, want := range map[string]User{
			name + "=" + good: ada,
			name + "=" + flask + "; " + name + "=" + good:                     ada,
			name + "=" + good + "; " + name + "=" + flask:                     ada,
			name + "=" + foreign + "; theme=dark; " + name + "=" + good:       ada,
			name + "=; " + name + "=" + flask + "; " + name + "=" + good:      ada,
			name + "=" + good + "; " + name + "=" + other:                     ada,
			name + "=" + flask + "; " + name + "=" + foreign + "; theme=dark": {},
			"other" + name + "=" + good:                                       {},
		} {
			for _, host := range []string{"localhost:8080", "ticketing.dev"} {
				if got := reads(s, host, header); got != want {
					t.Errorf("%s, %s: signed in as %v, want %v", host, header, got, want)
				}
			}
		}
	}
}

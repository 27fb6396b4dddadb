package session

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// Flask's default cookie has the same name, and a browser sends every cookie that fits the path.
func TestTheGoodOneOfSeveralCookiesCounts(t *testing.T) {
	s := open(t, secret)
	good := "session=" + start(t, s, ada).Value
	eve := "session=" + start(t, s, User{ID: "65f1c0ffee65f1c0ffee65f2", Email: "eve@example.com"}).Value
	foreign := "session=" + start(t, open(t, "another secret of thirty-two bytes or more"), ada).Value
	const flask = `session=eyJ1c2VyIjoxfQ.ZxY.abc`
	for header, want := range map[string]User{
		good:                                    ada,
		flask + "; " + good:                     ada,
		good + "; " + flask:                     ada,
		foreign + "; theme=dark; " + good:       ada,
		"session=; " + flask + "; " + good:      ada,
		good + "; " + eve:                       ada,
		flask + "; " + foreign + "; theme=dark": {},
		"other" + good:                          {},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Cookie", header)
		var got User
		s.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			got, _ = From(r)
		})).ServeHTTP(httptest.NewRecorder(), r)
		if got != want {
			t.Errorf("%s: signed in as %v, want %v", header, got, want)
		}
	}
}

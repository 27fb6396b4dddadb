package session

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
)

// named makes sessions whose cookie has a name of its own over plain http.
func named(tb testing.TB, key, name string) *Sessions {
	tb.Helper()
	s, err := Open(Config{Key: key, CookieName: name}, slog.New(slog.DiscardHandler))
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// set are the cookies of a response, as "name" where it sets one and "-name" where it removes one.
func set(w *httptest.ResponseRecorder) []string {
	var all []string
	for _, c := range w.Result().Cookies() {
		if c.MaxAge < 0 {
			c.Name = "-" + c.Name
		}
		all = append(all, c.Name)
	}
	return all
}

func TestTheNameGoesByTheSchemeAndTheConfiguration(t *testing.T) {
	for _, c := range []struct{ configured, host, want string }{
		{"", "localhost:8080", "ticketing"},
		{"", "ticketing.dev", "__Host-ticketing"},
		{"ticketing-1a2b3c4d", "localhost:8080", "ticketing-1a2b3c4d"},
		{"ticketing-1a2b3c4d", "127.0.0.1", "ticketing-1a2b3c4d"},
		{"ticketing-1a2b3c4d", "ticketing.dev", "__Host-ticketing"},
	} {
		s := named(t, secret, c.configured)
		w := httptest.NewRecorder()
		if err := s.Start(w, at(c.host, ""), ada); err != nil {
			t.Fatal(err)
		}
		if got := set(w); !slices.Equal(got, []string{c.want}) {
			t.Errorf("%+v: it sets %q", c, got)
		}
		if got := reads(s, c.host, c.want+"="+w.Result().Cookies()[0].Value); got != ada {
			t.Errorf("%+v: the cookie signs %v in", c, got)
		}
	}
}

func TestTheNameOfTheSchemeGoesFirst(t *testing.T) {
	s := named(t, secret, "mine")
	a, e := start(t, s, ada).Value, start(t, s, eve).Value
	for _, c := range []struct {
		host, cookies string
		want          User
	}{
		{"ticketing.dev", "session=" + e + "; mine=" + e + "; __Host-ticketing=" + a, ada},
		{"ticketing.dev", "session=" + e + "; __Host-ticketing=forged; mine=" + a, ada},
		{"localhost", "session=" + e + "; __Host-ticketing=" + e + "; mine=" + a, ada},
		{"localhost", "session=" + a + "; mine=forged", ada},
		{"localhost", "ticketing=" + a, User{}}, // another system's
	} {
		if got := reads(s, c.host, c.cookies); got != c.want {
			t.Errorf("%s, %s: signed in as %v, want %v", c.host, c.cookies, got, c.want)
		}
	}
}

// What another program or another system keeps on the same host is left alone.
func TestSigningInAndOutEndsTheOtherSessions(t *testing.T) {
	s := named(t, secret, "mine")
	good, foreign := start(t, s, ada).Value, start(t, open(t, "the secret of another system on this host"), ada).Value
	for _, c := range []struct {
		host, cookies string
		want          []string // removed besides the first, which signing in sets and signing out removes
	}{
		{"localhost", "", []string{"mine"}},
		{"localhost", "mine=" + good + "; session=" + good, []string{"mine", "-session"}},
		{"localhost", "session=flask; session=" + good, []string{"mine", "-session"}},
		{"localhost", "session=flask; __Host-ticketing=" + foreign + "; theirs=" + good, []string{"mine"}},
		{"ticketing.dev", "session=" + good, []string{"__Host-ticketing", "-session"}},
		{"ticketing.dev", "session=" + good + "; mine=" + good + "; __Host-ticketing=" + good, []string{"__Host-ticketing", "-mine", "-session"}},
	} {
		in, out := httptest.NewRecorder(), httptest.NewRecorder()
		if err := s.Start(in, at(c.host, c.cookies), eve); err != nil {
			t.Fatal(err)
		}
		if got := set(in); !slices.Equal(got, c.want) {
			t.Errorf("%s, %s: signing in sets %q, want %q", c.host, c.cookies, got, c.want)
		}
		s.End(out, at(c.host, c.cookies))
		if want := append([]string{"-" + c.want[0]}, c.want[1:]...); !slices.Equal(set(out), want) {
			t.Errorf("%s, %s: signing out sets %q, want %q", c.host, c.cookies, set(out), want)
		}
	}
}

// Browsers drop a cookie with the prefix __Host- that isn't Secure, has a domain or another path.
func TestHostCookiesKeepTheirAttributes(t *testing.T) {
	s := open(t, secret)
	w := httptest.NewRecorder()
	s.End(w, at("localhost", "__Host-ticketing="+start(t, s, ada).Value))
	all := w.Result().Cookies()
	if i := slices.IndexFunc(all, func(c *http.Cookie) bool { return c.Name == hostName }); i < 0 {
		t.Errorf("it isn't removed: %v", all)
	} else if c := all[i]; !c.Secure || c.Path != "/" || c.Domain != "" {
		t.Errorf("the cookie is %v", c)
	}
}

func TestNamesThatNoCookieOverPlainHTTPCanHave(t *testing.T) {
	for _, name := range []string{"a b", "a;b", "a=b", "__Host-ticketing", "__secure-x", "größe"} {
		if _, err := Open(Config{Key: secret, CookieName: name}, slog.New(slog.DiscardHandler)); err == nil {
			t.Errorf("%q is taken", name)
		}
	}
}

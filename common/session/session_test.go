package session

import (
	"bytes"
	"encoding/base64"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/gorilla/securecookie"

	"ticketing.dev/common/problem"
)

const secret = "a secret of thirty-two bytes or more"

var ada = User{ID: "65f1c0ffee65f1c0ffee65f1", Email: "ada@example.com"}

// open makes sessions from a secret.
func open(tb testing.TB, key string) *Sessions {
	tb.Helper()
	s, err := Open(Config{Key: key}, slog.New(slog.DiscardHandler))
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// start signs a user in and returns the cookie.
func start(tb testing.TB, s *Sessions, u User) *http.Cookie {
	tb.Helper()
	w := httptest.NewRecorder()
	if err := s.Start(w, httptest.NewRequest(http.MethodPost, "/", nil), u); err != nil {
		tb.Fatal(err)
	}
	return w.Result().Cookies()[0]
}

// wrap puts a token, good or not, into a cookie that is good.
func wrap(tb testing.TB, s *Sessions, token string) string {
	tb.Helper()
	value, err := s.cookies.Encode(label, []byte(token))
	if err != nil {
		tb.Fatal(err)
	}
	return value
}

// who is what a handler behind the middleware learns from a cookie.
func who(tb testing.TB, s *Sessions, value string) (User, error) {
	tb.Helper()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.AddCookie(&http.Cookie{Name: oldName, Value: value})
	var user User
	var err error
	called := false
	s.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		called = true
		user, err = Require(r)
		if _, ok := From(r); ok != (err == nil) {
			tb.Errorf("From says %v, Require says %v", ok, err)
		}
	})).ServeHTTP(httptest.NewRecorder(), r)
	if !called {
		tb.Fatal("the middleware did not call the handler")
	}
	return user, err
}

func TestASessionIsReadAsItWasStarted(t *testing.T) {
	s := open(t, secret)
	for name, u := range map[string]User{
		"usual": ada,
		// JSON writes & in six bytes: no email of the 254 characters that auth allows is longer.
		"longest": {ID: ada.ID, Email: strings.Repeat("&", 242) + "@example.com"},
		"unicode": {ID: ada.ID, Email: "zoë@bücher.example"},
	} {
		if got, err := who(t, s, start(t, s, u).Value); err != nil || got != u {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
}

func TestEveryServiceReadsTheSessionsOfTheOthers(t *testing.T) {
	if got, err := who(t, open(t, secret), start(t, open(t, secret), ada).Value); err != nil || got != ada {
		t.Errorf("got %v, %v", got, err)
	}
}

// The bubble's clock starts at the time at which the golden cookies were made.
func TestTheWireFormIsPinned(t *testing.T) {
	for file, u := range map[string]User{
		"cookie.txt":        ada, // long enough to need no padding
		"cookie-bare.txt":   {ID: ada.ID, Email: "barbara@example.com"},
		"cookie-padded.txt": {ID: ada.ID, Email: "grace@example.com"}, // as they were once given
	} {
		golden, err := os.ReadFile("testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		synctest.Test(t, func(t *testing.T) {
			if got, err := who(t, open(t, secret), strings.TrimSpace(string(golden))); err != nil || got != u {
				t.Errorf("%s, which an earlier build made: got %v, %v", file, got, err)
			}
		})
	}
}

// What passes a cookie on may escape whatever else there is in it, and the services do not undo that.
func TestTheValueNeedsNoEscaping(t *testing.T) {
	plain := regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
	s := open(t, secret)
	for n := range 250 {
		u := User{ID: ada.ID, Email: strings.Repeat("a", n+1) + "@b.c"}
		value := start(t, s, u).Value
		if !plain.MatchString(value) {
			t.Errorf("%d characters of email: %s", len(u.Email), value)
		}
		if got, err := who(t, s, value); err != nil || got != u {
			t.Errorf("%d characters of email: got %v, %v", len(u.Email), got, err)
		}
	}
}

func TestTokensCarryUserAndExpiry(t *testing.T) {
	s := open(t, secret)
	s.tokens.now = func() time.Time { return time.Unix(1700000000, 0) }
	token, _, err := s.tokens.issue(Session{User: ada, Number: 7, Started: time.Unix(1699990000, 0)})
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(token, ".")
	for i, want := range []string{
		`{"alg":"HS256","typ":"JWT"}`,
		`{"email":"ada@example.com","sid":7,"auth_time":1699990000,"sub":"65f1c0ffee65f1c0ffee65f1","aud":["ticketing"],"exp":1700086400,"iat":1700000000}`,
	} {
		if got, err := base64.RawURLEncoding.DecodeString(parts[i]); err != nil || string(got) != want {
			t.Errorf("got %s (%v), want %s", got, err, want)
		}
	}
}

func TestNoCookieMeansNoUser(t *testing.T) {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	if u, ok := From(r); ok {
		t.Errorf("From: %v", u)
	}
	if _, err := Require(r); !errors.Is(err, problem.ErrNotAuthorized) {
		t.Errorf("Require: %v", err)
	}
	w := httptest.NewRecorder()
	open(t, secret).Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if u, ok := From(r); ok {
			t.Errorf("From behind the middleware: %v", u)
		}
		w.WriteHeader(http.StatusTeapot)
	})).ServeHTTP(w, r)
	if w.Code != http.StatusTeapot {
		t.Errorf("the request did not reach its handler: status %d", w.Code)
	}
}

func TestTamperedCookiesAreInvalid(t *testing.T) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	s := open(t, secret)
	value := []byte(start(t, s, ada).Value)
	for i, c := range value {
		// The other half of the alphabet: the highest of the six bits, which always counts.
		tampered := bytes.Clone(value)
		tampered[i] = alphabet[(strings.IndexByte(alphabet, c)+32)%64]
		if got, err := who(t, s, string(tampered)); err == nil {
			t.Errorf("byte %d of %d changed from %c to %c: signed in as %v", i, len(value), c, tampered[i], got)
		}
	}
	for n := range value {
		if got, err := who(t, s, string(value[:n])); err == nil {
			t.Errorf("cut after %d bytes: signed in as %v", n, got)
		}
	}
}

// The JWT_KEY of the manuals is public. Forging a session with it must at least
// know how the keys are derived.
func TestKeysAreDerivedFromTheSecret(t *testing.T) {
	s := open(t, "asdf")
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"sub": ada.ID, "email": ada.Email, "exp": time.Now().Add(time.Hour).Unix(),
	}).SignedString([]byte("asdf"))
	if err != nil {
		t.Fatal(err)
	}
	forged, err := securecookie.New([]byte("asdf"), nil).SetSerializer(securecookie.NopEncoder{}).Encode(label, []byte(token))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"raw": token, "in a cookie by asdf": forged, "in a good cookie": wrap(t, s, token)} {
		if got, err := who(t, s, value); err == nil {
			t.Errorf("%s: signed in as %v", name, got)
		}
	}
}

func TestTheTokenEnds(t *testing.T) {
	s := open(t, secret)
	value := start(t, s, ada).Value
	for after, want := range map[time.Duration]error{
		0:                      nil,
		lifetime - time.Minute: nil,
		lifetime + time.Second: problem.ErrNotAuthorized,
	} {
		s.tokens.now = func() time.Time { return time.Now().Add(after) }
		if _, err := who(t, s, value); !errors.Is(err, want) {
			t.Errorf("after %s: %v, want %v", after, err, want)
		}
	}
}

func TestTheCookieEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, secret)
		started := time.Now()
		s.tokens.now = func() time.Time { return started } // for the token no time passes
		value := start(t, s, ada).Value
		time.Sleep(lifetime)
		if _, err := who(t, s, value); err != nil {
			t.Errorf("after %s: %v", lifetime, err)
		}
		time.Sleep(time.Second)
		if got, err := who(t, s, value); err == nil {
			t.Errorf("a second later: signed in as %v", got)
		}
	})
}

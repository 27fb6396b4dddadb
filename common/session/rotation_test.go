package session

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// rotated opens sessions whose key replaces another, or is replaced by it.
func rotated(tb testing.TB, key, previous string) *Sessions {
	tb.Helper()
	s, err := Open(Config{Key: key, Previous: previous}, slog.New(slog.DiscardHandler))
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// device returns the cookie of a device on which ada signed in.
func device(tb testing.TB, s *Sessions) *http.Cookie {
	tb.Helper()
	w := httptest.NewRecorder()
	if err := s.RememberDevice(w, httptest.NewRequest(http.MethodPost, "/", nil), ada.Email); err != nil {
		tb.Fatal(err)
	}
	return w.Result().Cookies()[0]
}

func TestAKeyRotationKeepsEverySession(t *testing.T) {
	old, next := "the old secret of thirty-two bytes or so", "the new secret of thirty-two bytes or so"
	const yes, no = true, false
	steps := []*Sessions{open(t, old), rotated(t, old, next), rotated(t, next, old), open(t, next)}
	for from, accepts := range [][]bool{
		{yes, yes, yes, no},
		{yes, yes, yes, no},
		{no, yes, yes, yes},
		{no, yes, yes, yes},
	} {
		cookie, known := start(t, steps[from], ada).Value, device(t, steps[from])
		for at, want := range accepts {
			if got, err := who(t, steps[at], cookie); (err == nil) != want || want && got != ada {
				t.Errorf("a session from step %d is %v, %v at step %d", from, got, err, at)
			}
			r := httptest.NewRequest(http.MethodPost, "/", nil)
			r.AddCookie(known)
			if got := steps[at].Device(r, ada.Email) != ""; got != want {
				t.Errorf("a device from step %d is known at step %d: %v, want %v", from, at, got, want)
			}
		}
	}
}

// A signature with one key inside a cookie with the other would let a leaked half of the keys suffice.
func TestKeysOfTwoSecretsDoNotMix(t *testing.T) {
	old, next := open(t, strings.Repeat("o", strongKey)), open(t, strings.Repeat("n", strongKey))
	both := rotated(t, strings.Repeat("n", strongKey), strings.Repeat("o", strongKey))
	for _, mix := range [][2]*Sessions{{old, next}, {next, old}} {
		token, _, err := mix[0].tokens.issue(Session{User: ada, Started: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := who(t, both, wrap(t, mix[1], token)); err == nil {
			t.Errorf("signed in as %v", got)
		}
	}
}

func TestThePreviousSecretMustBeStrong(t *testing.T) {
	strong := strings.Repeat("k", strongKey)
	_, err := Open(Config{Key: strong, Previous: "asdf", RequireStrong: true}, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "JWT_KEY_PREVIOUS has 4 bytes") {
		t.Errorf("got %v", err)
	}
	if _, err := Open(Config{Key: strong, Previous: "asdf"}, slog.New(slog.DiscardHandler)); err != nil {
		t.Errorf("where strong keys aren't required: %v", err)
	}
}

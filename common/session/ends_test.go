package session

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// given returns the cookie of a session.
func given(tb testing.TB, s *Sessions, session Session) *http.Cookie {
	tb.Helper()
	w := httptest.NewRecorder()
	if err := s.Give(w, httptest.NewRequest(http.MethodPost, "/", nil), session); err != nil {
		tb.Fatal(err)
	}
	return w.Result().Cookies()[0]
}

func TestSessionsThatAuthEndedAreNoSessions(t *testing.T) {
	now := time.Now()
	for name, c := range map[string]struct {
		ends    Ends
		session Session
		ended   bool
	}{
		"one that goes on":                      {Ends{Last: 3, Live: []int64{1, 3}}, Session{Number: 1, Started: now}, false},
		"one that ended":                        {Ends{Last: 3, Live: []int64{1, 3}}, Session{Number: 2, Started: now}, true},
		"one that started since":                {Ends{Last: 3}, Session{Number: 4, Started: now}, false},
		"signed out everywhere":                 {Ends{Last: 3, Before: now}, Session{Number: 3, Started: now}, true},
		"of an earlier release, before the end": {Ends{Last: 3, Before: now.Add(time.Minute)}, Session{Started: now}, true},
		"of an earlier release, after the end":  {Ends{Last: 3, Before: now.Add(-time.Minute)}, Session{Started: now}, false},
		"of an earlier release, no such end":    {Ends{Last: 3}, Session{Started: now}, false},
	} {
		s := open(t, secret)
		c.session.User = ada
		cookie := given(t, s, c.session).Value
		if _, err := who(t, s, cookie); err != nil {
			t.Fatalf("%s: before the end: %v", name, err)
		}
		s.Learn(ada.ID, c.ends)
		if got, err := who(t, s, cookie); (err != nil) != c.ended {
			t.Errorf("%s: signed in as %v, %v", name, got, err)
		}
		c.session.User = eve
		if _, err := who(t, s, given(t, s, c.session).Value); err != nil {
			t.Errorf("%s: it also ends the sessions of others: %v", name, err)
		}
	}
}

func TestEndsInAnyOrderEndTheSame(t *testing.T) {
	s := open(t, secret)
	cookie := given(t, s, Session{User: ada, Number: 1, Started: time.Now()}).Value
	s.Learn(ada.ID, Ends{Version: 5, Last: 2})
	s.Learn(ada.ID, Ends{Version: 4, Last: 2, Live: []int64{1}})
	if _, err := who(t, s, cookie); err == nil {
		t.Error("older ends revived a session")
	}
	s.Forget(ada.ID, 4)
	if s.Known() != 1 {
		t.Error("newer ends are forgotten")
	}
	s.Forget(ada.ID, 5)
	if s.Known() != 0 {
		t.Error("ends aren't forgotten")
	}
}

func TestAnEndedCookieDoesNotHideAValidOne(t *testing.T) {
	s := open(t, secret)
	old, new := given(t, s, Session{User: ada, Number: 1, Started: time.Now()}), given(t, s, Session{User: ada, Number: 2, Started: time.Now()})
	s.Learn(ada.ID, Ends{Version: 1, Last: 1})
	if got := reads(s, "localhost", "ticketing="+old.Value+"; session="+new.Value); got != ada {
		t.Errorf("signed in as %v", got)
	}
}

func TestASessionInUseLastsUntilTheAbsoluteTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := Open(Config{Key: secret, Idle: time.Hour, Absolute: 3 * time.Hour}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		started := time.Now()
		session := Session{User: ada, Number: 1, Started: started}
		cookie := given(t, s, session)
		for time.Since(started) < 3*time.Hour-time.Second {
			time.Sleep(10 * time.Minute)
			read, err := s.open(cookie.Value)
			if err != nil {
				break
			}
			if s.Due(read) {
				cookie = given(t, s, read)
			}
		}
		if lasted := time.Since(started); lasted != 3*time.Hour {
			t.Errorf("a session in use lasted %s", lasted)
		}
	})
}

func TestASessionIsDueOnceItsTokenHasAged(t *testing.T) {
	s := open(t, secret)
	for age, want := range map[time.Duration]bool{RenewAfter - time.Minute: false, RenewAfter + time.Minute: true, lifetime - time.Minute: true} {
		made := time.Now().Add(-age)
		if got := s.Due(Session{User: ada, Number: 1, Started: made, issued: made}); got != want {
			t.Errorf("after %s: %v", age, got)
		}
		if s.Due(Session{User: ada, Started: made, issued: made}) {
			t.Error("a session without a number is renewed, so its start would be lost")
		}
	}
}

func TestATokenForOthersIsNoSession(t *testing.T) {
	f := newForger(t)
	for name, c := range map[string]struct {
		audience any
		valid    bool
	}{
		"ours": {"ticketing", true}, "ours among others": {[]string{"shop", "ticketing"}, true},
		"another": {"shop", false}, "others": {[]string{"shop", "bank"}, false},
	} {
		claims := f.claims()
		claims["aud"] = c.audience
		if _, err := who(t, f.s, wrap(t, f.s, f.sign(jwt.SigningMethodHS256, claims, f.s.tokens.key))); (err == nil) != c.valid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTimeoutsThatMakeNoSenseAreRefused(t *testing.T) {
	for _, c := range []Config{
		{Key: secret, Idle: time.Minute}, {Key: secret, Idle: -time.Hour}, {Key: secret, Idle: time.Hour, Absolute: time.Minute},
	} {
		if _, err := Open(c, slog.New(slog.DiscardHandler)); err == nil {
			t.Errorf("idle %s, absolute %s", c.Idle, c.Absolute)
		}
	}
}

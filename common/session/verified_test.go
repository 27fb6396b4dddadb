package session

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// remembered is how many cookies s remembers.
func remembered(s *Sessions) int { return len(s.verified.young) + len(s.verified.old) }

func TestARememberedCookieEndsWithItsToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, secret)
		value := start(t, s, ada).Value
		time.Sleep(lifetime - time.Second)
		if _, err := who(t, s, value); err != nil || remembered(s) != 1 {
			t.Fatalf("a second before the end: %v, %d cookies remembered", err, remembered(s))
		}
		time.Sleep(time.Second)
		if got, err := who(t, s, value); err == nil {
			t.Errorf("at the end: signed in as %v", got)
		}
	})
}

func TestARememberedCookieEndsWithItsTimestamp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, secret)
		started := time.Now()
		s.tokens.now = func() time.Time { return started } // the token never ends
		value := start(t, s, ada).Value
		time.Sleep(lifetime - time.Second)
		if _, err := who(t, s, value); err != nil || remembered(s) != 1 {
			t.Fatalf("a second before the end: %v, %d cookies remembered", err, remembered(s))
		}
		time.Sleep(2 * time.Second)
		if got, err := who(t, s, value); err == nil {
			t.Errorf("a second after the end: signed in as %v", got)
		}
	})
}

func TestARememberedCookieIsVerifiedAgainInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, secret)
		value := start(t, s, ada).Value
		if _, err := who(t, s, value); err != nil {
			t.Fatal(err)
		}
		s.keys = open(t, "another secret of thirty-two bytes or more").keys // so that verifying the cookie fails
		time.Sleep(verifiedFor - time.Second)
		if _, err := who(t, s, value); err != nil {
			t.Errorf("the cookie was verified again early: %v", err)
		}
		time.Sleep(time.Second)
		if got, err := who(t, s, value); err == nil {
			t.Errorf("after %s: signed in as %v", verifiedFor, got)
		}
	})
}

func TestARenewedSessionIsReadFromEitherCookie(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, secret)
		first := given(t, s, Session{User: ada, Number: 1, Started: time.Now()})
		time.Sleep(RenewAfter)
		read, err := s.open(first.Value)
		if err != nil || !s.Due(read) {
			t.Fatalf("%v, due: %v", err, s.Due(read))
		}
		second := given(t, s, read)
		for range 2 { // the second time from memory
			old, err1 := s.open(first.Value)
			renewed, err2 := s.open(second.Value)
			if err1 != nil || err2 != nil || !s.Due(old) || s.Due(renewed) || !renewed.Started.Equal(read.Started) {
				t.Errorf("got %+v (%v) and %+v (%v)", old, err1, renewed, err2)
			}
		}
	})
}

func TestOnlyValidCookiesAreRemembered(t *testing.T) {
	s := open(t, secret)
	value := start(t, s, ada).Value
	for _, forged := range []string{"", "forged", value[:len(value)-1], start(t, open(t, "another secret of thirty-two bytes or more"), ada).Value} {
		if got, err := who(t, s, forged); err == nil {
			t.Errorf("%s: signed in as %v", forged, got)
		}
	}
	if n := remembered(s); n != 0 {
		t.Errorf("%d forged cookies are remembered", n)
	}
	if _, err := who(t, s, value); err != nil || remembered(s) != 1 {
		t.Errorf("%d cookies are remembered, %v", remembered(s), err)
	}
}

func TestAProcessRemembersABoundedNumberOfCookies(t *testing.T) {
	var v verified
	end := time.Now().Add(time.Hour)
	for n := range 3 * verifiedSize {
		h := hashOf(strings.Repeat("c", n%97) + time.Duration(n).String())
		v.put(h, known{Session{User: ada}, end, end})
		if _, ok := v.get(h, time.Now(), time.Now()); !ok {
			t.Fatalf("cookie %d was forgotten at once", n)
		}
	}
	if len(v.young) > verifiedSize || len(v.old) > verifiedSize {
		t.Errorf("%d and %d cookies are remembered", len(v.young), len(v.old))
	}
}

func TestRequestsSideBySideReadTheirOwnSessions(t *testing.T) {
	s := open(t, secret)
	var all sync.WaitGroup
	for _, u := range []User{ada, eve, ada, eve} {
		value := start(t, s, u).Value
		all.Go(func() {
			for range 50 {
				if got, err := s.open(value); err != nil || got.User != u {
					t.Errorf("got %v, %v, want %v", got.User, err, u)
				}
			}
		})
	}
	all.Wait()
}

// Without its memory, reading a session takes 69.
func TestReadingASessionAgainTakesFewAllocations(t *testing.T) {
	s := open(t, secret)
	r := httptest.NewRequest(http.MethodGet, "http://localhost/", nil)
	r.AddCookie(&http.Cookie{Name: defaultName, Value: start(t, s, ada).Value})
	allocations := testing.AllocsPerRun(100, func() {
		if _, err := s.read(r); err != nil {
			t.Fatal(err)
		}
	})
	if allocations > 5 {
		t.Errorf("%.0f allocations", allocations)
	}
}

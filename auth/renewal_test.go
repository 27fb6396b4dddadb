package auth

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"ticketing.dev/common/aggregate"
	memorybus "ticketing.dev/common/bus/memory"
	"ticketing.dev/common/service/servicetest"
	"ticketing.dev/common/session"
)

// clocked runs a service whose sessions have a clock that the test sets ahead.
func clocked(t *testing.T) (rs *running, later func(time.Duration)) {
	t.Helper()
	var ahead atomic.Int64
	sessions, err := session.Open(session.Config{
		Key: "a key that only this test uses, and long enough",
		Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) },
	}, servicetest.Log(t))
	if err != nil {
		t.Fatal(err)
	}
	rs = serve(t, Options{DB: servicetest.Database(t), Sessions: sessions}, memorybus.New())
	return rs, func(d time.Duration) { ahead.Store(int64(d)) }
}

func TestASessionInUseIsRenewed(t *testing.T) {
	rs, later := clocked(t)
	cookie, _ := rs.enter(t, "ada@example.com")
	read := func() answer {
		return rs.do(t, http.MethodGet, "/api/users/currentuser", "", withCookie(cookie))
	}
	if a := read(); a.session != nil {
		t.Errorf("a new session is renewed: %v", a.session)
	}
	before := rs.list(t, cookie)[0].LastSeenAt
	for _, at := range []time.Duration{20 * time.Hour, 40 * time.Hour, 60 * time.Hour} {
		later(at)
		a := read()
		if a.session == nil {
			t.Fatalf("after %s: not renewed: %s", at, a.Body)
		}
		cookie = a.session
	}
	all := rs.list(t, cookie)
	if len(all) != 1 || !all[0].Current || all[0].LastSeenAt.Sub(before) < 59*time.Hour || all[0].CreatedAt.After(before) {
		t.Errorf("the sessions are %+v; the other one was idle for too long", all)
	}
	later(60*time.Hour + 25*time.Hour)
	if rs.admits(t, cookie) {
		t.Error("a session that was idle for 25 hours goes on")
	}
}

func TestNothingRenewsASessionBeyondTheAbsoluteTimeout(t *testing.T) {
	rs, later := clocked(t)
	cookie, _ := rs.enter(t, "ada@example.com")
	for at := 20 * time.Hour; at < 7*24*time.Hour; at += 20 * time.Hour {
		later(at)
		if a := rs.do(t, http.MethodGet, "/api/users/currentuser", "", withCookie(cookie)); a.session != nil {
			cookie = a.session
		}
		if !rs.admits(t, cookie) {
			t.Fatalf("the session ended after %s", at)
		}
	}
	later(7*24*time.Hour + time.Second)
	if rs.admits(t, cookie) {
		t.Error("the session goes on after 7 days")
	}
}

// The replica hasn't heard yet that the session has ended.
func TestAnEndedSessionIsNotRenewed(t *testing.T) {
	rs, later := clocked(t)
	cookie, _ := rs.enter(t, "ada@example.com")
	elsewhere, err := openUsers(t.Context(), rs.db, aggregate.NewRelay(rs.bus, servicetest.Log(t))) // which doesn't run
	if err != nil {
		t.Fatal(err)
	}
	user, err := rs.holder(t.Context(), []Email{"ada@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := elsewhere.Update(t.Context(), user.ID, func(u *User) error { return u.End(1) }); err != nil {
		t.Fatal(err)
	}
	later(time.Hour)
	if a := rs.do(t, http.MethodGet, "/api/users/currentuser", "", withCookie(cookie)); a.session != nil {
		t.Errorf("renewed: %v", a.session)
	}
}

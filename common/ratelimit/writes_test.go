package ratelimit_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/caarlos0/env/v11"

	"ticketing.dev/common/ratelimit"
	"ticketing.dev/common/service/servicetest"
	"ticketing.dev/common/session"
	"ticketing.dev/common/session/sessiontest"
)

const key = "a key of at least thirty-two bytes for this test"

func TestReadsAndRequestsWithoutASessionAreNotWrites(t *testing.T) {
	sessions, err := session.Open(session.Config{Key: key}, servicetest.Log(t))
	if err != nil {
		t.Fatal(err)
	}
	one := ratelimit.Rate{Burst: 1, PerHour: 1}
	limits := ratelimit.Config{Factor: 1}.NewWrites(ratelimit.WriteConfig{User: one}, nil, sessions, time.Now)
	h := sessions.Middleware(limits.Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
	send := func(method, user string) int {
		r, w := httptest.NewRequest(method, "/", nil), httptest.NewRecorder()
		if user != "" {
			r.AddCookie(sessiontest.Cookie(t, key, session.User{ID: user, Email: "a@example.com"}))
		}
		h.ServeHTTP(w, r)
		return w.Code
	}
	for i, step := range []struct {
		method, user string
		status       int
	}{
		{"GET", "ada", 200}, {"HEAD", "ada", 200}, {"GET", "ada", 200}, {"POST", "", 200}, {"POST", "", 200},
		{"PUT", "ada", 200}, {"PUT", "ada", 429}, {"DELETE", "ada", 429}, {"PATCH", "ada", 429}, {"GET", "ada", 200},
		{"POST", "bob", 200}, {"POST", "", 200},
	} {
		if got := send(step.method, step.user); got != step.status {
			t.Errorf("step %d: %s by %q is answered %d, want %d", i+1, step.method, step.user, got, step.status)
		}
	}
}

func TestRatesAreABurstAndANumberPerHour(t *testing.T) {
	for text, want := range map[string]ratelimit.Rate{
		"500+120/h": {Burst: 500, PerHour: 120}, "1+1/h": {Burst: 1, PerHour: 1}, "0": {},
	} {
		got := ratelimit.Rate{Burst: 7, PerHour: 7}
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%q is %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "500", "500/h", "0+1/h", "1+0/h", "-1+1/h", "1+1/d", "1+1/h ", "99999999999+1/h"} {
		if err := new(ratelimit.Rate).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is a rate", text)
		}
	}
}

func TestTheDefaultsLimitWrites(t *testing.T) {
	c, err := env.ParseAsWithOptions[ratelimit.WriteConfig](env.Options{Environment: map[string]string{}})
	if err != nil || c.User != (ratelimit.Rate{Burst: 500, PerHour: 120}) || c.Network != (ratelimit.Rate{Burst: 5000, PerHour: 3600}) {
		t.Errorf("the defaults are %+v, %v", c, err)
	}
}

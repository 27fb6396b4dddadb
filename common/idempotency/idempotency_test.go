package idempotency_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ticketing.dev/common/idempotency"
)

var start = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

func read(t *testing.T, path, user string, content any, keys ...string) (*idempotency.Request, error) {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, nil)
	for _, key := range keys {
		r.Header.Add(idempotency.Header, key)
	}
	return idempotency.Read(r, user, content, start)
}

func TestKeysThatAreAccepted(t *testing.T) {
	for _, key := range []string{
		`"8e03978e-40d5-43e8-bc93-6894a57f9324"`, "8e03978e-40d5-43e8-bc93-6894a57f9324", "k", `"k"`, ` "k" `, `"a b"`,
		`"a\"b\\c"`, "c2FtZQ==", "clk/123:45", strings.Repeat("k", 255), `"` + strings.Repeat("k", 255) + `"`,
		`"` + strings.Repeat(`\"`, 255) + `"`,
	} {
		if q, err := read(t, "/api/tickets", "u", 1, key); err != nil || q == nil || q.Key == "" || q.Digest == "" {
			t.Errorf("%s: %+v, %v", key, q, err)
		}
	}
	if q, err := read(t, "/api/tickets", "u", 1); q != nil || err != nil {
		t.Errorf("no key: %+v, %v", q, err)
	}
}

func TestKeysThatAreMalformed(t *testing.T) {
	for _, keys := range [][]string{
		{""}, {" "}, {`""`}, {`"`}, {`"k`}, {`k"`}, {"a b"}, {`"a"b"`}, {`"\k"`}, {`"k\"`}, {`"k";a=1`}, {`"a", "b"`}, {"a,b"}, {"a", "b"},
		{"a", "a"}, {strings.Repeat("k", 256)}, {`"` + strings.Repeat("k", 256) + `"`}, {"ключ"}, {`"é"`}, {"a\tb"}, {"\"a\tb\""}, {"(a)"},
	} {
		if q, err := read(t, "/api/tickets", "u", 1, keys...); !errors.Is(err, idempotency.ErrMalformed) {
			t.Errorf("%q: %+v, %v", keys, q, err)
		}
	}
}

func TestAKeyBelongsToAUserAndARoute(t *testing.T) {
	first, _ := read(t, "/api/tickets", "u", "a", `"k"`)
	if bare, _ := read(t, "/api/tickets", "u", "a", "k"); *bare != *first {
		t.Errorf("a bare key is %+v, a quoted one %+v", bare, first)
	}
	others := map[string]*idempotency.Request{}
	others["another user"], _ = read(t, "/api/tickets", "v", "a", "k")
	others["another route"], _ = read(t, "/api/orders", "u", "a", "k")
	others["another key"], _ = read(t, "/api/tickets", "u", "a", "l")
	others["parts that join to the same"], _ = read(t, "/api/tickets", "u1:", "a", "k")
	for name, other := range others {
		if other.Key == first.Key {
			t.Errorf("%s has the same stored key", name)
		}
	}
	changed, _ := read(t, "/api/tickets", "u", "b", "k")
	if changed.Key != first.Key || !errors.Is(changed.Repeats(first), idempotency.ErrReused) {
		t.Errorf("another body: %+v and %+v", changed, first)
	}
	if err := first.Repeats(first); err != nil {
		t.Error(err)
	}
}

func TestAKeyIsRememberedForADay(t *testing.T) {
	first, _ := read(t, "/", "u", 1, "k")
	for age, forgotten := range map[time.Duration]bool{0: false, 24 * time.Hour: false, 24*time.Hour + 1: true, -time.Hour: false} {
		later := *first
		later.At = start.Add(age)
		if later.Forgets(first) != forgotten {
			t.Errorf("after %s: forgotten is %v", age, !forgotten)
		}
	}
}

func TestTheFirstAnswerStays(t *testing.T) {
	q, _ := read(t, "/", "u", 1, "k")
	answered := q.Answered("first").Answered("second")
	if answered.Answer != `"first"` || q.HasAnswer() || !answered.HasAnswer() {
		t.Errorf("%+v of %+v", answered, q)
	}
	if none := (*idempotency.Request)(nil); none.Answered("x") != nil || none.HasAnswer() {
		t.Error("a request without a key keeps an answer")
	}
}

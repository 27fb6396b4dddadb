package auth

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	memorybus "ticketing.dev/common/bus/memory"
	"ticketing.dev/common/ratelimit"
	"ticketing.dev/common/service/servicetest"
)

// guarded runs a service with limits.
func guarded(t *testing.T, factor int) *running {
	t.Helper()
	return serve(t, Options{DB: servicetest.Database(t), Limits: ratelimit.Config{Factor: factor}}, memorybus.New())
}

// from makes a request come from an address.
func from(address string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("X-Forwarded-For", address) }
}

func (rs *running) signInAs(t *testing.T, email, password string, adapt ...func(*http.Request)) answer {
	t.Helper()
	return rs.do(t, "POST", "/api/users/signin", fmt.Sprintf(`{"email":%q,"password":%q}`, email, password), adapt...)
}

const right, wrong = "correct horse", "wrong horse"

func (rs *running) join(t *testing.T, email string) *http.Response {
	t.Helper()
	a := rs.do(t, "POST", "/api/users/signup", fmt.Sprintf(`{"email":%q,"password":%q}`, email, right), from("198.51.100.1"))
	if a.Status != http.StatusCreated {
		t.Fatalf("sign-up is answered %d %s", a.Status, a.Body)
	}
	return &http.Response{Header: a.Header}
}

func TestGuessesAreRefusedBeforeTheyAreHashed(t *testing.T) {
	rs := guarded(t, 1)
	rs.join(t, "ada@example.com")
	var hashed atomic.Int64
	argon2id := rs.hasher.argon2id
	rs.hasher.argon2id = func(_, _ []byte, _, _ uint32, _ uint8, size uint32) []byte { hashed.Add(1); return make([]byte, size) }
	var all sync.WaitGroup
	for i := range 60 {
		all.Go(func() {
			spelling := []string{"ada@example.com", " ADA@example.com", "ada@EXAMPLE.com "}[i%3]
			forged := fmt.Sprintf("192.0.2.%d, 203.0.113.7", i)
			a := rs.signInAs(t, spelling, wrong, from(forged))
			switch {
			case a.Status == http.StatusTooManyRequests && a.Header.Get("Retry-After") == "":
				t.Error("429 without Retry-After")
			case a.Status != http.StatusTooManyRequests && a.Status != http.StatusBadRequest:
				t.Errorf("a guess is answered %d %s", a.Status, a.Body)
			}
		})
	}
	all.Wait()
	if n := hashed.Load(); n != 10 {
		t.Errorf("%d of 60 guesses were hashed, want 10", n)
	}
	rs.hasher.argon2id = argon2id
	if a := rs.signInAs(t, "ada@example.com", right, from("203.0.113.7")); a.Status != http.StatusTooManyRequests {
		t.Errorf("the guesser's next attempt is answered %d", a.Status)
	}
	if a := rs.signInAs(t, "ada@example.com", right, from("203.0.113.8")); a.Status != http.StatusOK {
		t.Errorf("from elsewhere the owner is answered %d %s", a.Status, a.Body)
	}
}

func TestAGuesserWithManyAddressesCannotLockTheOwnerOut(t *testing.T) {
	rs := guarded(t, 1)
	joined := rs.join(t, "ada@example.com")
	rs.hasher.argon2id = func(_, _ []byte, _, _ uint32, _ uint8, size uint32) []byte { return make([]byte, size) }
	refused := 0
	for i := range 130 {
		if a := rs.signInAs(t, "ada@example.com", wrong, from(fmt.Sprintf("2001:db8:0:%x::1", i))); a.Status == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused == 0 {
		t.Error("130 guesses from as many addresses were all allowed")
	}
	known := func(r *http.Request) {
		for _, c := range joined.Cookies() {
			r.AddCookie(c)
		}
	}
	if a := rs.signInAs(t, "ada@example.com", wrong, from("2001:db8:1::1")); a.Status != http.StatusTooManyRequests {
		t.Errorf("a guess from an unknown device is answered %d", a.Status)
	}
	if a := rs.signInAs(t, "ada@example.com", wrong, from("2001:db8:1::1"), known); a.Status != http.StatusBadRequest {
		t.Errorf("the owner's typo on a known device is answered %d %s", a.Status, a.Body)
	}
	if a := rs.signInAs(t, "bob@example.com", wrong, from("2001:db8:1::1")); a.Status != http.StatusBadRequest {
		t.Errorf("another account is answered %d %s", a.Status, a.Body)
	}
}

func TestAnAddressThatTriesManyAccountsIsRefused(t *testing.T) {
	rs := guarded(t, 1)
	rs.hasher.argon2id = func(_, _ []byte, _, _ uint32, _ uint8, size uint32) []byte { return make([]byte, size) }
	statuses := map[int]int{}
	for i := range 120 {
		// one visitor has all addresses of a /64
		a := rs.signInAs(t, fmt.Sprintf("user%d@example.com", i), wrong, from(fmt.Sprintf("2001:db8::%x", i+1)))
		statuses[a.Status]++
	}
	if statuses[http.StatusTooManyRequests] < 10 || statuses[http.StatusBadRequest] < 100 {
		t.Errorf("120 accounts from one network are answered %v, want about 100 times 400 and then 429", statuses)
	}
}

func TestSuccessfulSignInsAreNotLimited(t *testing.T) {
	rs := guarded(t, 1)
	rs.join(t, "ada@example.com")
	for i := range 30 {
		if a := rs.signInAs(t, "ada@example.com", right, from("203.0.113.7")); a.Status != http.StatusOK {
			t.Fatalf("sign-in %d is answered %d %s", i, a.Status, a.Body)
		}
	}
}

func TestARateLimitFactorOfZeroLimitsNothing(t *testing.T) {
	rs := guarded(t, 0)
	rs.hasher.argon2id = func(_, _ []byte, _, _ uint32, _ uint8, size uint32) []byte { return make([]byte, size) }
	for range 50 {
		if a := rs.signInAs(t, "ada@example.com", wrong); a.Status != http.StatusBadRequest {
			t.Fatalf("a guess is answered %d", a.Status)
		}
	}
}

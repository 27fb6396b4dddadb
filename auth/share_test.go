package auth

import (
	"net/http"
	"net/netip"
	"testing"

	"ticketing.dev/common/ratelimit"
)

func TestOneNetworkCannotFillTheQueueOfPasswords(t *testing.T) {
	s := newSigningIn(2, ratelimit.Config{Factor: 1})
	flood, other := netip.MustParsePrefix("192.0.2.1/32"), netip.MustParsePrefix("198.51.100.2/32")
	var leave func()
	for i := range s.MaxEach {
		var err error
		if leave, err = s.Take(flood); err != nil {
			t.Fatalf("sign-in %d of %d is refused: %v", i, s.MaxEach, err)
		}
	}
	if s.MaxEach == 0 || s.MaxEach > 2*queuePerWorker/2 {
		t.Errorf("one network has %d of %d places", s.MaxEach, 2*queuePerWorker)
	}
	if _, err := s.Take(flood); err != ErrBusy {
		t.Errorf("one more gets %v", err)
	}
	if _, err := s.Take(other); err != nil {
		t.Errorf("another network is refused: %v", err)
	}
	leave()
	if _, err := s.Take(flood); err != nil {
		t.Errorf("after one has left, the next gets %v", err)
	}
}

func TestASignInOfAFullNetworkIsRefusedWithoutCounting(t *testing.T) {
	rs := guarded(t, 1)
	rs.join(t, "ada@example.com")
	const full = "192.0.2.1"
	leave := func() {}
	for range rs.signingIn.MaxEach {
		var err error
		if leave, err = rs.signingIn.Take(netip.MustParsePrefix(full + "/32")); err != nil {
			t.Fatal(err)
		}
	}
	for range 200 {
		a := rs.signInAs(t, "ada@example.com", right, from(full))
		if a.Status != http.StatusServiceUnavailable || a.Header.Get("Retry-After") == "" {
			t.Fatalf("a sign-in from a full network is answered %d %s", a.Status, a.Body)
		}
	}
	if a := rs.signInAs(t, "ada@example.com", right, from("198.51.100.2")); a.Status != http.StatusOK {
		t.Errorf("another network's sign-in is answered %d %s", a.Status, a.Body)
	}
	leave()
	if a := rs.signInAs(t, "ada@example.com", right, from(full)); a.Status != http.StatusOK {
		t.Errorf("once there's a place, the sign-in is answered %d %s", a.Status, a.Body)
	}
}

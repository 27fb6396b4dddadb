package auth

import (
	"net/http"
	"testing"
)

func TestOneNetworkCannotFillTheQueueOfPasswords(t *testing.T) {
	c := newCrowd(2, true)
	var leave func()
	for i := range c.most {
		var err error
		if leave, err = c.enter("flood"); err != nil {
			t.Fatalf("sign-in %d of %d is refused: %v", i, c.most, err)
		}
	}
	if c.most == 0 || c.most > 2*queuePerWorker/2 {
		t.Errorf("one network has %d of %d places", c.most, 2*queuePerWorker)
	}
	if _, err := c.enter("flood"); err != ErrBusy {
		t.Errorf("one more gets %v", err)
	}
	if _, err := c.enter("other"); err != nil {
		t.Errorf("another network is refused: %v", err)
	}
	leave()
	if _, err := c.enter("flood"); err != nil {
		t.Errorf("after one has left, the next gets %v", err)
	}
}

func TestASignInOfAFullNetworkIsRefusedWithoutCounting(t *testing.T) {
	rs := guarded(t, 1)
	rs.join(t, "ada@example.com")
	full, leave := "192.0.2.1", func() {}
	for range rs.crowd.most {
		var err error
		if leave, err = rs.crowd.enter(full + "/32"); err != nil {
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

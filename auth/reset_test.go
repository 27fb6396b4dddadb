package auth

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ticketing.dev/common/ratelimit"
	"ticketing.dev/common/service/servicetest"
	"ticketing.dev/common/session"
)

func TestALinkSetsANewPasswordOnce(t *testing.T) {
	rs, box := mailing(t, Options{})
	one, other := rs.enter(t, ada)
	token := rs.forget(t, box, ada, 1)
	if a := rs.resetWith(t, token, newer); a.Status != http.StatusNoContent {
		t.Fatalf("reset: %d %s", a.Status, a.Body)
	}
	if rs.admits(t, one) || rs.admits(t, other) {
		t.Error("a session outlives the new password")
	}
	if a := rs.post(t, "/api/users/signin", credentials(ada, right)); a.Status != http.StatusBadRequest {
		t.Errorf("the old password still signs in: %d", a.Status)
	}
	if a := rs.post(t, "/api/users/signin", credentials(ada, newer)); a.Status != http.StatusOK {
		t.Errorf("the new password doesn't sign in: %d %s", a.Status, a.Body)
	}
	rs.resetWith(t, token, "a third horse battery").Refused(t, http.StatusBadRequest, "token", "")
	box.await(t, changedMail, ada, 1)
}

func TestALinkUsedBySeveralAtOnceWorksForOne(t *testing.T) {
	rs, box := mailing(t, Options{})
	rs.enter(t, ada)
	token := rs.forget(t, box, ada, 1)
	var set atomic.Int64
	var all sync.WaitGroup
	for _, password := range []string{"horse number 1", "horse number 2", "horse number 3", "horse number 4"} {
		all.Go(func() {
			if rs.resetWith(t, token, password).Status == http.StatusNoContent {
				set.Add(1)
			}
		})
	}
	all.Wait()
	if set.Load() != 1 {
		t.Errorf("%d new passwords were set with one link, want 1", set.Load())
	}
}

func TestOlderLinksEndWithTheFirstThatIsUsed(t *testing.T) {
	rs, box := mailing(t, Options{})
	rs.enter(t, ada)
	older, newest := rs.forget(t, box, ada, 1), rs.forget(t, box, ada, 2)
	if a := rs.resetWith(t, newest, newer); a.Status != http.StatusNoContent {
		t.Fatalf("reset: %d %s", a.Status, a.Body)
	}
	rs.resetWith(t, older, "a third horse battery").Refused(t, http.StatusBadRequest, "token", "")
}

func TestALinkEndsAfterHalfAnHour(t *testing.T) {
	var offset atomic.Int64
	sessions, err := session.Open(session.Config{
		Key: "a key that only tests use, and long enough",
		Now: func() time.Time { return time.Now().Add(time.Duration(offset.Load())) },
	}, servicetest.Log(t))
	if err != nil {
		t.Fatal(err)
	}
	rs, box := mailing(t, Options{Sessions: sessions})
	rs.enter(t, ada)
	token := rs.forget(t, box, ada, 1)
	offset.Store(int64(31 * time.Minute))
	rs.resetWith(t, token, newer).Refused(t, http.StatusBadRequest, "token", "")
}

func TestAnUnknownAddressGetsTheSameAnswerAndNoMail(t *testing.T) {
	rs, box := mailing(t, Options{})
	rs.enter(t, ada)
	known := rs.post(t, "/api/users/password-reset", `{"email":"ada@example.com"}`)
	unknown := rs.post(t, "/api/users/password-reset", `{"email":"eve@example.com"}`)
	if known.Status != unknown.Status || known.Body != unknown.Body {
		t.Errorf("known: %d %s, unknown: %d %s", known.Status, known.Body, unknown.Status, unknown.Body)
	}
	rs.forget(t, box, ada, 2) // asked for after the other one
	if sent := box.sent(resetMail, "eve@example.com"); len(sent) > 0 {
		t.Errorf("an unknown address got %+v", sent)
	}
}

func TestTheMailGoesToTheAccountsOwnSpelling(t *testing.T) {
	rs, box := mailing(t, Options{})
	rs.enter(t, "ada@xn--bcher-kva.example")
	if a := rs.post(t, "/api/users/password-reset", `{"email":"ADA@bücher.example"}`); a.Status != http.StatusAccepted {
		t.Fatalf("forgotten: %d %s", a.Status, a.Body)
	}
	box.await(t, resetMail, "ada@xn--bcher-kva.example", 1)
}

func TestForgedLinksAreRefused(t *testing.T) {
	rs, box := mailing(t, Options{})
	rs.enter(t, ada)
	token := rs.forget(t, box, ada, 1)
	user, rest, _ := strings.Cut(token, ".")
	confirm := tokenIn(t, box.await(t, confirmMail, ada, 1))
	for name, forged := range map[string]string{
		"none": "", "no parts": "abc", "another user": strings.Repeat("0", len(user)) + "." + rest, "cut off": token[:len(token)-5],
		"a later end": user + ".zzzzzz." + token[strings.LastIndex(token, ".")+1:], "for another purpose": confirm,
	} {
		t.Run(name, func(t *testing.T) {
			rs.resetWith(t, forged, newer).Refused(t, http.StatusBadRequest, "token", "")
		})
	}
}

func TestAskingForLinksIsLimitedByAccountWhetherItExistsOrNot(t *testing.T) {
	rs, _ := mailing(t, Options{Limits: ratelimit.Config{Factor: 1}})
	for _, email := range []string{ada, "eve@example.com"} {
		last := answer{}
		for range 6 {
			last = rs.post(t, "/api/users/password-reset", `{"email":"`+email+`"}`)
		}
		if last.Status != http.StatusTooManyRequests {
			t.Errorf("the sixth for %s: %d", email, last.Status)
		}
	}
}

func TestTheOwnerTakesAnAddressBackFromAStranger(t *testing.T) {
	rs, box := mailing(t, Options{})
	stranger, _ := rs.enter(t, ada)
	if a := rs.resetWith(t, rs.forget(t, box, ada, 1), newer); a.Status != http.StatusNoContent {
		t.Fatalf("reset: %d %s", a.Status, a.Body)
	}
	if rs.admits(t, stranger) {
		t.Error("the stranger is still signed in")
	}
	if u, err := rs.holder(t.Context(), []Email{ada}); err != nil || !u.Confirmed {
		t.Errorf("the address isn't confirmed: %+v, %v", u, err)
	}
}

func TestAPasswordIsChangedWithTheOldOne(t *testing.T) {
	rs, box := mailing(t, Options{})
	here, elsewhere := rs.enter(t, ada)
	change := func(current, password string, as *http.Cookie) answer {
		return rs.do(t, http.MethodPut, "/api/users/password", `{"currentPassword":"`+current+`","password":"`+password+`"}`, withCookie(as))
	}
	change("wrong", newer, here).Refused(t, http.StatusBadRequest, "currentPassword", "")
	change(right, "short", here).Refused(t, http.StatusBadRequest, "password", "")
	a := change(right, newer, here)
	if a.Status != http.StatusNoContent || a.session == nil {
		t.Fatalf("change: %d %s", a.Status, a.Body)
	}
	if !rs.admits(t, a.session) {
		t.Error("the user is signed out here")
	}
	if rs.admits(t, elsewhere) || rs.admits(t, here) {
		t.Error("an older session goes on")
	}
	box.await(t, changedMail, ada, 1)
	if a := rs.post(t, "/api/users/signin", credentials(ada, newer)); a.Status != http.StatusOK {
		t.Errorf("the new password doesn't sign in: %d", a.Status)
	}
}

func TestAnAddressIsConfirmedByTheMailOfTheSignUp(t *testing.T) {
	rs, box := mailing(t, Options{})
	rs.enter(t, ada)
	token := tokenIn(t, box.await(t, confirmMail, ada, 1))
	confirm := func() answer { return rs.do(t, http.MethodPut, "/api/users/confirmation", `{"token":"`+token+`"}`) }
	for range 2 {
		if a := confirm(); a.Status != http.StatusNoContent {
			t.Fatalf("confirm: %d %s", a.Status, a.Body)
		}
	}
	u, err := rs.holder(t.Context(), []Email{ada})
	if err != nil || !u.Confirmed {
		t.Errorf("not confirmed: %+v, %v", u, err)
	}
}

func TestASignInWithTheOldPasswordEndsWithTheReset(t *testing.T) {
	rs, box := mailing(t, Options{})
	rs.enter(t, ada)
	token := rs.forget(t, box, ada, 1)
	proved, err := rs.authenticate(t.Context(), Credentials{Email: ada, Password: right})
	if err != nil {
		t.Fatal(err)
	}
	if a := rs.resetWith(t, token, newer); a.Status != http.StatusNoContent {
		t.Fatalf("reset: %d %s", a.Status, a.Body)
	}
	if begun, err := rs.begin(t.Context(), proved, "curl/8"); !errors.Is(err, ErrInvalidCredentials) {
		t.Errorf("a session began with the password from before: %+v, %v", begun, err)
	}
	if u, err := rs.holder(t.Context(), []Email{ada}); err != nil || len(u.Stays.All) > 0 {
		t.Errorf("sessions after the reset: %+v, %v", u.Stays.All, err)
	}
}

func TestForgedLinksDontUseUpTheOwnersAttempts(t *testing.T) {
	rs, box := mailing(t, Options{Limits: ratelimit.Config{Factor: 1}})
	rs.enter(t, ada)
	token := rs.forget(t, box, ada, 1)
	user, _, _ := strings.Cut(token, ".")
	for range 10 {
		rs.resetWith(t, user+".zzzzzz.AAAA", newer).Refused(t, http.StatusBadRequest, "token", "")
	}
	if a := rs.resetWith(t, token, newer); a.Status != http.StatusNoContent {
		t.Errorf("the owner's link: %d %s", a.Status, a.Body)
	}
}

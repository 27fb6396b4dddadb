package auth

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/bson"

	"ticketing.dev/common/idempotency"
	"ticketing.dev/common/session"
)

func (rs *running) signUpWith(t *testing.T, key, email, password string) answer {
	t.Helper()
	return rs.post(t, "/api/users/signup", credentials(email, password), header(idempotency.Header, key))
}

func (rs *running) count(t *testing.T, want int64) {
	t.Helper()
	if n, err := rs.db.Collection("users").CountDocuments(t.Context(), bson.M{}); err != nil || n != want {
		t.Errorf("there are %d users, want %d (%v)", n, want, err)
	}
}

func TestARepeatedSignUpSignsInAgain(t *testing.T) {
	rs := run(t)
	first := rs.signUpWith(t, `"one"`, "ada@example.com", "correct horse")
	if first.Status != http.StatusCreated || first.session == nil {
		t.Fatalf("%d %s", first.Status, first.Body)
	}
	for _, email := range []string{"ada@example.com", " ADA@example.com"} {
		again := rs.signUpWith(t, "one", email, "correct horse")
		if again.Status != http.StatusCreated || again.Body != first.Body || again.session == nil {
			t.Fatalf("%s: %d %s, want %s", email, again.Status, again.Body, first.Body)
		}
		if got, want := rs.currentUser(t, again.session), `{"currentUser":`+first.Body+`}`; got != want {
			t.Errorf("%s: signed in as %s, want %s", email, got, want)
		}
	}
	rs.count(t, 1)
}

// Who has the key and not the password gets no session.
func TestAnIdempotencyKeyIsNotACredential(t *testing.T) {
	rs := run(t)
	rs.signUpWith(t, "one", "ada@example.com", "correct horse")
	for _, c := range []struct{ email, password string }{
		{"ada@example.com", "wrong horse"},
		{"ada@example.com", "correct horse "},
		{"eve@example.com", "correct horse"},
		{"eve@example.com", "wrong horse"},
	} {
		a := rs.signUpWith(t, "one", c.email, c.password)
		a.refused(t, c.email+" with "+c.password, http.StatusUnprocessableEntity, `[{"message":"`+idempotency.ErrReused.Error()+`"}]`)
		if a.session != nil {
			t.Errorf("%s with %s got a session", c.email, c.password)
		}
	}
	rs.signUpWith(t, "two", "ada@example.com", "correct horse").
		refused(t, "another key", http.StatusBadRequest, `[{"message":"Email in use","field":"email"}]`)
	rs.signUpWith(t, `"`, "ada@example.com", "correct horse").
		refused(t, "a malformed key", http.StatusBadRequest, `[{"message":"`+idempotency.ErrMalformed.Error()+`"}]`)
	rs.count(t, 1)
}

func TestARefusedSignUpDoesNotUseUpItsKey(t *testing.T) {
	rs := run(t)
	rs.signUpWith(t, "one", "ada@example.com", "short")
	rs.signUpWith(t, "two", "taken@example.com", "correct horse")
	rs.signUpWith(t, "one", "taken@example.com", "correct horse").
		refused(t, "an email in use", http.StatusBadRequest, `[{"message":"Email in use","field":"email"}]`)
	if a := rs.signUpWith(t, "one", "ada@example.com", "correct horse"); a.Status != http.StatusCreated {
		t.Errorf("the corrected form: %d %s", a.Status, a.Body)
	}
}

func TestOfTwelveSignUpsWithOneKeyOneMakesAUser(t *testing.T) {
	rs := run(t)
	answers := make([]answer, 12)
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() { answers[i] = rs.signUpWith(t, "one", "ada@example.com", "correct horse") })
	}
	all.Wait()
	for _, a := range answers {
		if a.Status != http.StatusCreated || a.Body != answers[0].Body || a.session == nil {
			t.Errorf("%d %s, another was answered %s", a.Status, a.Body, answers[0].Body)
		}
	}
	rs.count(t, 1)
}

// Of two sign-ups at once with the same key, one succeeds, and the other is refused without a session.
func TestTwoPeopleWithOneKey(t *testing.T) {
	rs := run(t)
	emails := []string{"ada@example.com", "bob@example.com"}
	answers := make([]answer, len(emails))
	var all sync.WaitGroup
	for i, email := range emails {
		all.Go(func() { answers[i] = rs.signUpWith(t, "1", email, "correct horse") })
	}
	all.Wait()
	if answers[0].Status > answers[1].Status {
		answers[0], answers[1] = answers[1], answers[0]
	}
	if answers[0].Status != http.StatusCreated || answers[1].Status != http.StatusUnprocessableEntity || answers[1].session != nil {
		t.Errorf("%d and %d", answers[0].Status, answers[1].Status)
	}
	rs.count(t, 1)
}

// The stored digest reveals nothing about the password.
func TestStoredRequestsDoNotRevealThePassword(t *testing.T) {
	rs := run(t)
	rs.signUpWith(t, "one", "ada@example.com", "correct horse")
	var doc struct{ Request idempotency.Request }
	if err := rs.db.Collection("users").FindOne(t.Context(), bson.M{}).Decode(&doc); err != nil {
		t.Fatal(err)
	}
	r, _ := http.NewRequest(http.MethodPost, "/api/users/signup", strings.NewReader(""))
	r.Header.Set(idempotency.Header, "one")
	want, err := idempotency.Read(r, "", Email("ada@example.com"), time.Now())
	if err != nil || doc.Request.Key != want.Key || doc.Request.Digest != want.Digest || doc.Request.Answer != "" {
		t.Errorf("stored %+v, want %+v (%v)", doc.Request, want, err)
	}
}

func TestSignOutIsForTheUserThatIsExpected(t *testing.T) {
	rs := run(t)
	ada := rs.post(t, "/api/users/signup", credentials("ada@example.com", "correct horse"))
	cookie := func(r *http.Request) { r.AddCookie(ada.session) }
	a := rs.post(t, "/api/users/signout", "{}", cookie, header(session.ExpectedHeader, "65a0000000000000000000b2"))
	a.refused(t, "another user", http.StatusPreconditionFailed, `[{"message":"You're now signed in as ada@example.com"}]`)
	if a.session != nil {
		t.Error("the cookie was changed")
	}
	if a := rs.post(t, "/api/users/signout", "{}", header(session.ExpectedHeader, "65a0000000000000000000b2")); a.Status != http.StatusOK {
		t.Errorf("signed out: %d %s", a.Status, a.Body)
	}
}

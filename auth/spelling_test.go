package auth

import (
	"net/http"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/bson"
)

// store keeps a user as builds before OpaqueString and IDNA did: the email trimmed and in lower case,
// and the hash of the password's bytes.
func (rs *running) store(t *testing.T, id, email, password string) {
	t.Helper()
	hash, err := rs.hasher.Hash(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	doc := bson.M{"_id": id, "version": int64(0), "email": strings.ToLower(strings.TrimSpace(email)), "passwordHash": hash}
	if _, err := rs.db.Collection("users").InsertOne(t.Context(), doc); err != nil {
		t.Fatal(err)
	}
}

func (rs *running) signsIn(t *testing.T, email, password, id string) {
	t.Helper()
	a := rs.post(t, "/api/users/signin", credentials(email, password))
	if a.Status != http.StatusOK || !strings.Contains(a.Body, `{"id":"`+id+`"`) {
		t.Errorf("%q with %q: %d %s", email, password, a.Status, a.Body)
	}
}

func TestOneAccountHoweverItIsTyped(t *testing.T) {
	rs := run(t)
	up := rs.post(t, "/api/users/signup", credentials("zo\u00eb@m\u00fcnchen.de", "Zo\u00eb's h\u00f6rse"))
	if up.Status != http.StatusCreated || !strings.Contains(up.Body, "@xn--mnchen-3ya.de") {
		t.Fatalf("%d %s", up.Status, up.Body)
	}
	id := up.Body[7:31]
	for _, email := range []string{"ZO\u00cb@M\u00dcNCHEN.DE", "zoe\u0308@xn--mnchen-3ya.de", "zo\u00eb@mu\u0308nchen.de"} {
		rs.signsIn(t, email, "Zo\u00eb's h\u00f6rse", id)
		rs.signsIn(t, email, "Zoe\u0308's\u00a0ho\u0308rse", id)
		rs.post(t, "/api/users/signup", credentials(email, "x7#kfp2q")).
			refused(t, email, http.StatusBadRequest, `[{"message":"Email in use","field":"email"}]`)
	}
}

func TestAccountsOfEarlierBuildsGoOn(t *testing.T) {
	rs := run(t)
	const munich, zoe, hidden, long = "65f1c0ffee65f1c0ffee65f1", "65f1c0ffee65f1c0ffee65f2", "65f1c0ffee65f1c0ffee65f3", "65f1c0ffee65f1c0ffee65f4"
	local := strings.Repeat("l", 100)
	rs.store(t, munich, "x@m\u00fcnchen.de", "e\u0301 \t horse")
	rs.store(t, zoe, "Zoe\u0308@example.com", "correct horse")
	rs.store(t, hidden, "a\u200b@example.com", "correct horse")
	rs.store(t, long, local+"@example.com", "correct horse")

	rs.signsIn(t, "x@m\u00fcnchen.de", "e\u0301 \t horse", munich)
	rs.signsIn(t, "x@xn--mnchen-3ya.de", "e\u0301 \t horse", munich)
	rs.signsIn(t, "zoe\u0308@example.com", "correct horse", zoe)
	rs.signsIn(t, "zo\u00eb@example.com", "correct horse", zoe)
	rs.signsIn(t, "A\u200b@example.com", "correct horse", hidden)
	rs.signsIn(t, local+"@example.com", "correct horse", long)
	for _, email := range []string{"x@m\u00fcnchen.de", "x@xn--mnchen-3ya.de", "X@Mu\u0308nchen.de", "zo\u00eb@example.com"} {
		rs.post(t, "/api/users/signup", credentials(email, "x7#kfp2q")).
			refused(t, email, http.StatusBadRequest, `[{"message":"Email in use","field":"email"}]`)
	}
}

// Two accounts that would be one today were told apart by their spelling, and still are.
func TestTwinsOfEarlierBuildsKeepTheirOwners(t *testing.T) {
	rs := run(t)
	const readable, ascii = "65f1c0ffee65f1c0ffee65f1", "65f1c0ffee65f1c0ffee65f2"
	rs.store(t, readable, "x@m\u00fcnchen.de", "correct horse")
	rs.store(t, ascii, "x@xn--mnchen-3ya.de", "battery staple")
	rs.signsIn(t, "x@m\u00fcnchen.de", "correct horse", readable)
	rs.signsIn(t, "x@xn--mnchen-3ya.de", "battery staple", ascii)
}

func TestSecondPasswordFormsDoNotRevealAccounts(t *testing.T) {
	rs := run(t)
	rs.store(t, "65f1c0ffee65f1c0ffee65f1", "ada@example.com", "correct horse")
	rs.hashed()
	for _, email := range []string{"ada@example.com", "eve@example.com", "\u212a@example.com", "none"} {
		rs.post(t, "/api/users/signin", credentials(email, "wrong\u00a0horse")).
			refused(t, email, http.StatusBadRequest, `[{"message":"Invalid credentials"}]`)
		if cost := rs.hashed(); len(cost) != 2 {
			t.Errorf("%q: hashed %q", email, cost)
		}
	}
}

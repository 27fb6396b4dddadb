package auth

import (
	"net/http"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/bson"

	memorybus "ticketing.dev/common/bus/memory"
	"ticketing.dev/common/service/servicetest"
)

func TestAMailOutlivesTheProcessThatCausedIt(t *testing.T) {
	db := servicetest.Database(t)
	// This service never runs its tasks, as if it died right after the write.
	dying, err := New(t.Context(), Options{DB: db, Bus: memorybus.New(), Sessions: servicetest.Sessions(t), Mail: &inbox{}, Log: servicetest.Log(t)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dying.register(t.Context(), SignUp{Email: ada, Password: right}, nil); err != nil {
		t.Fatal(err)
	}
	_, box := mailing(t, Options{DB: db})
	box.await(t, confirmMail, ada, 1)
}

func TestACrashBetweenStoringALetterAndRemovingItMakesOneMail(t *testing.T) {
	rs, box := mailing(t, Options{})
	rs.enter(t, ada)
	box.await(t, confirmMail, ada, 1)
	u, err := rs.holder(t.Context(), []Email{ada})
	if err != nil {
		t.Fatal(err)
	}
	u.Version = 0 // as it was written at the sign-up
	if _, err := rs.users.Update(t.Context(), u.ID, func(now *User) error { rs.write(u, confirmMail); now.Letters = u.Letters; return nil }); err != nil {
		t.Fatal(err)
	}
	if err := rs.collectAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	rs.forget(t, box, ada, 1) // a later mail, sent after all that were due before
	if n := len(box.sent(confirmMail, ada)); n != 1 {
		t.Errorf("%d mails ask to confirm the address, want 1", n)
	}
}

func TestWithoutMailNothingIsWritten(t *testing.T) {
	rs := run(t)
	rs.enter(t, ada)
	if a := rs.post(t, "/api/users/password-reset", `{"email":"ada@example.com"}`); a.Status != http.StatusAccepted || strings.TrimSpace(a.Body) != `{"mailed":false}` {
		t.Errorf("forgotten: %d %q", a.Status, a.Body)
	}
	for collection, filter := range map[string]bson.M{"users": {lettersIndex: bson.M{"$gt": ""}}, "mails": {}} {
		if n, err := rs.db.Collection(collection).CountDocuments(t.Context(), filter); n != 0 || err != nil {
			t.Errorf("%s has %d mails, %v", collection, n, err)
		}
	}
}

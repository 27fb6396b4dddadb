package signouts_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"

	"ticketing.dev/common/events"
	"ticketing.dev/common/service/servicetest"
	"ticketing.dev/common/session"
	"ticketing.dev/common/signouts"
)

var ada = session.User{ID: "65a0000000000000000000b1", Email: "ada@example.com"}

// replica is one process of a service.
type replica struct {
	*signouts.Copy
	sessions *session.Sessions
}

func open(t *testing.T, db *mongo.Database) replica {
	t.Helper()
	sessions := servicetest.Sessions(t)
	c, err := signouts.Open(t.Context(), db, sessions, servicetest.Log(t))
	if err != nil {
		t.Fatal(err)
	}
	return replica{c, sessions}
}

// accepts reports whether a replica knows the user of ada's session with a number.
func (r replica) accepts(t *testing.T, number int64) (accepted bool) {
	t.Helper()
	w := httptest.NewRecorder()
	request := httptest.NewRequest(http.MethodGet, "http://localhost/", nil)
	if err := r.sessions.Give(w, request, session.Session{User: ada, Number: number, Started: time.Now()}); err != nil {
		t.Fatal(err)
	}
	request.AddCookie(w.Result().Cookies()[0])
	r.sessions.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, accepted = session.From(r)
	})).ServeHTTP(httptest.NewRecorder(), request)
	return accepted
}

func ended(version, last int64, live ...int64) events.SessionEnded {
	return events.SessionEnded{UserID: ada.ID, Version: version, Last: last, Live: live}
}

func TestAnEndedSessionEndsInEveryReplicaWithinASecond(t *testing.T) {
	db := servicetest.Database(t)
	one, other := open(t, db), open(t, db)
	go func() { _ = other.Run(t.Context()) }()
	if err := one.Store(t.Context(), ended(1, 2, 2)); err != nil {
		t.Fatal(err)
	}
	if one.accepts(t, 1) || !one.accepts(t, 2) {
		t.Error("the replica that got the event doesn't know it at once")
	}
	stored := time.Now()
	servicetest.Eventually(t, "the other replica to know", func() bool { return !other.accepts(t, 1) })
	if took := time.Since(stored); took > 5*time.Second { // usually a third of one
		t.Errorf("it took %s", took)
	}
	if !other.accepts(t, 2) || !other.accepts(t, 3) {
		t.Error("sessions that go on have ended")
	}
}

func TestARestartedServiceKnowsEndedSessions(t *testing.T) {
	db := servicetest.Database(t)
	if err := open(t, db).Store(t.Context(), ended(1, 2, 2)); err != nil {
		t.Fatal(err)
	}
	if open(t, db).accepts(t, 1) {
		t.Error("a session is back after a restart")
	}
}

func TestALateEventDoesNotReviveASession(t *testing.T) {
	db := servicetest.Database(t)
	r := open(t, db)
	for _, e := range []events.SessionEnded{ended(2, 2), ended(1, 2, 2), ended(2, 2)} {
		if err := r.Store(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	if r.accepts(t, 2) || open(t, db).accepts(t, 2) {
		t.Error("an older event revived a session")
	}
}

func TestEntriesAreRemovedAfterTheLastTokenExpired(t *testing.T) {
	db := servicetest.Database(t)
	r := open(t, db)
	if err := r.Store(t.Context(), ended(1, 2, 2)); err != nil {
		t.Fatal(err)
	}
	if err := r.CleanAt(t.Context(), time.Now().Add(23*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if r.accepts(t, 1) || r.sessions.Known() != 1 {
		t.Error("an entry is gone while tokens are valid")
	}
	if err := r.CleanAt(t.Context(), time.Now().Add(25*time.Hour)); err != nil {
		t.Fatal(err)
	}
	n, err := db.Collection("signouts").CountDocuments(t.Context(), bson.M{})
	if err != nil || n != 0 || r.sessions.Known() != 0 {
		t.Errorf("%d entries stay in the store and %d in memory, %v", n, r.sessions.Known(), err)
	}
}

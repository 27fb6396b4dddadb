package tickets_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/bson"

	"ticketing.dev/common/events"
	"ticketing.dev/common/idempotency"
	"ticketing.dev/common/service/servicetest"
	"ticketing.dev/common/session"
)

const listing = `{"title":"Concert","price":19.99}`

func (s *system) listWith(key string, user session.User, body string) servicetest.Answer {
	s.t.Helper()
	return s.DoWith(user, idempotency.Header, key, http.MethodPost, "/api/tickets", body)
}

func (s *system) count(want int64) {
	s.t.Helper()
	n, err := s.db.Collection("tickets").CountDocuments(s.t.Context(), bson.M{})
	if err != nil || n != want {
		s.t.Errorf("there are %d tickets, want %d (%v)", n, want, err)
	}
}

func TestARepeatedListingIsAnsweredAsTheFirst(t *testing.T) {
	s := start(t)
	first := s.listWith(`"one"`, ada, listing)
	listed := servicetest.Decode[ticket](t, first, http.StatusCreated)
	edit := s.Do(ada, http.MethodPut, "/api/tickets/"+listed.ID, offer("Opera", "20"))
	servicetest.Decode[ticket](t, edit, http.StatusOK)
	s.deliver(events.OrderCreated{Order: order(listed, 1)})
	for _, same := range []string{listing, `{"price":19.99,"title":" Concert ","other":1}`} {
		if again := s.listWith("one", ada, same); again.Status != http.StatusCreated || again.Body != first.Body {
			t.Errorf("repeated by %s: %d %s, want %s", same, again.Status, again.Body, first.Body)
		}
	}
	s.count(1)
	await[events.TicketCreated](s, 1)
}

func TestAKeyIsRefusedForAnotherListing(t *testing.T) {
	s := start(t)
	servicetest.Decode[ticket](t, s.listWith("one", ada, listing), http.StatusCreated)
	s.listWith("one", ada, offer("Concert", "20")).Refused(t, http.StatusUnprocessableEntity, "", idempotency.ErrReused.Error())
	s.listWith("one", ada, offer("Concerto", "19.99")).Refused(t, http.StatusUnprocessableEntity, "", idempotency.ErrReused.Error())
	for _, key := range []string{"", `""`, "a b", strings.Repeat("k", 256)} {
		s.listWith(key, ada, listing).Refused(t, http.StatusBadRequest, "", idempotency.ErrMalformed.Error())
	}
	s.count(1)
	servicetest.Decode[ticket](t, s.listWith("one", bob, listing), http.StatusCreated)
	servicetest.Decode[ticket](t, s.listWith("two", ada, listing), http.StatusCreated)
	s.count(3)
}

// What is refused makes nothing, so the key is still free.
func TestARefusedListingDoesNotUseUpItsKey(t *testing.T) {
	s := start(t)
	s.listWith("one", ada, offer("Concert", "0.49")).Refused(t, http.StatusBadRequest, "price", badPrice)
	s.listWith("one", servicetest.SignedOut, listing).Refused(t, http.StatusUnauthorized, "", "Not authorized")
	servicetest.Decode[ticket](t, s.listWith("one", ada, listing), http.StatusCreated)
	s.count(1)
}

func TestTwentyListingsWithOneKeyOnTwoReplicasMakeOne(t *testing.T) {
	s := start(t)
	other := *s
	other.Client = servicetest.Run(t, "tickets", s.bus, s.open())
	answers := make([]servicetest.Answer, 20)
	var all sync.WaitGroup
	for i := range answers {
		replica := []*system{s, &other}[i%2]
		all.Go(func() { answers[i] = replica.listWith("one", ada, listing) })
	}
	all.Wait()
	for _, a := range answers {
		if a.Status != http.StatusCreated || a.Body != answers[0].Body {
			t.Errorf("%d %s, another was answered %s", a.Status, a.Body, answers[0].Body)
		}
	}
	s.count(1)
	await[events.TicketCreated](s, 1)
}

func TestAKeyIsFreeAgainAfterADay(t *testing.T) {
	s := start(t)
	first := servicetest.Decode[ticket](t, s.listWith("one", ada, listing), http.StatusCreated)
	yesterday := bson.M{"$set": bson.M{"request.at": time.Now().Add(-idempotency.Lifetime - time.Second)}}
	if _, err := s.db.Collection("tickets").UpdateByID(t.Context(), first.ID, yesterday); err != nil {
		t.Fatal(err)
	}
	second := servicetest.Decode[ticket](t, s.listWith("one", ada, listing), http.StatusCreated)
	if second.ID == first.ID {
		t.Error("the key still leads to yesterday's ticket")
	}
	s.count(2)
}

func TestAnotherUserThanExpectedWritesNothing(t *testing.T) {
	s := start(t)
	mine := s.list(ada, "Concert", "20")
	const told = "You're now signed in as ada@example.com"
	for path, method := range map[string]string{"/api/tickets": http.MethodPost, "/api/tickets/" + mine.ID: http.MethodPut} {
		s.DoWith(ada, session.ExpectedHeader, bob.ID, method, path, listing).Refused(t, http.StatusPreconditionFailed, "", told)
		if a := s.DoWith(ada, session.ExpectedHeader, ada.ID, method, path, listing); a.Status >= 300 {
			t.Errorf("%s as oneself: %d %s", method, a.Status, a.Body)
		}
		s.DoWith(servicetest.SignedOut, session.ExpectedHeader, ada.ID, method, path, listing).Refused(t, http.StatusUnauthorized, "", "Not authorized")
	}
	s.count(2)
}

package tickets_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/bson"

	"ticketing.dev/common/events"
	"ticketing.dev/common/service/servicetest"
	"ticketing.dev/common/session"
	"ticketing.dev/tickets"
)

// eve neither sells nor buys.
var eve = session.User{ID: "65a0000000000000000000ee", Email: "eve@example.com"}

// keys encrypts the private parts of the tests.
func keys(t testing.TB) *tickets.Keys {
	t.Helper()
	k, err := tickets.NewKeys("a key that only tests use, and long enough")
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// private is a private part as the API shows it.
type private struct {
	Given    bool   `json:"given"`
	CanGive  *bool  `json:"canGive"`
	Text     string `json:"text"`
	GivenAt  string `json:"givenAt"`
	OpenedAt string `json:"openedAt"`
}

func privatePath(t ticket) string { return "/api/tickets/" + t.ID + "/private" }

func privateBody(text string) string {
	body, _ := json.Marshal(map[string]string{"text": text}) // can't fail
	return string(body)
}

// give gives the private part as ada.
func (s *system) give(t ticket, text string) servicetest.Answer {
	return s.Do(ada, http.MethodPut, privatePath(t), privateBody(text))
}

// mustGive is give where it has to succeed.
func (s *system) mustGive(t ticket, text string) {
	s.t.Helper()
	servicetest.Decode[private](s.t, s.give(t, text), http.StatusOK)
}

func (s *system) readPrivate(user session.User, t ticket) private {
	s.t.Helper()
	return servicetest.Decode[private](s.t, s.Do(user, http.MethodGet, privatePath(t), ""), http.StatusOK)
}

// by is an order of a buyer.
func by(buyer session.User, o events.Order) events.Order {
	o.UserID = buyer.ID
	return o
}

func (s *system) refusesToShow(user session.User, t ticket, when string) {
	s.t.Helper()
	if a := s.Do(user, http.MethodGet, privatePath(t), ""); a.Status != http.StatusUnauthorized || strings.Contains(a.Body, "CODE") {
		s.t.Errorf("%s, %q reads %d %s", when, user.Email, a.Status, a.Body)
	}
}

func TestOnlyTheSellerAndTheBuyerOfTheCompleteOrderReadThePrivatePart(t *testing.T) {
	s := start(t)
	listed := s.list(ada, "Concert", "19.99")
	s.mustGive(listed, "CODE-1")
	refusals := func(when string, users ...session.User) {
		for _, user := range append(users, servicetest.SignedOut) {
			s.refusesToShow(user, listed, when)
		}
		if p := s.readPrivate(ada, listed); p.Text != "CODE-1" || p.OpenedAt != "" {
			t.Errorf("%s, the seller reads %+v", when, p)
		}
	}
	refusals("free", bob, eve)
	s.deliver(events.OrderCreated{Order: by(eve, order(listed, 1))})
	refusals("reserved", bob, eve)
	s.deliver(events.OrderCancelled{Order: by(eve, order(listed, 1))})
	refusals("cancelled", bob, eve)
	s.deliver(events.OrderCreated{Order: by(bob, order(listed, 2))})
	refusals("reserved again", bob, eve)
	s.deliver(events.OrderCompleted{Order: by(bob, order(listed, 2))}, events.OrderCompleted{Order: by(bob, order(listed, 2))})
	refusals("sold", eve)
	if p := s.readPrivate(bob, listed); p.Text != "CODE-1" || p.OpenedAt == "" {
		t.Errorf("the buyer reads %+v", p)
	}
	if p := s.readPrivate(ada, listed); p.OpenedAt == "" {
		t.Error("the seller doesn't see that the buyer has opened it")
	}
}

func TestASoldPrivatePartIsGivenAtMostOnce(t *testing.T) {
	s := start(t)
	given, without := s.list(ada, "Given", "19.99"), s.list(ada, "Without", "19.99")
	s.mustGive(given, "CODE-1")
	s.mustGive(given, "CODE-2")
	for _, sold := range []ticket{given, without} {
		s.deliver(events.OrderCompleted{Order: by(bob, order(sold, 1))})
	}
	if p := s.readPrivate(bob, without); p != (private{}) {
		t.Errorf("before it's given, the buyer reads %+v", p)
	}
	s.mustGive(without, "CODE-2")
	for _, sold := range []ticket{given, without} {
		s.give(sold, "CODE-3").Refused(t, http.StatusBadRequest, "", "The buyer already has this. It can't be changed anymore.")
		if p := s.readPrivate(bob, sold); p.Text != "CODE-2" {
			t.Errorf("the buyer reads %+v", p)
		}
	}
}

// The seller submits in several tabs at once after the sale. One request wins, and the buyer reads its text.
func TestOfTwoWritersAfterTheSaleOneWins(t *testing.T) {
	s := start(t)
	for range 10 {
		sold := s.list(ada, "Concert", "19.99")
		s.deliver(events.OrderCompleted{Order: by(bob, order(sold, 1))})
		answers := make([]servicetest.Answer, 4)
		var racing sync.WaitGroup
		for i := range answers {
			racing.Go(func() { answers[i] = s.give(sold, "CODE-"+string(rune('a'+i))) })
		}
		racing.Wait()
		var won []string
		for i, a := range answers {
			if a.Status == http.StatusOK {
				won = append(won, "CODE-"+string(rune('a'+i)))
			}
		}
		if p := s.readPrivate(bob, sold); len(won) != 1 || p.Text != won[0] {
			t.Errorf("%v won, the buyer reads %+v", won, p)
		}
	}
}

func TestBadPrivatePartsAreRefused(t *testing.T) {
	s := start(t)
	listed := s.list(ada, "Concert", "19.99")
	path := privatePath(listed)
	s.Do(ada, http.MethodPut, path, privateBody(" \n ")).Refused(t, http.StatusBadRequest, "text", "Text is required")
	s.Do(ada, http.MethodPut, path, `{}`).Refused(t, http.StatusBadRequest, "text", "Text is required")
	s.Do(ada, http.MethodPut, path, `{"text":7}`).Refused(t, http.StatusBadRequest, "text", "Text is required")
	s.give(listed, strings.Repeat("ü", 2001)).Refused(t, http.StatusBadRequest, "text", "Text must have at most 2000 characters")
	s.give(listed, "a\u202eb").Refused(t, http.StatusBadRequest, "text",
		"Text must not contain control characters or characters that change the direction of text")
	s.Do(bob, http.MethodPut, path, privateBody("CODE")).Refused(t, http.StatusUnauthorized, "", "Not authorized")
	s.Do(servicetest.SignedOut, http.MethodPut, path, privateBody("CODE")).Refused(t, http.StatusUnauthorized, "", "Not authorized")
	s.give(ticket{ID: missing}, "CODE").Refused(t, http.StatusNotFound, "", "Not found")
	s.Do(ada, http.MethodGet, privatePath(ticket{ID: missing}), "").Refused(t, http.StatusNotFound, "", "Not found")
	if p := s.readPrivate(ada, listed); p.Given {
		t.Errorf("stored %+v", p)
	}
	s.mustGive(listed, strings.Repeat("🎫", 2000))
}

// A sale that an earlier release recorded doesn't name the buyer. Once the event comes again, it does.
func TestASaleWithoutABuyerTakesNoPrivatePart(t *testing.T) {
	s := start(t)
	sold := s.list(ada, "Concert", "19.99")
	s.deliver(events.OrderCompleted{Order: order(sold, 1)})
	s.give(sold, "CODE").Refused(t, http.StatusBadRequest, "", "A sold ticket can't be changed")
	s.refusesToShow(session.User{}, sold, "sold without a buyer")
	s.deliver(events.OrderCompleted{Order: by(bob, order(sold, 1))})
	s.mustGive(sold, "CODE")
	if p := s.readPrivate(bob, sold); p.Text != "CODE" {
		t.Errorf("the buyer reads %+v", p)
	}
}

// A crash can come after the sale and before the buyer is recorded. Then the event comes again.
func TestAPrivatePartIsFinalEvenBeforeTheBuyerIsRecorded(t *testing.T) {
	s := start(t)
	sold := s.list(ada, "Concert", "19.99")
	s.mustGive(sold, "CODE-1")
	s.deliver(events.OrderCompleted{Order: order(sold, 1)})
	s.give(sold, "CODE-2").Refused(t, http.StatusBadRequest, "", "The buyer already has this. It can't be changed anymore.")
	s.deliver(events.OrderCompleted{Order: by(bob, order(sold, 1))})
	if p := s.readPrivate(bob, sold); p.Text != "CODE-1" {
		t.Errorf("the buyer reads %+v", p)
	}
}

func TestThePrivatePartIsInNoListingEventOrDocument(t *testing.T) {
	s := start(t)
	const marker = "CODE-8d1f"
	listed := s.list(ada, "Concert", "19.99")
	s.mustGive(listed, marker)
	s.deliver(events.OrderCreated{Order: by(bob, order(listed, 1))}, events.OrderCompleted{Order: by(bob, order(listed, 1))})
	s.readPrivate(bob, listed)
	seen := [][]byte{
		[]byte(s.Do(ada, http.MethodGet, "/api/tickets?seller=me", "").Body),
		[]byte(s.Do(bob, http.MethodGet, "/api/tickets/"+listed.ID, "").Body),
	}
	for _, channel := range []string{"ticket:created", "ticket:updated"} {
		seen = append(seen, s.bus.Messages(channel)...)
	}
	for _, collection := range []string{"tickets", "private"} {
		document, err := s.db.Collection(collection).FindOne(t.Context(), bson.M{"_id": listed.ID}).Raw()
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, document)
	}
	for _, b := range seen {
		if bytes.Contains(b, []byte(marker)) {
			t.Errorf("%s shows in %s", marker, b)
		}
	}
}

func TestKeysRotate(t *testing.T) {
	newKeys := func(secrets ...string) *tickets.Keys {
		k, err := tickets.NewKeys(secrets...)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	before, rotated, foreign := newKeys("", "old"), newKeys("new", "old"), newKeys("new")
	sealed := before.Seal("a", []byte("CODE"))
	if text, err := rotated.Open("a", sealed); err != nil || string(text) != "CODE" {
		t.Errorf("after the rotation: %q, %v", text, err)
	}
	if renewed := rotated.Seal("a", []byte("CODE")); renewed.KeyID == sealed.KeyID {
		t.Error("the old key still encrypts")
	}
	for name, open := range map[string]func() ([]byte, error){
		"another ticket": func() ([]byte, error) { return before.Open("b", sealed) },
		"unknown key":    func() ([]byte, error) { return foreign.Open("a", sealed) },
		"changed data": func() ([]byte, error) {
			return before.Open("a", &tickets.Sealed{KeyID: sealed.KeyID, Data: append([]byte{sealed.Data[0] ^ 1}, sealed.Data[1:]...)})
		},
	} {
		if text, err := open(); text != nil || !errors.Is(err, tickets.ErrSealed) {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
	if _, err := tickets.NewKeys(""); err == nil {
		t.Error("keys without a secret")
	}
}

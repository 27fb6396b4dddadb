package tickets_test

import (
	"net/http"
	"strings"
	"testing"

	"ticketing.dev/common/events"
	"ticketing.dev/common/service/servicetest"
	"ticketing.dev/common/session"
)

func TestOnlyTheBuyerSeesTheSellersName(t *testing.T) {
	s := start(t)
	sold := s.list(ada, "Concert", "19.99")
	seen := func(user session.User) string {
		t.Helper()
		shown := servicetest.Decode[struct {
			Seller struct{ Name string }
		}](t, s.Do(user, http.MethodGet, privatePath(sold), ""), http.StatusOK)
		return shown.Seller.Name
	}
	s.deliver(events.OrderCompleted{Order: by(bob, order(sold, 1))})
	if name := seen(bob); name != "" {
		t.Errorf("without a name, the buyer sees %q", name)
	}
	rename := func(version int64, name string) events.Event {
		return events.UserRenamed{UserID: ada.ID, Version: version, Name: name}
	}
	// The first event has version 0. They arrive twice and in any order.
	for _, c := range []struct {
		event events.Event
		want  string
	}{
		{rename(0, "Ada"), "Ada"}, {rename(0, "Ada"), "Ada"}, {rename(2, "Ada L."), "Ada L."}, {rename(1, "A."), "Ada L."}, {rename(3, ""), ""},
		{rename(4, "Ada Lovelace"), "Ada Lovelace"},
	} {
		s.deliver(c.event)
		if name := seen(bob); name != c.want {
			t.Errorf("after %+v, the buyer sees %q, want %q", c.event, name, c.want)
		}
	}
	if name := seen(ada); name != "" {
		t.Errorf("the seller sees %q", name)
	}
	for _, path := range []string{"/api/tickets", "/api/tickets/" + sold.ID} {
		if a := s.Do(eve, http.MethodGet, path, ""); strings.Contains(a.Body, "Lovelace") {
			t.Errorf("%s shows the name to others: %s", path, a.Body)
		}
	}
}

package auth

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"

	"ticketing.dev/common/events"
	"ticketing.dev/common/service/servicetest"
	"ticketing.dev/common/session"
)

const profilePath = "/api/users/profile"

func (rs *running) readName(t *testing.T, user session.User) string {
	t.Helper()
	return servicetest.Decode[profileView](t, rs.client.Do(user, http.MethodGet, profilePath, ""), http.StatusOK).Name
}

func nameBody(name string) string {
	body, _ := json.Marshal(profileView{name}) // can't fail
	return string(body)
}

func (rs *running) setName(user session.User, name string) servicetest.Answer {
	return rs.client.Do(user, http.MethodPut, profilePath, nameBody(name))
}

// renamed are the events, once the service has stopped and so published all.
func (rs *running) renamed(t *testing.T) []events.UserRenamed {
	t.Helper()
	rs.client.Stop()
	return servicetest.Published[events.UserRenamed](t, rs.bus)
}

func TestAUserHasANameFromSignUpOrLater(t *testing.T) {
	rs := run(t)
	named := rs.signedUp(t, `{"email":"ada@example.com","password":"correct horse","name":"  Ada\u0301 "}`)
	plain := rs.signedUp(t, `{"email":"bob@example.com","password":"correct horse"}`)
	if name := rs.readName(t, named); name != "Adá" {
		t.Errorf("after signing up with a name: %q", name)
	}
	if name := rs.readName(t, plain); name != "" {
		t.Errorf("after signing up without: %q", name)
	}
	for _, name := range []string{"Bob", "Bob", "Bob 🎫", ""} {
		if a := rs.setName(plain, name); a.Status != http.StatusOK || rs.readName(t, plain) != name {
			t.Errorf("setting %q: %d %s, then %q", name, a.Status, a.Body, rs.readName(t, plain))
		}
	}
	var names []string
	for i, e := range rs.renamed(t) {
		names = append(names, e.Name)
		if i > 1 && (e.UserID != plain.ID || e.Version != int64(i-1)) {
			t.Errorf("event %d: %+v", i, e)
		}
	}
	if got := strings.Join(names, "|"); got != "Adá|Bob|Bob 🎫|" {
		t.Errorf("published %q", got)
	}
}

// signedUp signs up and returns the user.
func (rs *running) signedUp(t *testing.T, body string) session.User {
	t.Helper()
	return servicetest.Decode[session.User](t, rs.client.Do(servicetest.SignedOut, http.MethodPost, "/api/users/signup", body), http.StatusCreated)
}

func TestBadNamesAreRefused(t *testing.T) {
	rs := run(t)
	ada := rs.signedUp(t, `{"email":"ada@example.com","password":"correct horse"}`)
	const reordered = "Name must not contain control characters or characters that change the direction of text"
	for name, message := range map[string]string{
		"a\u202eb":                reordered,
		"a\nb":                    reordered,
		"\u200b":                  "Name must have a visible character",
		strings.Repeat("ü", 101):  "Name must have at most 100 characters",
		strings.Repeat("a ", 100): "Name must have at most 100 characters",
	} {
		rs.setName(ada, name).Refused(t, http.StatusBadRequest, "name", message)
		body := strings.TrimSuffix(nameBody(name), "}") + `,"email":"eve@example.com","password":"correct horse"}`
		rs.client.Do(servicetest.SignedOut, http.MethodPost, "/api/users/signup", body).Refused(t, http.StatusBadRequest, "name", message)
	}
	rs.client.Do(ada, http.MethodPut, profilePath, `{"name":7}`).Refused(t, http.StatusBadRequest, "name", "Name must be a string")
	for _, method := range []string{http.MethodGet, http.MethodPut} {
		rs.client.Do(servicetest.SignedOut, method, profilePath, nameBody("Eve")).Refused(t, http.StatusUnauthorized, "", "Not authorized")
	}
	if a := rs.setName(ada, strings.Repeat("🎫", 100)); a.Status != http.StatusOK {
		t.Errorf("a name of 100 characters: %d %s", a.Status, a.Body)
	}
	if all := rs.renamed(t); len(all) != 1 {
		t.Errorf("published %+v", all)
	}
}

// A user's first names, set in several windows at once, leave one profile. The last event has its name.
func TestNamesSetAtOnceLeaveTheLast(t *testing.T) {
	rs := run(t)
	ada := rs.signedUp(t, `{"email":"ada@example.com","password":"correct horse"}`)
	var racing sync.WaitGroup
	for _, name := range []string{"A", "B", "C", "D"} {
		racing.Go(func() {
			if a := rs.setName(ada, name); a.Status != http.StatusOK {
				t.Errorf("%s: %d %s", name, a.Status, a.Body)
			}
		})
	}
	racing.Wait()
	now := rs.readName(t, ada)
	var last events.UserRenamed
	for _, e := range rs.renamed(t) {
		if e.Version >= last.Version {
			last = e
		}
	}
	if last.Name != now || now == "" {
		t.Errorf("the name is %q, the last event says %+v", now, last)
	}
}

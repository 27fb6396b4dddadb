package e2e

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"ticketing.dev/common/service/servicetest"
	"ticketing.dev/local/mailbox"
)

// mailTo waits for a mail to an address, by its subject.
func mailTo(t *testing.T, s place, email, subject string) (found mailbox.Mail) {
	t.Helper()
	servicetest.Eventually(t, subject+" to "+email, func() bool {
		for _, m := range mailsTo(t, s, email) {
			if strings.HasPrefix(m.Subject, subject) {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

// mailsTo are the mails to an address, the newest first.
func mailsTo(t *testing.T, s place, email string) (all []mailbox.Mail) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.Run().Gateway+"/mail?to="+url.QueryEscape(email), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "application/json")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(&all); err != nil {
		t.Fatalf("%s: %v", response.Status, err)
	}
	return all
}

// tokenIn is the token of the link in a mail, which leads to the site.
func tokenIn(t *testing.T, s place, m mailbox.Mail) string {
	t.Helper()
	for word := range strings.FieldsSeq(m.Text) {
		if u, err := url.Parse(word); err == nil && u.Query().Has("token") && strings.HasPrefix(word, s.Run().Gateway+"/") {
			return u.Query().Get("token")
		}
	}
	t.Fatalf("no link to %s in %q", s.Run().Gateway, m.Text)
	return ""
}

// passwords sends what forgets, sets and changes passwords, until it's refused.
func (s *scene) passwords(t *testing.T) {
	t.Helper()
	user := newUser(t, shared)
	cookie := s.watch.session(user)
	who, err := user.CurrentUser(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	confirm := tokenIn(t, shared, mailTo(t, shared, who.Email, "Confirm your email address"))
	forget := toJSON(t, map[string]string{"email": who.Email})
	send := func(session, method, path, body string, status int) {
		t.Helper()
		if r := s.watch.send(method, s.gateway+path, body, "Cookie", session); r.StatusCode != status {
			t.Errorf("%s %s %s: %s, want %d", method, path, body, r.Status, status)
		}
	}
	send("", "PUT", "/api/users/confirmation", toJSON(t, map[string]string{"token": confirm}), 204)
	send("", "PUT", "/api/users/confirmation", `{"token":"x"}`, 400)
	send("", "POST", "/api/users/password-reset", `{"email":"nobody"}`, 400)
	send("", "POST", "/api/users/password-reset", forget, 202)
	reset := toJSON(t, map[string]string{"token": tokenIn(t, shared, mailTo(t, shared, who.Email, "Choose a new password")), "password": "another horse"})
	send("", "PUT", "/api/users/password-reset", reset, 204)
	send("", "PUT", "/api/users/password-reset", reset, 400)
	mailTo(t, shared, who.Email, "Your password was changed")
	send(cookie, "PUT", "/api/users/password", `{}`, 401)

	again := s.watch.session(newUser(t, shared))
	send(again, "PUT", "/api/users/password", `{"currentPassword":"correct horse","password":"another horse"}`, 204)
	again = s.watch.session(newUser(t, shared))
	s.untilTooMany(t, again, "PUT", "/api/users/password", `{"currentPassword":"wrong horse","password":"another horse"}`)
	s.untilTooMany(t, "", "PUT", "/api/users/password-reset", reset)
	s.untilTooMany(t, "", "POST", "/api/users/password-reset", forget)
}

// untilTooMany repeats a request until it's refused with 429.
func (s *scene) untilTooMany(t *testing.T, session, method, path, body string) {
	t.Helper()
	for range 150 { // forged links count by network, of which each may send a hundred
		if s.watch.send(method, s.gateway+path, body, "Cookie", session).StatusCode == http.StatusTooManyRequests {
			return
		}
	}
	t.Errorf("%s %s isn't refused with 429", method, path)
}

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ticketing.dev/common/service/servicetest"
	"ticketing.dev/local/api"
)

// What must never be in a log, each unlike anything else.
const (
	markedPassword = "marked-password-5a1d"
	markedAddress  = "203.0.113.77"
	markedToken    = "tok_marked5a1d"
	markedCookie   = "marked-cookie-5a1d"
)

// marked adds a visitor's address to requests, and collects the cookies of responses.
type marked struct {
	rest    http.RoundTripper
	secrets *[]string
}

func (m marked) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("X-Forwarded-For", markedAddress)
	response, err := m.rest.RoundTrip(r)
	if err == nil {
		for _, c := range response.Cookies() {
			if c.Value != "" {
				*m.secrets = append(*m.secrets, c.Value)
			}
		}
	}
	return response, err
}

func TestTheSecurityLogTellsWhatHappenedAndNoSecret(t *testing.T) {
	email := fmt.Sprintf("marked-%d@example.com", os.Getpid())
	secrets := []string{email, markedPassword, markedAddress, markedToken, markedCookie}
	c := api.New(shared.Run().Gateway).Through(marked{http.DefaultTransport, &secrets})
	user := misbehave(t, c, email)
	buyAndReturn(t, c)
	if err := c.SignOut(t.Context()); err != nil {
		t.Fatal(err)
	}
	stolen := []byte(secrets[len(secrets)-1])
	middle := &stolen[len(stolen)/2]
	if *middle != 'A' {
		*middle = 'A'
	} else {
		*middle = 'B'
	}
	asUser(t, http.MethodGet, shared.Run().Gateway+"/api/orders", &http.Cookie{Name: "session", Value: string(stolen)})
	asUser(t, http.MethodGet, shared.Run().Gateway+"/api/orders", &http.Cookie{Name: "session", Value: markedCookie})

	for service, events := range map[string][]string{
		"auth":     {"signed-up", "signed-in", "sign-in-refused", "signed-out", "limit-reached", "cross-site-refused"},
		"orders":   {"not-owner", "not-signed-in", "bad-session-signature"},
		"payments": {"charge-succeeded", "charge-refunded", "bad-webhook-signature"},
	} {
		for _, event := range events {
			servicetest.Eventually(t, service+": "+event, func() bool { return logged(t, service, event, user) })
		}
	}
	text := everythingLogged(t)
	for _, secret := range secrets {
		if strings.Contains(text, secret) {
			t.Errorf("%q is in the logs", secret)
		}
	}
}

// misbehave signs up, and is refused in several ways.
func misbehave(t *testing.T, c *api.Client, email string) (user string) {
	t.Helper()
	u, err := c.SignUp(t.Context(), email, markedPassword)
	if err != nil {
		t.Fatal(err)
	}
	stranger := newUser(t, shared)
	theirs := order(t, stranger, list(t, stranger, 1999))
	_, err = c.Order(t.Context(), theirs.ID)
	refused(t, err, http.StatusUnauthorized, "Not authorized")
	other := api.New(shared.Run().Gateway).Through(marked{http.DefaultTransport, new([]string)})
	for range 20 { // until it's refused
		_, err = other.SignIn(t.Context(), email, markedPassword+"?")
	}
	refused(t, err, http.StatusTooManyRequests, "Too many attempts")
	if _, err := c.SignIn(t.Context(), email, markedPassword); err != nil { // the device is known
		t.Fatal(err)
	}
	post := func(path, header, value string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, shared.Run().Gateway+path, strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set(header, value)
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
	}
	post("/api/users/signin", "Sec-Fetch-Site", "cross-site")
	post("/api/payments/webhook", "Stripe-Signature", markedToken)
	return u.ID
}

// buyAndReturn pays with a bad token and a good one, and gets the money back.
func buyAndReturn(t *testing.T, c *api.Client) {
	t.Helper()
	o := order(t, c, list(t, newUser(t, shared), 1999))
	_, err := c.Pay(t.Context(), o.ID, markedToken)
	refused(t, err, http.StatusBadRequest, "No such token")
	charge, err := c.Pay(t.Context(), o.ID, "tok_visa")
	if err != nil {
		t.Fatal(err)
	}
	stripe := stripeOf(t, shared)
	_, err = stripe.Refund(t.Context(), charge.StripeID, 0)
	stripe.done(err)
}

// logged reports whether a service's security log has an event. Events of a signed-in user name the user.
func logged(t *testing.T, service, event, user string) bool {
	t.Helper()
	for line := range strings.Lines(readLogs(t, service+"*.log")) {
		var entry struct {
			Security struct{ Event, User, Subject, Address string }
		}
		_ = json.Unmarshal([]byte(line), &entry) // other lines aren't all JSON
		s := entry.Security
		if s.Event != event {
			continue
		}
		anonymous := map[string]bool{"sign-in-refused": true, "limit-reached": true, "cross-site-refused": true, "not-signed-in": true,
			"bad-session-signature": true, "bad-webhook-signature": true}[event]
		background := strings.HasPrefix(event, "charge-")
		if (anonymous || s.User == user || s.Subject == user) && (background || len(s.Address) == 16) {
			return true
		}
	}
	return false
}

// everythingLogged is every line of every part of the system.
func everythingLogged(t *testing.T) string {
	t.Helper()
	return readLogs(t, "*.log")
}

// readLogs reads the logs whose file names match a pattern.
func readLogs(t *testing.T, pattern string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(data, "log", pattern))
	if err != nil || len(files) == 0 {
		t.Fatalf("no logs are %s: %v", pattern, err)
	}
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}

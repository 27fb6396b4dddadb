package auth

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"ticketing.dev/auth/mail"
	memorybus "ticketing.dev/common/bus/memory"
	"ticketing.dev/common/service/servicetest"
)

// inbox is a transport that keeps what is sent.
type inbox struct {
	mu  sync.Mutex
	all []mail.Message
}

func (i *inbox) Send(_ context.Context, m mail.Message) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.all = append(i.all, m)
	return nil
}

// sent returns the mails of a kind to an address.
func (i *inbox) sent(kind mail.Kind, to string) (found []mail.Message) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, m := range i.all {
		if m.To == to && strings.HasPrefix(m.ID, string(kind)+":") {
			found = append(found, m)
		}
	}
	return found
}

// await waits for the nth mail of a kind to an address.
func (i *inbox) await(t *testing.T, kind mail.Kind, to string, n int) mail.Message {
	t.Helper()
	servicetest.Eventually(t, string(kind)+" to "+to, func() bool { return len(i.sent(kind, to)) >= n })
	return i.sent(kind, to)[n-1]
}

// tokenIn is the token of the link in a mail.
func tokenIn(t *testing.T, m mail.Message) string {
	t.Helper()
	for _, word := range strings.Fields(m.PlainText) {
		if u, err := url.Parse(word); err == nil && u.Query().Has("token") {
			return u.Query().Get("token")
		}
	}
	t.Fatalf("no link in %q", m.PlainText)
	return ""
}

// mailing starts a service that sends mail.
func mailing(t *testing.T, o Options) (*running, *inbox) {
	t.Helper()
	box := &inbox{}
	o.Mail, o.SiteURL = box, "https://ticketing.dev/"
	if o.DB == nil {
		o.DB = servicetest.Database(t)
	}
	return serve(t, o, memorybus.New()), box
}

const (
	ada   = "ada@example.com"
	newer = "another horse battery"
)

// forget asks for a link, and returns its token.
func (rs *running) forget(t *testing.T, box *inbox, email string, n int) string {
	t.Helper()
	if a := rs.post(t, "/api/users/password-reset", `{"email":"`+email+`"}`); a.Status != http.StatusAccepted || strings.TrimSpace(a.Body) != `{"mailed":true}` {
		t.Fatalf("forgotten: %d %s", a.Status, a.Body)
	}
	return tokenIn(t, box.await(t, resetMail, email, n))
}

func (rs *running) resetWith(t *testing.T, token, password string) answer {
	t.Helper()
	return rs.do(t, http.MethodPut, "/api/users/password-reset", `{"token":"`+token+`","password":"`+password+`"}`)
}

package mailbox

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/smtp"
	"strings"
	"testing"
)

const message = "From: site@example.com\r\nTo: ada@example.com\r\nMessage-ID: <a@example.com>\r\nSubject: =?UTF-8?q?Gr=C3=BC=C3=9Fe?=\r\n" +
	"MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n" +
	"--b\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGr=C3=BC=C3=9Fe =\r\nan alle\r\n" +
	"--b\r\nContent-Type: text/html; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n\r\nPGI+SGk8L2I+\r\n--b--\r\n"

func deliver(t *testing.T, to string) *Mailbox {
	t.Helper()
	b, err := Open("127.0.0.1:0", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := smtp.SendMail(b.Addr(), nil, "site@example.com", []string{to}, []byte(message)); err != nil {
		t.Fatal(err)
	}
	return b
}

func get(t *testing.T, b *Mailbox, path, accept string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	r.Header.Set("Accept", accept)
	w := httptest.NewRecorder()
	b.ServeHTTP(w, r)
	return w
}

func TestMailIsReadAsItWasWritten(t *testing.T) {
	b := deliver(t, "ada@example.com")
	var all []Mail
	if err := json.Unmarshal(get(t, b, "/mail?to=Ada@example.com", "application/json").Body.Bytes(), &all); err != nil || len(all) != 1 {
		t.Fatalf("%+v, %v", all, err)
	}
	m := all[0]
	if m.Subject != "Grüße" || m.Text != "Grüße an alle" || m.HTML != "<b>Hi</b>" || m.MessageID != "a@example.com" {
		t.Errorf("read as %+v", m)
	}
	if a := get(t, b, "/mail?to=eve@example.com", "application/json"); strings.TrimSpace(a.Body.String()) != "[]" {
		t.Errorf("another address has %s", a.Body)
	}
}

func TestPagesShowMailWithoutRunningIt(t *testing.T) {
	b := deliver(t, "ada@example.com")
	if list := get(t, b, "/mail", "text/html").Body.String(); !strings.Contains(list, `<a href="/mail/1">Grüße</a>`) {
		t.Errorf("the list is %s", list)
	}
	w := get(t, b, "/mail/1", "text/html")
	if page := w.Body.String(); !strings.Contains(page, "&lt;b&gt;Hi") || strings.Contains(page, "<b>Hi") {
		t.Errorf("the page is %s", page)
	}
	if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("the policy is %q", policy)
	}
	if a := get(t, b, "/mail/2", "text/html"); a.Code != http.StatusNotFound {
		t.Errorf("a missing mail: %d", a.Code)
	}
}

func TestOnlyTheLatestMailsAreKept(t *testing.T) {
	b := &Mailbox{}
	for range kept + 5 {
		b.take(Mail{})
	}
	if all := b.choose(func(Mail) bool { return true }); len(all) != kept || all[0].ID != "10005" {
		t.Errorf("%d are kept, the newest is %s", len(all), all[0].ID)
	}
}

func TestAMailboxClosesRightAfterItOpens(t *testing.T) {
	for range 200 {
		b, err := Open("127.0.0.1:0", slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

package session

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestADeviceIsKnownForTheAccountThatSignedInThere(t *testing.T) {
	s, err := Open(Config{Key: "0123456789abcdef0123456789abcdef"}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	other, err := Open(Config{Key: "another key of thirty-two bytes!"}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for host, name := range map[string]string{"localhost:8080": "ticketing-device", "ticketing.dev": "__Host-ticketing-device"} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.Host = host
		if err := s.RememberDevice(w, r, "ada@example.com"); err != nil {
			t.Fatal(err)
		}
		c := w.Result().Cookies()[0]
		if c.Name != name || c.Path != "/" || !c.HttpOnly || c.Secure != (host == "ticketing.dev") || c.SameSite != http.SameSiteLaxMode {
			t.Errorf("%s: cookie %v, want %s", host, c, name)
		}
		r.AddCookie(c)
		if s.Device(r, "ada@example.com") == "" {
			t.Errorf("%s: the device isn't known", host)
		}
		if s.Device(r, "bob@example.com") != "" {
			t.Errorf("%s: the device is known for another account", host)
		}
		if other.Device(r, "ada@example.com") != "" {
			t.Errorf("%s: another system's device is known", host)
		}
	}
}

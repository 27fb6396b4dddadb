package service

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"ticketing.dev/common/bus"
	"ticketing.dev/common/bus/memory"
)

// empty is a service without routes of its own.
type empty struct{}

func (empty) Routes(chi.Router)           {}
func (empty) Listeners() []bus.Listener   { return nil }
func (empty) Tasks() []Task               { return nil }
func (empty) Ready(context.Context) error { return nil }

// exchange sends text to a running service and returns its response.
func exchange(t *testing.T, text string) *http.Response {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- Run(ctx, "empty", l, memory.New(), slog.New(slog.DiscardHandler), empty{}) }()
	t.Cleanup(func() { cancel(); <-ended })
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(15 * time.Second))
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	return response
}

func TestReadsDoNotAwaitABody(t *testing.T) {
	for _, method := range []string{"GET", "HEAD"} {
		for path, status := range map[string]int{"/healthz": 200, "/readyz": 200, "/nowhere": 404} {
			for _, body := range []string{"Content-Length: 9\r\n", "Transfer-Encoding: chunked\r\n"} {
				r := exchange(t, fmt.Sprintf("%s %s HTTP/1.1\r\nHost: test\r\n%s\r\n", method, path, body))
				if r.StatusCode != status || !r.Close {
					t.Errorf("%s %s with %q is answered %s, close %t", method, path, body, r.Status, r.Close)
				}
			}
		}
	}
}

func TestHeadersAreLimitedTo64KiB(t *testing.T) {
	for size, status := range map[int]int{60 << 10: 200, 80 << 10: 431} {
		text := "GET /healthz HTTP/1.1\r\nHost: test\r\nX-Filler: " + strings.Repeat("x", size) + "\r\n\r\n"
		if r := exchange(t, text); r.StatusCode != status {
			t.Errorf("a header of %d bytes is answered %s, want %d", size, r.Status, status)
		}
	}
}

func TestEveryResponseHasSecurityHeaders(t *testing.T) {
	for _, path := range []string{"/healthz", "/nowhere"} {
		for proto, hsts := range map[string]string{"http": "", "https": "max-age=31536000; includeSubDomains"} {
			r := exchange(t, "GET "+path+" HTTP/1.1\r\nHost: test\r\nX-Forwarded-Proto: "+proto+"\r\n\r\n")
			for name, want := range map[string]string{
				"X-Content-Type-Options":    "nosniff",
				"Content-Security-Policy":   "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
				"Referrer-Policy":           "no-referrer",
				"Strict-Transport-Security": hsts,
			} {
				if got := r.Header.Get(name); got != want {
					t.Errorf("%s over %s: %s is %q, want %q", path, proto, name, got, want)
				}
			}
		}
	}
}

func TestTraceIsRefused(t *testing.T) {
	if r := exchange(t, "TRACE /healthz HTTP/1.1\r\nHost: test\r\n\r\n"); r.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("answered %s", r.Status)
	}
}

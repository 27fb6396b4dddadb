package service

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

func TestProfilesAreServedOnLoopback(t *testing.T) {
	var log bytes.Buffer
	stop, err := serveProfiles(t.Context(), "127.0.0.1:0", slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	addr := regexp.MustCompile(`address=(\S+)`).FindStringSubmatch(log.String())[1]
	for path, want := range map[string]string{
		"/debug/pprof/":                  "goroutine",
		"/debug/pprof/goroutine?debug=1": "goroutine profile:",
		"/debug/pprof/profile?seconds=1": "\x1f\x8b", // gzip
	} {
		res, err := http.Get("http://" + addr + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK || !strings.Contains(string(body), want) {
			t.Errorf("GET %s: %s (%v)", path, res.Status, err)
		}
	}
	stop()
	if res, err := http.Get("http://" + addr); err == nil {
		res.Body.Close()
		t.Error("still served after stop")
	}
}

func TestProfilesAreForThisMachineOnly(t *testing.T) {
	for _, addr := range []string{":0", "0.0.0.0:0", "[::]:0", "nonsense"} {
		stop, err := serveProfiles(t.Context(), addr, slog.New(slog.DiscardHandler))
		if err == nil {
			stop()
			t.Errorf("served at %s", addr)
		}
	}
}

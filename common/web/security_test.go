package web

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"ticketing.dev/common/problem"
)

// audit returns the security group of the only line that a refusal logs, or nil.
func audit(t *testing.T, refusal error, adapt func(*http.Request)) map[string]any {
	t.Helper()
	var out bytes.Buffer
	identify := func(*http.Request) []slog.Attr { return []slog.Attr{slog.String("user", "user-1")} }
	router := NewRouter(slog.New(slog.NewJSONHandler(&out, nil)), identify)
	router.Method(http.MethodPost, "/x", Handler(func(http.ResponseWriter, *http.Request) error { return refusal }))
	r := httptest.NewRequest(http.MethodPost, "/x?token=secret", nil)
	r.Header.Set("X-Request-Id", "request-1")
	adapt(r)
	router.ServeHTTP(httptest.NewRecorder(), r)
	if out.Len() == 0 {
		return nil
	}
	var line struct {
		Msg, Request string
		Security     map[string]any
	}
	if err := json.Unmarshal(out.Bytes(), &line); err != nil || line.Msg != "security" || line.Request != "request-1" {
		t.Errorf("logged %s %v", &out, err)
	}
	return line.Security
}

func TestRefusalsAreInTheSecurityLog(t *testing.T) {
	asIs := func(*http.Request) {}
	for event, refusal := range map[string]error{
		"not-signed-in": problem.ErrNotAuthorized,
		"not-owner":     problem.ErrNotOwner,
		"other-user":    problem.New(problem.OtherUser, "x"),
		"limit-reached": problem.New(problem.TooMany, "x"),
	} {
		got := audit(t, refusal, asIs)
		if got["event"] != event || got["user"] != "user-1" || got["method"] != "POST" || got["path"] != "/x" || len(got) != 4 {
			t.Errorf("%s: logged %v", event, got)
		}
	}
	crossSite := func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }
	if got := audit(t, nil, crossSite); got["event"] != "cross-site-refused" || got["user"] != "user-1" {
		t.Errorf("a cross-site write: logged %v", got)
	}
	for _, refusal := range []error{problem.ErrNotFound, problem.Field("title", "x"), problem.New(problem.Unavailable, "x")} {
		if got := audit(t, refusal, asIs); got != nil {
			t.Errorf("%v: logged %v", refusal, got)
		}
	}
}

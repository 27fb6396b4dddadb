package sandbox_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"ticketing.dev/local/sandbox"
)

func TestPagesOfOtherOriginsCannotPost(t *testing.T) {
	s, err := sandbox.Open(sandbox.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	for name, c := range map[string]struct {
		header, value string
		refused       bool
	}{
		"a program":             {"", "", false},
		"the bank's own page":   {"Sec-Fetch-Site", "same-origin", false},
		"a foreign page":        {"Sec-Fetch-Site", "cross-site", true},
		"another port":          {"Sec-Fetch-Site", "same-site", true},
		"an old browser's page": {"Origin", "https://attacker.example", true},
	} {
		for _, path := range []string{"/sandbox/faults", "/v1/refunds", "/sandbox/disputes"} {
			r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(""))
			if c.header != "" {
				r.Header.Set(c.header, c.value)
			}
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			if refused := w.Code == http.StatusForbidden; refused != c.refused {
				t.Errorf("%s: %s is answered %d", name, path, w.Code)
			}
		}
	}
}

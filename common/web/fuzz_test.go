package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"ticketing.dev/common/problem"
)

// No body makes Decode panic, and what it accepts is what the tags allow.
func FuzzDecode(f *testing.F) {
	for _, body := range []string{`{"name":"a","count":1}`, `{"name":"a","name":"b","count":2}`, `{"name":null}`, "[[[", "\xff", "", `{"count":1e999}`, `{"name":"\ud800","count":1}`} {
		f.Add("application/json", body)
	}
	f.Add("multipart/form-data; boundary=", "--")
	f.Fuzz(func(t *testing.T, kind, body string) {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set("Content-Type", kind)
		got, err := Decode[struct {
			Name  string `json:"name" validate:"required,max=5" message:"name must have 1 to 5 characters"`
			Count int    `json:"count" validate:"min=1" message:"count must be at least 1"`
		}](httptest.NewRecorder(), r)
		switch {
		case err != nil && problem.Of(err).Kind == problem.Internal:
			t.Errorf("refused as internal: %v", err)
		case err == nil && (got.Count < 1 || got.Name == "" || utf8.RuneCountInString(got.Name) > 5 || !utf8.ValidString(got.Name)):
			t.Errorf("accepted %+v", got)
		}
	})
}

// A cursor is refused, or it's an id.
func FuzzParsePage(f *testing.F) {
	for _, query := range []string{"", "after=65a000000000000000000001&limit=5", "limit=-1", "after=%00", "limit=99999999999999999999", "after=%ff", "limit=5;after=x"} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.URL.RawQuery = query
		page, err := ParsePage(r)
		if err != nil {
			if problem.Of(err).Kind != problem.Invalid {
				t.Errorf("refused as %v", err)
			}
			return
		}
		if page.After != "" && !IsID(page.After) || page.Limit < 1 || page.Limit > 1000 {
			t.Errorf("accepted %+v", page)
		}
	})
}

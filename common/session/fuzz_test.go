package session

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// Only a cookie that was made with the key is a session, and no header makes reading one panic.
func FuzzCookie(f *testing.F) {
	sessions := open(f, secret)
	w := httptest.NewRecorder()
	if err := sessions.Start(w, httptest.NewRequest(http.MethodPost, "/", nil), User{ID: "65a000000000000000000001", Email: "ada@example.com"}); err != nil {
		f.Fatal(err)
	}
	genuine := w.Result().Cookies()[0]
	f.Add(genuine.Value)
	for _, value := range []string{"", "%00", "eyJhbGciOiJub25lIn0.e30.", "a; ticketing=b", "====", genuine.Value[1:], genuine.Value + "="} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Cookie", "ticketing="+value)
		s, err := sessions.read(r)
		if err == nil && (s.ID != "65a000000000000000000001" || time.Since(s.Started) < 0) {
			t.Errorf("%q is a session of %+v", value, s)
		}
	})
}

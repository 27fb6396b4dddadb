package mailbox

import (
	_ "embed"
	"encoding/json"
	"html/template"
	"net/http"
	"slices"
	"strings"
)

//go:embed page.html
var markup string

var page = template.Must(template.New("page").Parse(markup))

// routes are GET /mail, which takes ?to= with an address, and GET /mail/{id}. Clients that accept application/json
// get that.
func (b *Mailbox) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /mail", func(w http.ResponseWriter, r *http.Request) {
		to := strings.ToLower(r.URL.Query().Get("to"))
		answer(w, r, b.choose(func(m Mail) bool { return to == "" || slices.Contains(m.To, to) }), true)
	})
	mux.HandleFunc("GET /mail/{id}", func(w http.ResponseWriter, r *http.Request) {
		found := b.choose(func(m Mail) bool { return m.ID == r.PathValue("id") })
		if len(found) == 0 {
			http.NotFound(w, r)
			return
		}
		answer(w, r, found, false)
	})
	return mux
}

func answer(w http.ResponseWriter, r *http.Request, mails []Mail, list bool) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Vary", "Accept")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if strings.Contains(r.Header.Get("Accept"), "application/json") {
		w.Header().Set("Content-Type", "application/json")
		if list {
			_ = json.NewEncoder(w).Encode(mails) // the client may have gone
			return
		}
		_ = json.NewEncoder(w).Encode(mails[0])
		return
	}
	// The mail's own HTML is in a frame, without scripts. Its links open in the tab.
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = page.Execute(w, struct {
		Mails []Mail
		List  bool
	}{mails, list})
}

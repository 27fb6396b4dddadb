package web

import (
	"net/http"
	"strings"
	"time"
)

// readPatience bounds the body of a read, which should have none.
const readPatience = 5 * time.Second

// Bounded keeps a body that never arrives from holding a request up.
func Bounded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			patience := requestTimeout
			if r.Method == http.MethodGet || r.Method == http.MethodHead {
				patience = readPatience
				w.Header().Set("Connection", "close") // or net/http would read the body before it responds
			}
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(patience))
		}
		next.ServeHTTP(w, r)
	})
}

// hsts is sent over https only (RFC 6797 §7.2).
const hsts = "max-age=31536000; includeSubDomains"

// Headers that are the same for every response share their values, so setting them allocates nothing.
var (
	noSniff     = []string{"nosniff"}
	nothingRuns = []string{"default-src 'none'; base-uri 'none'; frame-ancestors 'none'"}
	noReferrer  = []string{"no-referrer"}
	noStore     = []string{"no-store"}
	jsonType    = []string{"application/json"}
	problemType = []string{"application/problem+json"}
)

// secured sets the headers that browsers want on every response. Nothing of an API is a page, so nothing may be
// framed, loaded or run.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h["X-Content-Type-Options"] = noSniff
		h["Content-Security-Policy"] = nothingRuns
		h["Referrer-Policy"] = noReferrer
		// Anyone can claim https. Browsers ignore the header over http, so the claim does no harm.
		if r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https") {
			h.Set("Strict-Transport-Security", hsts)
		}
		next.ServeHTTP(w, r)
	})
}

package web

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"ticketing.dev/common/problem"
)

// NewRouter makes a router with what every request goes through: an id, a line in the log, a guard
// against panics and one against writes that another site makes a browser send. Routes are added with
// their whole path: of those that are mounted chi does not tell which methods they have.
func NewRouter(log *slog.Logger) *chi.Mux {
	crossSite := http.NewCrossOriginProtection()
	crossSite.SetDenyHandler(Handler(func(http.ResponseWriter, *http.Request) error {
		return problem.New(problem.CrossSite, "Cross-site request refused")
	}))

	r := chi.NewRouter()
	r.Use(identified, logged(log), recovered, crossSite.Handler, middleware.GetHead)
	r.NotFound(Handler(func(http.ResponseWriter, *http.Request) error { return problem.ErrNotFound }).ServeHTTP)
	r.MethodNotAllowed(Handler(methodNotAllowed(r)).ServeHTTP)
	return r
}

// requestIDHeader carries a request's id from the client or a proxy through to the log and back.
const requestIDHeader = "X-Request-Id"

// identified sees to it that every request has an id, its own if it is one.
func identified(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !requestID.MatchString(r.Header.Get(requestIDHeader)) {
			r.Header.Set(requestIDHeader, rand.Text())
		}
		w.Header().Set(requestIDHeader, r.Header.Get(requestIDHeader))
		next.ServeHTTP(w, r)
	})
}

var requestID = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

// logged writes one line for each request and gives handlers a logger that knows the request's id.
func logged(log *slog.Logger) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			start := time.Now()
			log := log.With("request", r.Header.Get(requestIDHeader))
			wrapped := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
			next.ServeHTTP(wrapped, r.WithContext(context.WithValue(r.Context(), loggerKey{}, log)))
			log.DebugContext(r.Context(), "request", "method", r.Method, "path", r.URL.Path,
				"status", wrapped.Status(), "bytes", wrapped.BytesWritten(), "duration", time.Since(start))
		})
	}
}

// recovered turns a panic into a 500, and leaves http.ErrAbortHandler to the server.
func recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			switch v := recover(); v {
			case nil:
			case http.ErrAbortHandler:
				panic(v)
			default:
				WriteError(w, r, fmt.Errorf("panic: %v\n%s", v, debug.Stack()))
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// methodNotAllowed names the methods that are, as RFC 9110 §15.5.6 asks.
func methodNotAllowed(routes chi.Routes) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		var allowed []string
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
			if routes.Match(chi.NewRouteContext(), method, r.URL.Path) {
				allowed = append(allowed, method)
			}
		}
		if slices.Contains(allowed, http.MethodGet) {
			allowed = append(allowed, http.MethodHead)
		}
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		return problem.New(problem.MethodNotAllowed, "Method not allowed")
	}
}

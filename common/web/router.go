package web

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"ticketing.dev/common/problem"
)

// NewRouter returns a router whose middleware bounds bodies, sets security headers, gives requests an id, logs them,
// recovers from panics and refuses cross-site writes. Add routes with their full path: chi doesn't report the methods of mounted ones.
// identify, if there is one, says in the security log who sent a request.
func NewRouter(log *slog.Logger, identify Identify) *chi.Mux {
	crossSite := http.NewCrossOriginProtection()
	crossSite.SetDenyHandler(Handler(func(http.ResponseWriter, *http.Request) error {
		return problem.New(problem.CrossSite, "Cross-site request refused")
	}))

	r := chi.NewRouter()
	r.Use(Bounded, secured, identified, (&logging{log, identify}).requests, recovered, crossSite.Handler, middleware.GetHead)
	r.NotFound(Handler(func(http.ResponseWriter, *http.Request) error { return problem.ErrNotFound }).ServeHTTP)
	r.MethodNotAllowed(Handler(methodNotAllowed(r)).ServeHTTP)
	return r
}

// requestIDHeader carries a request's id from the client or a proxy to the log and back.
const requestIDHeader = "X-Request-Id"

// identified gives every request an id. It keeps a valid id that the request already has.
func identified(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header[requestIDHeader]
		if len(id) == 0 || !validID(id[0]) {
			id = []string{rand.Text()}
			r.Header[requestIDHeader] = id
		}
		w.Header()[requestIDHeader] = id[:1:1]
		next.ServeHTTP(w, r)
	})
}

// validID accepts up to 64 characters that are harmless in a log.
func validID(id string) bool {
	if id == "" || len(id) > 64 {
		return false
	}
	for _, c := range []byte(id) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '.', c == '-':
		default:
			return false
		}
	}
	return true
}

// logging is what a router's handlers need for their logs.
type logging struct {
	log      *slog.Logger
	identify Identify
}

// requests logs every request if the level is debug, and gives handlers the logger.
func (l *logging) requests(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = r.WithContext(context.WithValue(r.Context(), routerKey{}, l))
		if !l.log.Enabled(r.Context(), slog.LevelDebug) {
			next.ServeHTTP(w, r)
			return
		}
		start := time.Now()
		wrapped := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		next.ServeHTTP(wrapped, r)
		logger(r).DebugContext(r.Context(), "request", "method", r.Method, "path", r.URL.Path,
			"status", wrapped.Status(), "bytes", wrapped.BytesWritten(), "duration", time.Since(start))
	})
}

// recovered turns a panic into a 500, except http.ErrAbortHandler.
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

// methodNotAllowed lists the allowed methods (RFC 9110 §15.5.6).
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

package metrics

import (
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/prometheus/client_golang/prometheus"
)

var (
	requests = histogram("http_request_duration_seconds", "Time from a request's headers to the end of its response.",
		"method", "route", "code")
	inFlight = factory.NewGauge(prometheus.GaugeOpts{
		Name: "http_requests_in_flight", Help: "Requests that are being handled.",
	})
)

// methods are the ones with routes. Anyone can make up others.
var methods = map[string]bool{
	http.MethodGet: true, http.MethodHead: true, http.MethodPost: true, http.MethodPut: true, http.MethodDelete: true,
}

// Requests measures the requests of a chi router.
func Requests(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !enabled.Load() {
			next.ServeHTTP(w, r)
			return
		}
		inFlight.Inc()
		defer inFlight.Dec()
		began := time.Now()
		wrapped := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		code := http.StatusInternalServerError // of a panic
		defer func() {
			requests.WithLabelValues(method(r), route(r), strconv.Itoa(code)).Observe(time.Since(began).Seconds())
		}()
		next.ServeHTTP(wrapped, r)
		if code = wrapped.Status(); code == 0 {
			code = http.StatusOK
		}
	})
}

func method(r *http.Request) string {
	if methods[r.Method] {
		return r.Method
	}
	return "other"
}

// route is the pattern of the route that was found, such as /api/tickets/{id}.
func route(r *http.Request) string {
	if pattern := chi.RouteContext(r.Context()).RoutePattern(); pattern != "" {
		return pattern
	}
	return "none"
}

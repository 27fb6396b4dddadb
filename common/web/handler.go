// Package web holds what the HTTP APIs share: it turns errors into responses, decodes and validates bodies, and
// pages lists.
package web

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"ticketing.dev/common/idempotency"
	"ticketing.dev/common/problem"
)

// requestTimeout bounds the work for one request. It's longer than any healthy request takes.
const requestTimeout = 30 * time.Second

// Handler handles a request. An error that it returns becomes the response.
type Handler func(w http.ResponseWriter, r *http.Request) error

func (h Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), requestTimeout) // Bounded does the same for its body
	defer cancel()
	if err := h(w, r.WithContext(ctx)); err != nil {
		WriteError(w, r, err)
	}
}

// JSON writes a value as JSON.
func JSON(w http.ResponseWriter, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	write(w, status, jsonType, body)
	return nil
}

// Answer writes what a request created or, if its idempotency key has a recorded response, that body, so
// that every retry gets the same bytes.
func Answer(w http.ResponseWriter, q *idempotency.Request, status int, v any) error {
	if !q.HasAnswer() {
		return JSON(w, status, v)
	}
	write(w, status, jsonType, []byte(q.Answer))
	return nil
}

// document is the body of every error response: RFC 9457 (https://www.rfc-editor.org/rfc/rfc9457) plus the errors
// array.
type document struct {
	Type   string           `json:"type"`
	Title  string           `json:"title"`
	Status int              `json:"status"`
	Errors []problem.Detail `json:"errors"`
}

// statuses maps kinds of problems to HTTP statuses.
var statuses = map[problem.Kind]int{
	problem.CrossSite:            http.StatusForbidden,
	problem.NotSignedIn:          http.StatusUnauthorized,
	problem.OtherUser:            http.StatusPreconditionFailed,
	problem.UnsupportedMediaType: http.StatusUnsupportedMediaType,
	problem.TooLarge:             http.StatusRequestEntityTooLarge,
	problem.Invalid:              http.StatusBadRequest,
	problem.KeyReused:            http.StatusUnprocessableEntity,
	problem.InProgress:           http.StatusConflict,
	problem.NotFound:             http.StatusNotFound,
	problem.NotOwner:             http.StatusUnauthorized, // as this API's clients expect
	problem.Refused:              http.StatusBadRequest,
	problem.Declined:             http.StatusPaymentRequired,
	problem.MethodNotAllowed:     http.StatusMethodNotAllowed,
	problem.TooMany:              http.StatusTooManyRequests,
	problem.Unavailable:          http.StatusServiceUnavailable,
	problem.Internal:             http.StatusInternalServerError,
}

// WriteError writes an error response. Errors other than problem.Error are logged, and the response says only that
// something went wrong. Client disconnects aren't logged.
func WriteError(w http.ResponseWriter, r *http.Request, err error) {
	p := problem.Of(err)
	if gone := r.Context().Err() != nil; p.Kind == problem.Internal && !gone {
		logger(r).ErrorContext(r.Context(), "request failed", "method", r.Method, "path", r.URL.Path, "error", err)
	}
	auditRefusal(r, p)
	if p.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(max(p.RetryAfter, time.Second).Seconds())))
	}
	status := statuses[p.Kind]
	body, err := json.Marshal(document{Type: p.Type(), Title: http.StatusText(status), Status: status, Errors: p.Details})
	if err != nil {
		logger(r).ErrorContext(r.Context(), "encode a problem", "error", err)
	}
	write(w, status, problemType, body)
}

func write(w http.ResponseWriter, status int, contentType []string, body []byte) {
	h := w.Header()
	h["Content-Type"], h["Cache-Control"] = contentType, noStore
	w.WriteHeader(status)
	_, _ = w.Write(body) // fails if the client has disconnected
}

type routerKey struct{}

// logger adds the request's id to each line.
func logger(r *http.Request) *slog.Logger {
	if router, ok := r.Context().Value(routerKey{}).(*logging); ok {
		return router.log.With("request", r.Header.Get(requestIDHeader))
	}
	return slog.Default()
}

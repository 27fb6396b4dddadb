package sandbox

import (
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
)

// loggedRequests is how many requests are remembered.
const loggedRequests = 5000

// Request is one request that the API received, as GET /sandbox/requests shows it.
type Request struct {
	ID             string    `json:"id"`
	Time           time.Time `json:"time"` // of its arrival
	Method         string    `json:"method"`
	Path           string    `json:"path"`
	IdempotencyKey string    `json:"idempotency_key,omitempty"`
	Replayed       bool      `json:"replayed,omitempty"`
	Status         int       `json:"status"` // 0: it was not answered
}

// requestLog remembers the last requests in the order of their arrival.
type requestLog struct {
	now func() time.Time

	mu   sync.Mutex
	seen []*Request
}

// record gives every request its Request-Id and remembers those of the API. A request
// is in the log before it has an effect, and its status before its answer is sent:
// who has been answered finds it there.
func (l *requestLog) record(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		request := &Request{
			ID:             newRequestID(),
			Time:           l.now(),
			Method:         r.Method,
			Path:           r.URL.Path,
			IdempotencyKey: r.Header.Get("Idempotency-Key"),
		}
		w.Header().Set("Request-Id", request.ID)
		if strings.HasPrefix(r.URL.Path, "/v1/") {
			l.add(request)
			w = &loggedResponse{w, l, request}
		}
		next.ServeHTTP(w, r)
	})
}

func (l *requestLog) add(r *Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.seen) == loggedRequests {
		l.seen = slices.Delete(l.seen, 0, 1)
	}
	l.seen = append(l.seen, r)
}

// loggedResponse notes the status of a response as it is sent.
type loggedResponse struct {
	http.ResponseWriter
	log     *requestLog
	request *Request
}

func (w *loggedResponse) WriteHeader(status int) {
	w.log.mu.Lock()
	w.request.Status = status
	w.request.Replayed = w.Header().Get("Idempotent-Replayed") != ""
	w.log.mu.Unlock()
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach what is underneath.
func (w *loggedResponse) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// find returns the requests that match.
func (l *requestLog) find(matches func(Request) bool) []Request {
	l.mu.Lock()
	defer l.mu.Unlock()
	found := []Request{}
	for _, r := range l.seen {
		if matches(*r) {
			found = append(found, *r)
		}
	}
	return found
}

// showRequests is GET /sandbox/requests, narrowed by method, idempotency_key and
// path, whose "*" stands for one segment: /v1/payment_intents/*/confirm.
func (s *Sandbox) showRequests(w http.ResponseWriter, r *http.Request) error {
	query := newParams(r.URL.Query())
	method, pattern, key := query.text("method"), query.text("path"), query.text("idempotency_key")
	if err := query.check(); err != nil {
		return err
	}
	if _, err := path.Match(pattern, ""); err != nil {
		return invalid("path", "", "Invalid path: %s", err)
	}
	found := s.requests.find(func(r Request) bool {
		onPath, _ := path.Match(pattern, r.Path)
		return (method == "" || method == r.Method) && (key == "" || key == r.IdempotencyKey) && (pattern == "" || onPath)
	})
	mustAnswer(http.StatusOK, map[string]any{"requests": found}).write(w)
	return nil
}

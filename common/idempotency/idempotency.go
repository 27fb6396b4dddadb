// Package idempotency lets a client retry a POST whose response it didn't get. The client sends a key in
// the Idempotency-Key header. What the request creates stores the key, a digest of the request and the
// response in its own document, so a crash leaves either both the thing and its key, or neither.
//
// The header is that of draft-ietf-httpapi-idempotency-key-header-07
// (https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-idempotency-key-header-07).
package idempotency

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"ticketing.dev/common/problem"
)

// Header carries the key.
const Header = "Idempotency-Key"

// Lifetime is how long a key is remembered.
const Lifetime = 24 * time.Hour

// Errors of requests with a key.
var (
	ErrMalformed = problem.New(problem.Invalid, "Idempotency-Key must be one key of 1 to 255 characters, in quotes or as a bare token")
	// ErrReused means that the key was used with a different request.
	ErrReused = problem.New(problem.KeyReused, "This Idempotency-Key was used with a different request")
	// ErrInProgress means that the first request with the key has no outcome yet.
	ErrInProgress = &problem.Error{
		Kind:       problem.InProgress,
		Details:    []problem.Detail{{Message: "The first request with this Idempotency-Key is still being processed"}},
		RetryAfter: time.Second,
	}
)

// Request is the stored record of a request that created something. It's nil if the request had no key.
type Request struct {
	// Key is a hash of the route, the user and the client's key. A unique index makes sure that only one request
	// with it creates something.
	Key string `bson:"key"`
	// Digest detects a different request with the same key.
	Digest string    `bson:"digest"`
	At     time.Time `bson:"at"`
	// Answer is the body of the first response, once there is one.
	Answer string `bson:"answer,omitempty"`
}

// Read reads the key of a user's request; user is empty for anonymous requests. content identifies the
// request. The result is nil if there's no key.
func Read(r *http.Request, user string, content any, now time.Time) (*Request, error) {
	values := r.Header.Values(Header)
	if len(values) == 0 {
		return nil, nil
	}
	key, ok := parse(values)
	if !ok {
		return nil, ErrMalformed
	}
	encoded, err := json.Marshal(content)
	if err != nil {
		return nil, fmt.Errorf("digest a request: %w", err)
	}
	return &Request{
		Key:    hash(r.Method+" "+r.URL.Path, user, key),
		Digest: hash(string(encoded)),
		At:     now.UTC().Truncate(time.Millisecond), // what MongoDB keeps
	}, nil
}

var (
	// quoted is a string of structured fields (RFC 9651 §3.3.3) with 1 to 255 characters.
	quoted = regexp.MustCompile(`^"((?:[ !#-\[\]-~]|\\["\\]){1,255})"$`)
	// unquoted is what many clients send: a UUID or another token without quotes.
	unquoted = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z:/=-]{1,255}$")
	// unescaped removes the backslashes of a quoted string.
	unescaped = strings.NewReplacer(`\"`, `"`, `\\`, `\`)
)

func parse(values []string) (key string, ok bool) {
	if len(values) != 1 {
		return "", false
	}
	value := strings.Trim(values[0], " \t")
	if m := quoted.FindStringSubmatch(value); m != nil {
		return unescaped.Replace(m[1]), true
	}
	return value, unquoted.MatchString(value)
}

// hash joins the parts so that no two lists of parts have the same hash.
func hash(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Answered returns the request with the response that every retry gets. The first response stays. It
// panics if the response can't be encoded.
func (q *Request) Answered(answer any) *Request {
	if q == nil || q.HasAnswer() {
		return q
	}
	body, err := json.Marshal(answer)
	if err != nil {
		panic(fmt.Sprintf("record an answer: %v", err))
	}
	answered := *q
	answered.Answer = string(body)
	return &answered
}

// HasAnswer reports whether there's a recorded response.
func (q *Request) HasAnswer() bool { return q != nil && q.Answer != "" }

// Repeats returns ErrReused if a request with the same key is a different request.
func (q *Request) Repeats(first *Request) error {
	if q.Digest != first.Digest {
		return ErrReused
	}
	return nil
}

// Forgets reports whether another request's key has expired and may be used for a new request.
func (q *Request) Forgets(first *Request) bool { return q.At.Sub(first.At) > Lifetime }

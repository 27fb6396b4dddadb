// Package idempotency lets a client repeat a POST whose answer it didn't get. The client sends a key
// in the header Idempotency-Key; whatever the request makes keeps the key, a digest of the request and
// the answer in its own document. So there's no second write that a crash could leave undone: either
// the thing is there with its key, or neither is.
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

// What a request with a key can be refused for.
var (
	ErrMalformed = problem.New(problem.Invalid, "Idempotency-Key must be one key of 1 to 255 characters, in quotes or as a bare token")
	// ErrReused says that the key came with another request before.
	ErrReused = problem.New(problem.KeyReused, "This Idempotency-Key was used with a different request")
	// ErrInProgress says that the first request with the key has no outcome yet.
	ErrInProgress = &problem.Error{
		Kind:       problem.InProgress,
		Details:    []problem.Detail{{Message: "The first request with this Idempotency-Key is still being processed"}},
		RetryAfter: time.Second,
	}
)

// Request is a request that made something, as it's stored with what it made. A nil Request is one
// that came without a key.
type Request struct {
	// Key is a hash of the route, the user and the client's key. A unique index lets one request with
	// it make something.
	Key string `bson:"key"`
	// Digest tells this request from others with the same key.
	Digest string    `bson:"digest"`
	At     time.Time `bson:"at"`
	// Answer is the body of the first answer, once there is one.
	Answer string `bson:"answer,omitempty"`
}

// Read takes the key from a request of a user, or of anybody if user is empty. content is what tells
// the request from others. The result is nil if there's no key.
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
	// bare is what many clients send: a UUID, or another token, without the quotes.
	bare = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z:/=-]{1,255}$")
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
	return value, bare.MatchString(value)
}

// hash joins the parts so that no two lists of parts have the same hash.
func hash(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Answered is the request with the answer that every repetition gets. The first answer stays. An
// answer that can't be encoded is a mistake in the program.
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

// HasAnswer says whether there's a recorded answer.
func (q *Request) HasAnswer() bool { return q != nil && q.Answer != "" }

// Repeats says whether a request with the same key is the same request, by ErrReused if it isn't.
func (q *Request) Repeats(first *Request) error {
	if q.Digest != first.Digest {
		return ErrReused
	}
	return nil
}

// Forgets says whether a key that was first seen by another request is so old by now that it may be
// used for something new.
func (q *Request) Forgets(first *Request) bool { return q.At.Sub(first.At) > Lifetime }

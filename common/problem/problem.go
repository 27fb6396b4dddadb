// Package problem holds the errors that clients see: what went wrong, in words for a person,
// and of which kind it is. Package web turns the kind into a status.
package problem

import (
	"errors"
	"strings"
	"time"
)

// Kind says what sort of refusal a problem is.
type Kind int

// The kinds, in the order in which a request is judged.
const (
	CrossSite Kind = iota + 1
	NotSignedIn
	// OtherUser means that the signed-in user isn't the one the request expects.
	OtherUser
	UnsupportedMediaType
	TooLarge
	Invalid
	// KeyReused and InProgress are about an Idempotency-Key.
	KeyReused
	InProgress
	NotFound
	NotOwner
	Refused
	Declined
	MethodNotAllowed
	// TooMany means that a rate limit refused the request.
	TooMany
	Unavailable
	Internal
)

// names are the default names of the kinds.
var names = map[Kind]string{
	CrossSite:            "cross-site",
	NotSignedIn:          "not-signed-in",
	OtherUser:            "other-user",
	UnsupportedMediaType: "not-json",
	TooLarge:             "too-large",
	Invalid:              "invalid",
	KeyReused:            "key-reused",
	InProgress:           "in-progress",
	NotFound:             "not-found",
	NotOwner:             "not-owner",
	Refused:              "not-possible",
	Declined:             "card-declined",
	MethodNotAllowed:     "method-not-allowed",
	TooMany:              "too-many-requests",
	Unavailable:          "unavailable",
	Internal:             "internal-error",
}

// Error is a problem that the client may know of.
type Error struct {
	Kind Kind
	// Name tells a problem apart from others of its kind. By default it's the kind's name. Clients rely on it, so it
	// never changes.
	Name    string
	Details []Detail
	// RetryAfter is when to try again, for Unavailable, InProgress and TooMany.
	RetryAfter time.Duration
}

// Detail is one thing that is wrong. Field names the part of the body or query that it is about.
type Detail struct {
	Message string `json:"message"`
	Field   string `json:"field,omitempty"`
}

// Type is the problem's type on the wire: the path of the page that explains it.
func (e *Error) Type() string {
	if e.Name != "" {
		return "/problems/" + e.Name
	}
	return "/problems/" + names[e.Kind]
}

// Named makes a Refused problem with a name of its own.
func Named(name, message string) *Error {
	return &Error{Kind: Refused, Name: name, Details: []Detail{{Message: message}}}
}

// New makes a problem with one message.
func New(kind Kind, message string) *Error {
	return &Error{Kind: kind, Details: []Detail{{Message: message}}}
}

// Field makes an Invalid problem about one field.
func Field(field, message string) *Error {
	return &Error{Kind: Invalid, Details: []Detail{{Message: message, Field: field}}}
}

// Problems that are the same everywhere.
var (
	ErrNotAuthorized = New(NotSignedIn, "Not authorized")
	ErrNotOwner      = New(NotOwner, "Not authorized")
	ErrNotFound      = New(NotFound, "Not found")
)

// Error joins the messages.
func (e *Error) Error() string {
	messages := make([]string, len(e.Details))
	for i, d := range e.Details {
		messages[i] = d.Message
	}
	return strings.Join(messages, "; ")
}

// Of finds the problem in an error's chain. What has none is Internal, and its text stays inside.
func Of(err error) *Error {
	if p, ok := errors.AsType[*Error](err); ok {
		return p
	}
	return New(Internal, "Something went wrong")
}

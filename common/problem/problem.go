// Package problem holds the errors that a client is told of: what went wrong, in words for a person,
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

// Error is a problem that the client may know of.
type Error struct {
	Kind    Kind
	Details []Detail
	// RetryAfter is when to try again, for Unavailable, InProgress and TooMany.
	RetryAfter time.Duration
}

// Detail is one thing that is wrong. Field names the part of the body or query that it is about.
type Detail struct {
	Message string `json:"message"`
	Field   string `json:"field,omitempty"`
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

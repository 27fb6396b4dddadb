package bus

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Poison marks an error that retrying can't fix: the message can't be decoded, or it contradicts the state. The message
// becomes a dead letter. Infrastructure errors are never poison.
func Poison(err error) error { return poison{err} }

// IsPoison reports whether an error is marked as poison.
func IsPoison(err error) bool {
	_, ok := errors.AsType[poison](err)
	return ok
}

type poison struct{ error }

func (p poison) Unwrap() error { return p.error }

// DeadLetter is a message that couldn't be handled, with the cause.
type DeadLetter struct {
	Group   string          `json:"group"`
	Channel string          `json:"channel"`
	Cause   string          `json:"cause"`
	Time    time.Time       `json:"time"`
	Message json.RawMessage `json:"message,omitempty"`
	// Raw is the message if it isn't JSON.
	Raw []byte `json:"raw,omitempty"`
}

// DeadLetters is the channel of a group's dead letters.
func DeadLetters(group string) string { return group + ":dead-letters" }

// newDeadLetter stores JSON as it will be published, so that the letter's id stays the same.
func newDeadLetter(group, channel string, message []byte, cause error) DeadLetter {
	letter := DeadLetter{Group: group, Channel: channel, Cause: cause.Error(), Time: time.Now().UTC()}
	if !json.Valid(message) {
		letter.Raw = message
		return letter
	}
	letter.Message, _ = json.Marshal(json.RawMessage(message)) // valid JSON always encodes
	return letter
}

// ID is a hash of group, channel and message, as 16 hexadecimal digits. All letters of one message have the same id: a
// replica that dies between publishing the letter and acknowledging the message causes a second letter.
func (l DeadLetter) ID() string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q", l.Group, l.Channel, l.Content())
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// Content returns the message, JSON or not.
func (l DeadLetter) Content() []byte {
	if l.Message != nil {
		return l.Message
	}
	return l.Raw
}

func publishDeadLetter(ctx context.Context, b Publisher, letter DeadLetter) error {
	encoded, err := json.Marshal(letter)
	if err != nil {
		return fmt.Errorf("encode a dead letter: %w", err)
	}
	if err := b.Publish(ctx, DeadLetters(letter.Group), encoded); err != nil {
		return fmt.Errorf("publish a dead letter: %w", err)
	}
	return nil
}

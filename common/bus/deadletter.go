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

// Poison marks an error that no later attempt can mend: the message cannot be decoded, or it
// contradicts what is known. The message goes to the dead letters. Trouble of the infrastructure is
// never poison.
func Poison(err error) error { return poison{err} }

// IsPoison says whether an error has been marked as poison.
func IsPoison(err error) bool {
	_, ok := errors.AsType[poison](err)
	return ok
}

type poison struct{ error }

func (p poison) Unwrap() error { return p.error }

// DeadLetter is a message that could not be handled, with its cause.
type DeadLetter struct {
	Group   string          `json:"group"`
	Channel string          `json:"channel"`
	Cause   string          `json:"cause"`
	Time    time.Time       `json:"time"`
	Message json.RawMessage `json:"message,omitempty"`
	// Raw is the message where it is no JSON.
	Raw []byte `json:"raw,omitempty"`
}

// DeadLetters is the channel on which a group's dead letters are kept.
func DeadLetters(group string) string { return group + ":dead-letters" }

// newDeadLetter keeps JSON in the form in which it is published, so that the letter has the same id
// before and after.
func newDeadLetter(group, channel string, message []byte, cause error) DeadLetter {
	letter := DeadLetter{Group: group, Channel: channel, Cause: cause.Error(), Time: time.Now().UTC()}
	if !json.Valid(message) {
		letter.Raw = message
		return letter
	}
	letter.Message, _ = json.Marshal(json.RawMessage(message)) // which fails for what is not valid
	return letter
}

// ID is the same for all letters of one message: 16 hexadecimal digits of a hash of the group, the
// channel and the message. A message becomes a letter twice when a replica dies between publishing the
// letter and acknowledging the message.
func (l DeadLetter) ID() string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q", l.Group, l.Channel, l.Content())
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// Content is the message, JSON or not.
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

package events

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Message is an event in its envelope, a CloudEvents 1.0 message
// (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md).
type Message struct {
	SpecVersion     string          `json:"specversion"`
	ID              string          `json:"id"`
	Source          string          `json:"source"`
	Type            string          `json:"type"`
	Subject         string          `json:"subject"`
	Time            time.Time       `json:"time"`
	DataContentType string          `json:"datacontenttype"`
	Data            json.RawMessage `json:"data"`
}

// NewMessage wraps an event in an envelope with a new id. source is the publishing service.
func NewMessage(source string, e Event, at time.Time) (Message, error) {
	data, err := json.Marshal(e)
	if err != nil {
		return Message{}, fmt.Errorf("encode %s: %w", e.Subject(), err)
	}
	return Message{
		SpecVersion:     "1.0",
		ID:              rand.Text(),
		Source:          source,
		Type:            e.Subject(),
		Subject:         e.Aggregate(),
		Time:            at.UTC(),
		DataContentType: "application/json",
		Data:            data,
	}, nil
}

// Decode unwraps an event of type E. Its errors are permanent: the message isn't JSON, has another specification or
// type, isn't from the channel's owner, or names no aggregate.
func Decode[E Event](encoded []byte) (E, error) {
	e, _, err := decode[E](encoded)
	return e, err
}

// DecodeAt is Decode, and returns when the event was recorded as well. It also fails if that isn't a time.
func DecodeAt[E Event](encoded []byte) (e E, at time.Time, err error) {
	e, text, err := decode[E](encoded)
	if err != nil || text == nil {
		return e, at, err
	}
	err = json.Unmarshal(text, &at)
	return e, at, err
}

// decode leaves the time as it is, which most listeners don't read.
func decode[E Event](encoded []byte) (e E, at json.RawMessage, err error) {
	var m struct {
		SpecVersion string          `json:"specversion"`
		ID          string          `json:"id"`
		Source      string          `json:"source"`
		Type        string          `json:"type"`
		Time        json.RawMessage `json:"time"`
		Data        E               `json:"data"`
	}
	// One pass over the message. Where only the data doesn't fit, the rest tells why.
	err = json.Unmarshal(encoded, &m)
	switch {
	case err != nil && m.Type == "":
		return e, at, fmt.Errorf("decode the envelope: %w", err)
	case m.SpecVersion != "1.0":
		return e, at, fmt.Errorf("specversion %q, not 1.0", m.SpecVersion)
	case m.Type != e.Subject():
		return e, at, fmt.Errorf("type %q on channel %s", m.Type, e.Subject())
	case Owner(m.Type) != "" && m.Source != Owner(m.Type):
		return e, at, fmt.Errorf("source %q of %s %s: %w", m.Source, m.Type, m.ID, ErrForged)
	case err != nil:
		return e, at, fmt.Errorf("decode %s %s: %w", m.Type, m.ID, err)
	case m.Data.Aggregate() == "":
		return e, at, errors.New("no aggregate id in " + m.Type + " " + m.ID)
	}
	return m.Data, m.Time, nil
}

// Package deadletters lets an operator look after the messages that a service could not handle.
//
// The dead letters of a group are a channel of the bus, and from a channel nothing is ever removed. So
// what has been decided on a letter is written behind it, into the same channel: one log, whose order
// says what came first. A letter is open unless a decision follows it.
//
// A bus does not say where a channel ends. Who reads it to the end writes a mark first, and reads until
// the mark comes.
package deadletters

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"

	"ticketing.dev/common/bus"
)

const (
	// brokerWait is how long a broker that is away is waited for.
	brokerWait = 10 * time.Second
	// brokerRetry is how soon it is asked again.
	brokerRetry = 100 * time.Millisecond
	// readTimeout ends the reading of a log. A broker on a laptop gives some ten thousand letters a
	// second.
	readTimeout = time.Minute
)

// Outcome is what has become of a letter.
type Outcome string

const (
	// Redriven means that the service has handled the message after all.
	Redriven Outcome = "redriven"
	// Dropped means that nobody needs the message.
	Dropped Outcome = "dropped"
)

// Decision says what has become of a letter, and who saw to it.
type Decision struct {
	Letter  string    `json:"letter"`
	Outcome Outcome   `json:"outcome"`
	Time    time.Time `json:"time"`
	By      string    `json:"by"`
}

// Letter is a dead letter as it stands.
type Letter struct {
	ID string `json:"id"`
	bus.DeadLetter
	// Decision is nil while the letter is open.
	Decision *Decision `json:"decision,omitempty"`
}

// log is the channel of a group's dead letters. by is who writes into it.
type log struct {
	bus   bus.Bus
	group string
	by    string
}

// note is what operators write into the channel beside the letters.
type note struct {
	Decision *Decision `json:"decision,omitempty"`
	Mark     string    `json:"mark,omitempty"`
}

// entry is any message of the channel.
type entry struct {
	bus.DeadLetter
	note
}

// read returns all letters in the order in which they came, each once. It sees all that was in the log
// when it was called.
func (l log) read(ctx context.Context) ([]*Letter, error) {
	mark := rand.Text()
	if err := l.write(ctx, note{Mark: mark}); err != nil {
		return nil, fmt.Errorf("read the dead letters: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	s := newStack()
	err := l.bus.Replay(ctx, bus.DeadLetters(l.group), func(message []byte) bool {
		e := l.decode(message)
		s.add(e)
		return e.Mark != mark
	})
	if err != nil {
		return nil, fmt.Errorf("read the dead letters: %w", err)
	}
	return s.letters, nil
}

// decode takes a message that is none of ours for a letter about itself, for somebody to look at.
func (l log) decode(message []byte) entry {
	var e entry
	err := json.Unmarshal(message, &e)
	if err != nil || e.Channel == "" && e.Decision == nil && e.Mark == "" {
		return entry{DeadLetter: bus.DeadLetter{Group: l.group, Cause: "this is no dead letter", Raw: message}}
	}
	return e
}

// decide writes what has become of a letter. It may be written twice.
func (l log) decide(ctx context.Context, letter string, outcome Outcome) error {
	d := Decision{Letter: letter, Outcome: outcome, Time: time.Now().UTC(), By: l.by}
	if err := l.write(ctx, note{Decision: &d}); err != nil {
		return fmt.Errorf("write that letter %s is %s: %w", letter, outcome, err)
	}
	return nil
}

// write waits a while for a broker that is away.
func (l log) write(ctx context.Context, n note) error {
	encoded, err := json.Marshal(n)
	if err != nil {
		return err
	}
	enough := time.After(brokerWait)
	for {
		err := l.bus.Publish(ctx, bus.DeadLetters(l.group), encoded)
		if err == nil {
			return nil
		}
		select {
		case <-time.After(brokerRetry):
		case <-enough:
			return err
		case <-ctx.Done():
			return err
		}
	}
}

// stack is the letters of a log as far as it has been read.
type stack struct {
	letters []*Letter
	byID    map[string]*Letter
}

func newStack() *stack { return &stack{letters: []*Letter{}, byID: make(map[string]*Letter)} }

func (s *stack) add(e entry) {
	switch {
	case e.Mark != "":
	case e.Decision != nil:
		if letter, ok := s.byID[e.Decision.Letter]; ok {
			letter.Decision = e.Decision
		}
	default:
		s.addLetter(e.DeadLetter)
	}
}

// addLetter keeps one letter for each message. If the message has come back after a decision, that
// decision was about the past.
func (s *stack) addLetter(d bus.DeadLetter) {
	letter := &Letter{ID: d.ID(), DeadLetter: d}
	switch known, ok := s.byID[letter.ID]; {
	case !ok:
		s.letters = append(s.letters, letter)
		s.byID[letter.ID] = letter
	case known.Decision != nil:
		*known = *letter
	}
}

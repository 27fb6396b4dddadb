// Package deadletters lets an operator list, redrive and drop the messages that a service couldn't handle.
//
// A group's dead letters are a channel of the bus, from which nothing is ever removed. So a decision on a letter is
// appended to the same channel: one log, whose order says what came first. A letter is open unless a decision
// follows it.
package deadletters

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"ticketing.dev/common/bus"
)

const (
	// brokerWait is how long a command waits for the broker.
	brokerWait = 10 * time.Second
	// brokerRetry is the pause between attempts.
	brokerRetry = 100 * time.Millisecond
	// readTimeout bounds reading the log. A broker on a laptop delivers about ten thousand letters a second.
	readTimeout = time.Minute
)

// Outcome is what an operator decided about a letter.
type Outcome string

const (
	// Redriven means that the service has handled the message.
	Redriven Outcome = "redriven"
	// Dropped means that the message is no longer needed.
	Dropped Outcome = "dropped"
)

// Decision records what became of a letter, and who decided.
type Decision struct {
	Letter  string    `json:"letter"`
	Outcome Outcome   `json:"outcome"`
	Time    time.Time `json:"time"`
	By      string    `json:"by"`
}

// Letter is a dead letter and the decision on it.
type Letter struct {
	ID string `json:"id"`
	bus.DeadLetter
	// Decision is nil while the letter is open.
	Decision *Decision `json:"decision,omitempty"`
}

// log is the channel of a group's dead letters. Decisions are signed by by.
type log struct {
	bus   bus.Bus
	group string
	by    string
}

// note is what operators append beside the letters. Older programs marked the end of the log before they read it.
type note struct {
	Decision *Decision `json:"decision,omitempty"`
	Mark     string    `json:"mark,omitempty"`
}

// entry is any message of the channel.
type entry struct {
	bus.DeadLetter
	note
}

// read returns all letters in the order in which they arrived, each once. It writes nothing.
func (l log) read(ctx context.Context) ([]*Letter, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	var s *stack
	err := retry(ctx, func() error {
		s = newStack()
		return l.bus.Replay(ctx, bus.DeadLetters(l.group), func(message []byte) { s.add(l.decode(message)) })
	})
	if err != nil {
		return nil, fmt.Errorf("read the dead letters: %w", err)
	}
	return s.letters, nil
}

// decode presents a message that isn't an entry as a letter about itself.
func (l log) decode(message []byte) entry {
	var e entry
	err := json.Unmarshal(message, &e)
	if err != nil || e.Channel == "" && e.Decision == nil && e.Mark == "" {
		return entry{DeadLetter: bus.DeadLetter{Group: l.group, Cause: "this is no dead letter", Raw: message}}
	}
	return e
}

// decide appends a decision. Appending it twice does no harm.
func (l log) decide(ctx context.Context, letter string, outcome Outcome) error {
	d := Decision{Letter: letter, Outcome: outcome, Time: time.Now().UTC(), By: l.by}
	encoded, err := json.Marshal(note{Decision: &d})
	if err != nil {
		return err
	}
	err = retry(ctx, func() error { return l.bus.Publish(ctx, bus.DeadLetters(l.group), encoded) })
	if err != nil {
		return fmt.Errorf("record that letter %s is %s: %w", letter, outcome, err)
	}
	return nil
}

// retry waits a while for the broker.
func retry(ctx context.Context, do func() error) error {
	enough := time.After(brokerWait)
	for {
		err := do()
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

// stack collects the letters of a log while it is read.
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

// addLetter keeps one letter per message. A message that comes back after a decision is open again.
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

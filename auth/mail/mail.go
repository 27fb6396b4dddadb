// Package mail sends a service's mail.
//
// A mail is stored before it's sent, under an id that its cause determines, so a cause makes one mail however often
// it's handled. It's sent at least once, with the same Message-ID each time. Failed attempts are repeated with a
// growing pause. A mail that the server refuses, or that fails for too long, stays on a list for operators.
package mail

import (
	"errors"
	"time"

	"ticketing.dev/common/aggregate"
)

const (
	// lease is how long a replica has for an attempt before another one may try.
	lease = time.Minute
	// firstPause follows the first failure. Each further pause is twice as long, up to longestPause.
	firstPause   = 5 * time.Second
	longestPause = 30 * time.Minute
	// maxAttempts is reached after about a day.
	maxAttempts = 56
	// keep is how long an ended mail is stored, so that its cause makes no second one.
	keep = 60 * 24 * time.Hour
)

// Kind names a mail's template.
type Kind string

// Mail is a mail to send.
type Mail struct {
	aggregate.Root `bson:",inline"`

	Kind Kind   `bson:"kind"`
	To   string `bson:"to"`
	// Facts fill the template. Secrets, such as a link that signs in, aren't stored: the sender makes them.
	Facts     map[string]string `bson:"facts,omitempty"`
	CreatedAt time.Time         `bson:"createdAt"`

	// A mail has one of these times. Due is when to try next.
	Due  *time.Time `bson:"due,omitempty"`
	Done *time.Time `bson:"done,omitempty"`
	Dead *time.Time `bson:"dead,omitempty"`

	Attempts int `bson:"attempts,omitempty"`
	// Error is why the last attempt failed.
	Error string `bson:"error,omitempty"`
}

// New returns a mail that is due. id is determined by its cause.
func New(id string, kind Kind, to string, facts map[string]string, now time.Time) *Mail {
	return &Mail{Root: aggregate.Root{ID: id}, Kind: kind, To: to, Facts: facts, CreatedAt: now, Due: &now}
}

// errNotDue means that another replica has taken a mail.
var errNotDue = errors.New("the mail isn't due")

// take begins an attempt.
func (m *Mail) take(now time.Time) error {
	if m.Due == nil || m.Due.After(now) {
		return errNotDue
	}
	until := now.Add(lease)
	m.Due = &until
	m.Attempts++
	return nil
}

// done ends a mail that was sent or has become pointless.
func (m *Mail) done(now time.Time) { m.Due, m.Done, m.Error = nil, &now, "" }

// failed ends an attempt. A refusal is final.
func (m *Mail) failed(err error, now time.Time) {
	m.Error = err.Error()
	if errors.Is(err, errRefused) || m.Attempts >= maxAttempts {
		m.Due, m.Dead = nil, &now
		return
	}
	next := now.Add(pause(m.Attempts))
	m.Due = &next
}

func pause(attempts int) time.Duration {
	return min(firstPause<<min(attempts-1, 20), longestPause)
}

// retry makes a dead mail due again.
func (m *Mail) retry(now time.Time) error {
	if m.Dead == nil {
		return errors.New("the mail isn't on the list")
	}
	m.Due, m.Dead, m.Attempts = &now, nil, 0
	return nil
}

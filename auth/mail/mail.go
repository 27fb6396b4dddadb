// Package mail sends a service's mail.
//
// Emails are stored before they're sent. An email's id is derived from its cause, so handling a cause twice creates one
// email. It's sent at least once, with the same Message-ID each time. Failed attempts are retried with increasing
// delays. An email that the server rejects, or that fails for about a day, stays on a list for operators.
package mail

import (
	"errors"
	"time"

	"ticketing.dev/common/aggregate"
)

const (
	// lease is how long a replica has for an attempt before another one can try.
	lease = time.Minute
	// firstPause follows the first failure. Each later pause is twice as long, up to longestPause.
	firstPause   = 5 * time.Second
	longestPause = 30 * time.Minute
	// maxAttempts is reached after about a day.
	maxAttempts = 56
	// keep is how long a sent email stays stored, so that a repeated cause doesn't create another.
	keep = 60 * 24 * time.Hour
)

// Kind names an email's template.
type Kind string

// Mail is a stored email.
type Mail struct {
	aggregate.Root `bson:",inline"`

	Kind Kind   `bson:"kind"`
	To   string `bson:"to"`
	// Facts fill the template. They contain no secrets: links are generated when the email is sent.
	Facts     map[string]string `bson:"facts,omitempty"`
	CreatedAt time.Time         `bson:"createdAt"`

	// Only one of these is set. Due is the time of the next attempt.
	Due  *time.Time `bson:"due,omitempty"`
	Done *time.Time `bson:"done,omitempty"`
	Dead *time.Time `bson:"dead,omitempty"`

	Attempts int `bson:"attempts,omitempty"`
	// Error is why the last attempt failed.
	Error string `bson:"error,omitempty"`
}

// New returns a due email. Derive id from the email's cause.
func New(id string, kind Kind, to string, facts map[string]string, now time.Time) *Mail {
	return &Mail{Root: aggregate.Root{ID: id}, Kind: kind, To: to, Facts: facts, CreatedAt: now, Due: &now}
}

// errNotDue means that another replica has leased the email.
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

// done marks an email as sent or obsolete.
func (m *Mail) done(now time.Time) { m.Due, m.Done, m.Error = nil, &now, "" }

// failed records a failed attempt. A rejection is final.
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

// retry makes a dead email due again.
func (m *Mail) retry(now time.Time) error {
	if m.Dead == nil {
		return errors.New("the mail isn't on the list")
	}
	m.Due, m.Dead, m.Attempts = &now, nil, 0
	return nil
}

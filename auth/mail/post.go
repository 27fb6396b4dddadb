package mail

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/problem"
)

const (
	// pollEvery is how often a replica looks for due emails.
	pollEvery = time.Second
	// batch is how many emails a replica sends per poll.
	batch = 20
	// sendTimeout bounds an attempt, well within the lease.
	sendTimeout = 30 * time.Second
	// cleanEvery is how often old emails are removed.
	cleanEvery = time.Hour
	// maxListed bounds the list of dead emails.
	maxListed = 1000
)

// ErrUnneeded means that an email is obsolete, for example because its link has expired.
var ErrUnneeded = errors.New("nobody needs the mail anymore")

// Options configure a Post.
type Options struct {
	DB *mongo.Database
	// Transport delivers messages. nil turns mail off: no email is stored or sent.
	Transport Transport
	// Compose renders the message, or returns ErrUnneeded.
	Compose func(context.Context, *Mail) (Message, error)
	Log     *slog.Logger
	// Now defaults to time.Now.
	Now func() time.Time
}

// Transport delivers a message. Its error tells whether the server rejected the message permanently (see SMTP).
type Transport interface {
	Send(ctx context.Context, m Message) error
}

// Post stores and sends emails.
type Post struct {
	Options
	docs  *mongo.Collection
	mails *aggregate.Store[*Mail]
	wake  chan struct{}
	since time.Time
}

// Open opens the collection of emails and creates its indexes.
func Open(ctx context.Context, o Options) (*Post, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	sparse := func(field string) mongo.IndexModel {
		return mongo.IndexModel{Keys: bson.D{{Key: field, Value: 1}}, Options: options.Index().SetSparse(true)}
	}
	docs := o.DB.Collection("mails")
	mails, err := aggregate.Open(ctx, docs, "mail", nil, func() *Mail { return new(Mail) }, sparse("due"), sparse("done"), sparse("dead"))
	if err != nil {
		return nil, err
	}
	p := &Post{Options: o, docs: docs, mails: mails, wake: make(chan struct{}, 1)}
	if p.On() {
		p.since, err = firstStart(ctx, o.DB.Collection("mailing"), o.Now())
	}
	return p, err
}

// firstStart returns when the service first started with mail on. The first call records it.
func firstStart(ctx context.Context, docs *mongo.Collection, now time.Time) (time.Time, error) {
	var start struct {
		At time.Time `bson:"at"`
	}
	if _, err := docs.InsertOne(ctx, bson.M{"_id": "since", "at": now}); err != nil && !mongo.IsDuplicateKeyError(err) {
		return now, fmt.Errorf("store the start of mail: %w", err)
	}
	if err := docs.FindOne(ctx, bson.M{"_id": "since"}).Decode(&start); err != nil {
		return now, fmt.Errorf("read the start of mail: %w", err)
	}
	return start.At, nil
}

// Since is when the service first started with mail on. Earlier events cause no email.
func (p *Post) Since() time.Time { return p.since }

// On reports whether the service sends mail.
func (p *Post) On() bool { return p.Transport != nil }

// Store stores an email for sending. It doesn't change an existing one with the same id.
func (p *Post) Store(ctx context.Context, m *Mail) error {
	if !p.On() {
		return nil
	}
	if err := p.mails.Insert(ctx, m); err != nil && !errors.Is(err, aggregate.ErrDuplicate) {
		return fmt.Errorf("store the mail: %w", err)
	}
	select {
	case p.wake <- struct{}{}:
	default:
	}
	return nil
}

// Run sends due emails until ctx ends.
func (p *Post) Run(ctx context.Context) error {
	if !p.On() {
		return nil
	}
	poll, clean := time.NewTicker(pollEvery), time.NewTicker(cleanEvery)
	defer poll.Stop()
	defer clean.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case <-p.wake:
			err = p.sendDue(ctx)
		case <-poll.C:
			err = p.sendDue(ctx)
		case <-clean.C:
			_, err = p.docs.DeleteMany(ctx, bson.M{"done": bson.M{"$lt": p.Now().Add(-keep)}})
		}
		if err != nil && ctx.Err() == nil {
			p.Log.WarnContext(ctx, "mails can't be read, trying again", "error", err)
		}
	}
}

// sendDue sends the due emails, one at a time.
func (p *Post) sendDue(ctx context.Context) error {
	for {
		due, err := p.mails.Sorted(ctx, bson.M{"due": bson.M{"$lte": p.Now()}}, bson.D{{Key: "due", Value: 1}}, batch)
		if err != nil {
			return err
		}
		for _, m := range due {
			if err := p.attempt(ctx, m.ID); err != nil {
				return err
			}
		}
		if len(due) < batch {
			return nil
		}
	}
}

// attempt sends one email, unless another replica has leased it. If the process dies after the server has accepted the
// message, the email is sent again with the same Message-ID.
func (p *Post) attempt(ctx context.Context, id string) error {
	m, err := p.mails.Update(ctx, id, func(m *Mail) error { return m.take(p.Now()) })
	switch {
	case errors.Is(err, errNotDue), errors.Is(err, problem.ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	failure := p.send(ctx, m)
	if ctx.Err() != nil {
		return nil // interrupted by shutdown; another replica retries after the lease
	}
	_, err = p.mails.Update(ctx, id, func(m *Mail) error {
		if failure == nil || errors.Is(failure, ErrUnneeded) {
			m.done(p.Now())
		} else {
			m.failed(failure, p.Now())
		}
		return nil
	})
	if failure != nil && !errors.Is(failure, ErrUnneeded) {
		p.Log.WarnContext(ctx, "mail not sent", "mail", id, "kind", m.Kind, "attempt", m.Attempts, "error", failure)
	}
	return err
}

func (p *Post) send(ctx context.Context, m *Mail) error {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	message, err := p.Compose(ctx, m)
	if err != nil {
		return err
	}
	return p.Transport.Send(ctx, message)
}

// dead returns the emails that couldn't be sent, oldest first.
func (p *Post) dead(ctx context.Context) ([]*Mail, error) {
	return p.mails.Sorted(ctx, bson.M{"dead": bson.M{"$gt": time.Time{}}}, bson.D{{Key: "dead", Value: 1}}, maxListed)
}

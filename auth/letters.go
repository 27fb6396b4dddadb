package auth

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/bson"

	"ticketing.dev/auth/mail"
	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/service"
)

const (
	// collectEvery is how often letters of processes that died are looked for.
	collectEvery = 5 * time.Second
	// collected is how many users' letters are collected at a time.
	collected = 100
)

// letters are the mails that a change of a user causes. They're committed with the change, and moved to the mails
// afterwards.
type letters struct {
	All []*mail.Mail `bson:"letters,omitempty"`
}

// lettersIndex finds the users that have letters.
const lettersIndex = "letters.0._id"

// write adds a mail to a change of a user, if mail is on.
func (s *Service) write(u *User, kind mail.Kind) {
	if s.post.On() {
		id := fmt.Sprintf("%s:%s:%d", kind, u.ID, u.Version)
		u.Letters.All = append(u.Letters.All, mail.New(id, kind, string(u.Email), nil, s.sessions.Now()))
	}
}

// Post returns what sends the mails.
func (s *Service) Post() *mail.Post { return s.post }

// collect collects letters when a change has written some, and those that a crash left behind.
func (s *Service) collect(ctx context.Context) error {
	tick := time.NewTicker(collectEvery)
	defer tick.Stop()
	for {
		if err := s.collectAll(ctx); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "letters not collected, trying again", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.written:
		case <-tick.C:
		}
	}
}

// collectAll moves the letters of all users to the mails. A letter that is moved twice is one mail.
func (s *Service) collectAll(ctx context.Context) error {
	for {
		writers, err := s.users.All(ctx, bson.M{lettersIndex: bson.M{"$gt": ""}}, collected)
		if err != nil || len(writers) == 0 {
			return err
		}
		for _, u := range writers {
			if err := s.collectFrom(ctx, u); err != nil {
				return err
			}
		}
	}
}

func (s *Service) collectFrom(ctx context.Context, u *User) error {
	moved := make(map[string]bool)
	for _, m := range u.Letters.All {
		if err := s.post.Store(ctx, m); err != nil {
			return err
		}
		moved[m.ID] = true
	}
	_, err := s.users.Update(ctx, u.ID, func(u *User) error {
		var rest []*mail.Mail
		for _, m := range u.Letters.All {
			if !moved[m.ID] {
				rest = append(rest, m)
			}
		}
		u.Letters.All = rest
		return nil
	})
	return err
}

// announce wakes the collector after a change that may have written letters.
func (s *Service) announce() {
	select {
	case s.written <- struct{}{}:
	default:
	}
}

// mailTasks are the tasks that mail needs. Without an SMTP server there are none.
func (s *Service) mailTasks() []service.Task {
	if !s.post.On() {
		return nil
	}
	return []service.Task{s.collect, s.post.Run}
}

// newRequestID is the id of a mail that was asked for.
func newRequestID(kind mail.Kind) string { return string(kind) + ":" + aggregate.NewID() }

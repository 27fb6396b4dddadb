package auth

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/events"
	"ticketing.dev/common/problem"
	"ticketing.dev/common/text"
)

// maxName is the length of the longest display name, in characters.
const maxName = 100

// Profile is what a user shows to others. Its id is the user's. It's a document of its own, so that an earlier release,
// which replaces the user's document when someone signs in, doesn't drop the name.
type Profile struct {
	aggregate.Root `bson:",inline"`

	// Name is empty if the user has none.
	Name string `bson:"name"`
}

// Rename sets the display name. An empty one removes it.
func (p *Profile) Rename(name string) error {
	if p.Name != name {
		p.Name = name
		p.Record(events.UserRenamed{UserID: p.ID, Version: p.Version, Name: name})
	}
	return nil
}

// checkName cleans a display name. It may be empty.
func checkName(name string) (string, error) {
	name = text.Clean(name)
	if name == "" {
		return "", nil
	}
	if fault := text.Line(name); fault != "" {
		return "", problem.Field("name", "Name "+string(fault))
	}
	if utf8.RuneCountInString(name) > maxName {
		return "", problem.Field("name", fmt.Sprintf("Name must have at most %d characters", maxName))
	}
	return name, nil
}

// profile reads a user's profile, which is empty for users who never gave a name.
func (s *Service) profile(ctx context.Context, user string) (*Profile, error) {
	p, err := s.profiles.Get(ctx, user)
	if errors.Is(err, problem.ErrNotFound) {
		return newProfile(user), nil
	}
	return p, err
}

// rename sets a user's display name.
func (s *Service) rename(ctx context.Context, user, name string) (*Profile, error) {
	change := func(p *Profile) error { return p.Rename(name) }
	p, err := s.profiles.Update(ctx, user, change)
	if !errors.Is(err, problem.ErrNotFound) {
		return p, err
	}
	p = newProfile(user)
	if err := change(p); err != nil {
		return nil, err
	}
	err = s.profiles.Insert(ctx, p)
	if errors.Is(err, aggregate.ErrDuplicate) { // another request has just created it
		return s.profiles.Update(ctx, user, change)
	}
	return p, err
}

func newProfile(user string) *Profile { return &Profile{Root: aggregate.Root{ID: user}} }

// name sets the display name of a new user. The account exists already, so if this fails, signing up doesn't: the user
// can set the name later.
func (s *Service) name(ctx context.Context, user, name string) {
	if name == "" {
		return
	}
	if _, err := s.rename(ctx, user, name); err != nil {
		s.log.WarnContext(ctx, "a new user has no display name", "user", user, "error", err)
	}
}

package auth

import (
	"context"
	"errors"

	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/idempotency"
	"ticketing.dev/common/problem"
)

// register creates a user, once for each idempotency key. A retry needs the right password: the key isn't
// a credential.
func (s *Service) register(ctx context.Context, form SignUp, request *idempotency.Request) (*User, error) {
	user, made, err := s.users.Once(ctx, request, func() (*User, error) { return s.create(ctx, form, request) })
	if err != nil {
		return nil, err
	}
	if made {
		s.name(ctx, user.ID, form.Name)
		return user, nil
	}
	right, err := s.hasher.Matches(ctx, user.PasswordHash, string(form.Password))
	switch {
	case err != nil:
		return nil, err
	case !right:
		return nil, idempotency.ErrReused
	}
	return user, nil
}

// create creates a user. If several sign up with the same email at once, the unique index lets one succeed.
func (s *Service) create(ctx context.Context, form SignUp, request *idempotency.Request) (*User, error) {
	hash, err := s.hash(ctx, form.Email, form.Password)
	if err != nil {
		return nil, err
	}
	user := NewUser(form.Email, hash)
	user.Request = request
	s.write(user, confirmMail)
	defer s.announce()
	return user, s.insert(ctx, user)
}

// hash hashes a new password of the user with this email.
func (s *Service) hash(ctx context.Context, email Email, p Password) (string, error) {
	if err := p.check(email); err != nil {
		return "", err
	}
	return s.hasher.Hash(ctx, string(p))
}

// insert stores a new user unless the email is taken. The index covers only the current spelling, so it
// first looks for accounts that earlier builds stored under another.
func (s *Service) insert(ctx context.Context, user *User) error {
	if _, err := s.stored(ctx, user); err != nil {
		return err
	}
	err := s.users.Insert(ctx, user)
	if !errors.Is(err, aggregate.ErrDuplicate) {
		return err
	}
	stored, err := s.stored(ctx, user)
	if err == nil && !stored { // the duplicate is the idempotency key
		return aggregate.ErrDuplicate
	}
	return err
}

// authenticate finds the user with these credentials. An unknown email takes as long as a wrong password, so that
// the response time doesn't reveal which emails have an account.
func (s *Service) authenticate(ctx context.Context, c Credentials) (*User, error) {
	if len(c.passwords()) == 0 {
		return nil, ErrInvalidCredentials
	}
	user, err := s.holder(ctx, c.spellings())
	if errors.Is(err, problem.ErrNotFound) {
		user, err = s.dummyUser, nil
	}
	if err != nil {
		return nil, err
	}
	right, err := s.hashMatches(ctx, user, c)
	if err == nil && !right {
		err = ErrInvalidCredentials
	}
	if err != nil {
		return nil, err
	}
	return user, nil
}

// hashMatches reports whether credentials have the user's password.
func (s *Service) hashMatches(ctx context.Context, u *User, c Credentials) (bool, error) {
	for _, password := range c.passwords() {
		if right, err := s.hasher.Matches(ctx, u.PasswordHash, password); right || err != nil {
			return right, err
		}
	}
	return false, nil
}

package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/problem"
)

// openUsers opens the users.
func openUsers(ctx context.Context, db *mongo.Database, relay *aggregate.Relay) (*aggregate.Store[*User], error) {
	return aggregate.Open(ctx, db.Collection("users"), "auth", relay, func() *User { return new(User) },
		mongo.IndexModel{Keys: bson.D{{Key: "email", Value: 1}}, Options: options.Index().SetUnique(true)},
		mongo.IndexModel{Keys: bson.D{{Key: lettersIndex, Value: 1}}, Options: options.Index().SetSparse(true)})
}

// stored reports whether the user already exists, as after an insert whose response was lost.
// ErrEmailInUse says that another user has the email.
func (s *Service) stored(ctx context.Context, user *User) (bool, error) {
	holder, err := s.holder(ctx, user.Email.spellings())
	switch {
	case errors.Is(err, problem.ErrNotFound):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("find the holder of an email: %w", err)
	case holder.ID != user.ID:
		return false, ErrEmailInUse
	}
	return true, nil
}

// holder finds the user whose email has the first spelling, or else the second, and so on.
func (s *Service) holder(ctx context.Context, spellings []Email) (*User, error) {
	found, err := s.users.All(ctx, bson.M{"email": bson.M{"$in": spellings}}, len(spellings))
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, problem.ErrNotFound
	}
	return slices.MinFunc(found, func(a, b *User) int {
		return slices.Index(spellings, a.Email) - slices.Index(spellings, b.Email)
	}), nil
}

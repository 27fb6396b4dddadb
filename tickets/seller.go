package tickets

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"

	"ticketing.dev/common/events"
	"ticketing.dev/common/mongodb"
)

// sellers are the users' display names, as auth publishes them.
type sellers struct{ docs *mongo.Collection }

// rename stores a name, unless a newer one is known.
func (s sellers) rename(ctx context.Context, e events.UserRenamed) error {
	return mongodb.SetIfNewer(ctx, s.docs, e.UserID, e.Version, bson.M{"name": e.Name}, nil)
}

// name is a user's display name. It's empty for users without one.
func (s sellers) name(ctx context.Context, user string) (string, error) {
	var found struct {
		Name string `bson:"name"`
	}
	err := s.docs.FindOne(ctx, bson.M{"_id": user}).Decode(&found)
	if err != nil && !errors.Is(err, mongo.ErrNoDocuments) {
		return "", fmt.Errorf("find the name of %s: %w", user, err)
	}
	return found.Name, nil
}

package mongodb

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"ticketing.dev/common/problem"
)

// GetCopy reads the copy of another service's aggregate. A missing copy is problem.ErrNotFound.
func GetCopy[T any](ctx context.Context, copies *mongo.Collection, id string) (*T, error) {
	c := new(T)
	err := copies.FindOne(ctx, bson.M{"_id": id}).Decode(c)
	switch {
	case errors.Is(err, mongo.ErrNoDocuments):
		return nil, problem.ErrNotFound
	case err != nil:
		return nil, fmt.Errorf("read %s from %s: %w", id, copies.Name(), err)
	}
	return c, nil
}

// SetIfNewer updates the copy of another service's aggregate if the version is newer than the stored one. It writes
// only the fields of set, since the copy may have fields of this service's own, which onInsert initializes.
func SetIfNewer(ctx context.Context, copies *mongo.Collection, id string, version int64, set, onInsert bson.M) error {
	older := bson.M{"_id": id, "version": bson.M{"$lt": version}}
	change := bson.M{"$set": set}
	set["version"] = version
	if len(onInsert) > 0 {
		change["$setOnInsert"] = onInsert
	}
	// If the filter doesn't match, the upsert inserts, which fails if the copy exists: it's as new, or another process
	// has just created it. The second round handles the latter.
	for _, upsert := range []bool{true, false} {
		_, err := copies.UpdateOne(ctx, older, change, options.Update().SetUpsert(upsert))
		if mongo.IsDuplicateKeyError(err) {
			continue
		}
		if err != nil {
			return fmt.Errorf("write version %d of %s into %s: %w", version, id, copies.Name(), err)
		}
		return nil
	}
	return nil
}

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

// GetCopy reads what is known of another service's aggregate; problem.ErrNotFound says that nothing is,
// or not yet.
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

// SetIfNewer writes what another service tells of its aggregate into the copy with this id, if the
// version is above the one that is stored. Only the fields of set are written, since the copy may
// hold others of this service's own, which onInsert begins.
func SetIfNewer(ctx context.Context, copies *mongo.Collection, id string, version int64, set, onInsert bson.M) error {
	older := bson.M{"_id": id, "version": bson.M{"$lt": version}}
	change := bson.M{"$set": set}
	set["version"] = version
	if len(onInsert) > 0 {
		change["$setOnInsert"] = onInsert
	}
	// An upsert whose filter does not match inserts, and that fails where the copy is there already: as
	// new or newer, or made by another process just now. The second round tells them apart.
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

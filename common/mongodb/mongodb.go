// Package mongodb connects a service to the database it owns.
package mongodb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
	"go.mongodb.org/mongo-driver/mongo/readpref"
	"go.mongodb.org/mongo-driver/mongo/writeconcern"
	"go.mongodb.org/mongo-driver/x/mongo/driver/connstring"

	"ticketing.dev/common/metrics"
)

const (
	// operationTimeout ends any operation whose context has no deadline of its own.
	operationTimeout = 10 * time.Second
	// selectionTimeout is how long an operation waits for a server to be there.
	selectionTimeout = 5 * time.Second
	// startTimeout is how long a starting service waits for its database.
	startTimeout = time.Minute
	startRetry   = 250 * time.Millisecond
	// indexTimeout bounds the creation of a collection's indexes, which reads all of its documents.
	indexTimeout = time.Hour
)

// Config says where the database is.
type Config struct {
	URI string `env:"MONGO_URI,required,notEmpty"`
}

// Connect opens the database that the URI names, or the one called name if it names none, and waits
// up to a minute for it to answer. Writes are acknowledged by the majority and journaled, reads come
// from the primary.
func Connect(ctx context.Context, c Config, name string, log *slog.Logger) (*mongo.Database, error) {
	parsed, err := connstring.ParseAndValidate(c.URI)
	if err != nil {
		return nil, fmt.Errorf("MongoDB's address: %w", err)
	}
	if parsed.Database != "" {
		name = parsed.Database
	}
	durable := writeconcern.Majority()
	durable.Journal = new(true)
	client, err := mongo.Connect(ctx, options.Client().ApplyURI(c.URI).
		SetAppName(name).
		SetTimeout(operationTimeout).
		SetServerSelectionTimeout(selectionTimeout).
		SetReadPreference(readpref.Primary()).
		SetMonitor(metrics.Commands()).
		SetWriteConcern(durable))
	if err != nil {
		return nil, fmt.Errorf("connect to MongoDB: %w", err)
	}
	if err := await(ctx, client, log); err != nil {
		return nil, errors.Join(fmt.Errorf("connect to MongoDB: %w", err), client.Disconnect(context.WithoutCancel(ctx)))
	}
	return client.Database(name), nil
}

// await pings until the server answers.
func await(ctx context.Context, client *mongo.Client, log *slog.Logger) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		err := client.Ping(ctx, readpref.Primary())
		if err == nil || ctx.Err() != nil {
			return err
		}
		log.Warn("MongoDB does not answer yet", "error", err)
		select {
		case <-time.After(startRetry):
		case <-ctx.Done():
			return err
		}
	}
}

// CreateIndexes creates missing indexes. On a large collection that takes much longer than any other operation, so it
// has a deadline of its own, unless ctx has one.
func CreateIndexes(ctx context.Context, collection *mongo.Collection, indexes ...mongo.IndexModel) error {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, indexTimeout)
		defer cancel()
	}
	if _, err := collection.Indexes().CreateMany(ctx, indexes); err != nil {
		return fmt.Errorf("create the indexes of %s: %w", collection.Name(), err)
	}
	return nil
}

// Ping checks the database.
func Ping(ctx context.Context, db *mongo.Database) error {
	return db.Client().Ping(ctx, readpref.Primary())
}

// Disconnect closes the client of a database.
func Disconnect(db *mongo.Database) error {
	ctx, cancel := context.WithTimeout(context.Background(), selectionTimeout)
	defer cancel()
	return db.Client().Disconnect(ctx)
}

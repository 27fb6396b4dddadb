// Package signouts keeps a service's copy of the sessions that auth ended early.
//
// One replica of a service gets the event and stores it. All replicas poll the store, so each knows within half a
// second, and knows again after a restart. Reading a session costs no query: the copy is in memory as well (session.Ends).
// A user's entry is dropped when the tokens of all ended sessions have expired.
package signouts

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"ticketing.dev/common/bus"
	"ticketing.dev/common/events"
	"ticketing.dev/common/mongodb"
	"ticketing.dev/common/outage"
	"ticketing.dev/common/session"
)

const (
	// pollEvery is how often each replica looks for entries of others.
	pollEvery = 300 * time.Millisecond
	// overlap is how far a poll looks back behind the last entry, since replicas' clocks differ and writes overtake
	// each other.
	overlap = 10 * time.Second
	// cleanEvery is how often expired entries are removed.
	cleanEvery = 10 * time.Minute
)

// Copy is a service's copy of ended sessions.
type Copy struct {
	docs     *mongo.Collection
	sessions *session.Sessions
	now      func() time.Time
	outage   *outage.Outage
	// heard is when the newest entry that this process has read was stored.
	heard time.Time
	// expiries are when the entries in memory expire, by user.
	expiries map[string]entry
}

// entry is the stored form of a user's ended sessions.
type entry struct {
	User    string    `bson:"_id"`
	Version int64     `bson:"version"`
	Last    int64     `bson:"last"`
	Live    []int64   `bson:"live"`
	Before  time.Time `bson:"before"`
	HeardAt time.Time `bson:"heardAt"`
	Expires time.Time `bson:"expires"`
}

// Open reads the service's copy, and ends its sessions in this process.
func Open(ctx context.Context, db *mongo.Database, sessions *session.Sessions, log *slog.Logger) (*Copy, error) {
	c := &Copy{
		docs: db.Collection("signouts"), sessions: sessions, now: time.Now, expiries: make(map[string]entry),
		outage: outage.New(log, "ended sessions can't be read, new ones aren't known", "ended sessions are read again"),
	}
	err := mongodb.CreateIndexes(ctx, c.docs,
		mongo.IndexModel{Keys: bson.D{{Key: "heardAt", Value: 1}}}, mongo.IndexModel{Keys: bson.D{{Key: "expires", Value: 1}}})
	if err != nil {
		return nil, err
	}
	return c, c.read(ctx)
}

// Listener stores what auth says about a user's sessions.
func (c *Copy) Listener() bus.Listener { return bus.On(c.Store) }

// Store ends sessions in this process, and stores that for the others.
func (c *Copy) Store(ctx context.Context, e events.SessionEnded) error {
	c.sessions.Learn(e.UserID, session.Ends{Version: e.Version, Last: e.Last, Live: e.Live, Before: e.Before})
	now := c.now()
	return mongodb.SetIfNewer(ctx, c.docs, e.UserID, e.Version, bson.M{
		"last": e.Last, "live": e.Live, "before": e.Before,
		"heardAt": now, "expires": c.sessions.Expiry(now).Add(overlap),
	}, nil)
}

// Run polls for entries of other replicas, and removes expired ones.
func (c *Copy) Run(ctx context.Context) error {
	poll, clean := time.NewTicker(pollEvery), time.NewTicker(cleanEvery)
	defer poll.Stop()
	defer clean.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-poll.C:
			c.report(ctx, c.read(ctx))
		case <-clean.C:
			c.report(ctx, c.clean(ctx))
		}
	}
}

func (c *Copy) report(ctx context.Context, err error) {
	if ctx.Err() == nil {
		c.outage.Report(err)
	}
}

// read reads the entries stored since the last read.
func (c *Copy) read(ctx context.Context) error {
	cursor, err := c.docs.Find(ctx, bson.M{"heardAt": bson.M{"$gt": c.heard.Add(-overlap)}}, options.Find().SetBatchSize(1000))
	if err != nil {
		return fmt.Errorf("find ended sessions: %w", err)
	}
	var found []entry
	if err := cursor.All(ctx, &found); err != nil {
		return fmt.Errorf("read ended sessions: %w", err)
	}
	for _, e := range found {
		c.sessions.Learn(e.User, session.Ends{Version: e.Version, Last: e.Last, Live: e.Live, Before: e.Before})
		c.expiries[e.User] = e
		if e.HeardAt.After(c.heard) {
			c.heard = e.HeardAt
		}
	}
	return nil
}

// clean removes entries after the last token of an ended session has expired.
func (c *Copy) clean(ctx context.Context) error {
	now := c.now()
	for user, e := range c.expiries {
		if e.Expires.Before(now) {
			c.sessions.Forget(user, e.Version)
			delete(c.expiries, user)
		}
	}
	if _, err := c.docs.DeleteMany(ctx, bson.M{"expires": bson.M{"$lt": now}}); err != nil {
		return fmt.Errorf("remove ended sessions: %w", err)
	}
	return nil
}

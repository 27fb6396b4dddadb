// Command auth runs the auth service.
package main

import (
	"context"
	"log/slog"

	"ticketing.dev/auth"
	"ticketing.dev/common/mongodb"
	"ticketing.dev/common/service"
	"ticketing.dev/common/session"
)

type config struct {
	service.Config
	Mongo   mongodb.Config
	Session session.Config
}

func main() { service.Main("auth", run) }

// run needs no bus: auth neither publishes nor listens.
func run(ctx context.Context, c config, log *slog.Logger, do service.Do[*auth.Service]) error {
	sessions, err := session.Open(c.Session, log)
	if err != nil {
		return err
	}
	db, err := mongodb.Connect(ctx, c.Mongo, "auth", log)
	if err != nil {
		return err
	}
	defer mongodb.Disconnect(db)

	s, err := auth.New(ctx, auth.Options{DB: db, Sessions: sessions, Log: log})
	if err != nil {
		return err
	}
	return do(ctx, nil, s)
}

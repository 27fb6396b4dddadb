// Command tickets runs the tickets service, or carries out what its operator asks for (tickets -h).
package main

import (
	"context"
	"log/slog"

	"ticketing.dev/common/bus/stan"
	"ticketing.dev/common/deadletters"
	"ticketing.dev/common/mongodb"
	"ticketing.dev/common/service"
	"ticketing.dev/common/session"
	"ticketing.dev/tickets"
)

type config struct {
	service.Config
	Mongo   mongodb.Config
	NATS    stan.Config
	Session session.Config
}

func main() { service.Main("tickets", run, deadletters.Commands) }

func run(ctx context.Context, c config, log *slog.Logger, do service.Do[*tickets.Service]) error {
	sessions, err := session.Open(c.Session, log)
	if err != nil {
		return err
	}
	db, err := mongodb.Connect(ctx, c.Mongo, "tickets", log)
	if err != nil {
		return err
	}
	defer mongodb.Disconnect(db)
	broker, err := stan.Open(c.NATS, log)
	if err != nil {
		return err
	}
	defer broker.Close()

	s, err := tickets.New(ctx, tickets.Options{DB: db, Bus: broker, Sessions: sessions, Log: log})
	if err != nil {
		return err
	}
	return do(ctx, broker, s)
}

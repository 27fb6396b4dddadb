// Command tickets runs the tickets service or one of its operator commands (tickets -h).
package main

import (
	"context"

	"ticketing.dev/common/bus/stan"
	"ticketing.dev/common/deadletters"
	"ticketing.dev/common/mongodb"
	"ticketing.dev/common/ratelimit"
	"ticketing.dev/common/service"
	"ticketing.dev/common/session"
	"ticketing.dev/tickets"
)

type config struct {
	service.Config
	Mongo   mongodb.Config
	NATS    stan.Config
	Session session.Config
	Streams tickets.StreamLimits
	Keys    tickets.KeyConfig
	Limits  ratelimit.Config
	Writes  ratelimit.WriteConfig
}

func main() {
	var c config
	ctx, p := service.Start("tickets", &c, deadletters.Commands("tickets"), tickets.Commands())
	p.Exit(run(ctx, p, c))
}

func run(ctx context.Context, p *service.Program, c config) error {
	sessions, err := session.Open(c.Session, p.Log)
	if err != nil {
		return err
	}
	keys, err := tickets.NewKeys(c.Keys.Key, c.Keys.Previous, c.Session.Key, c.Session.Previous)
	if err != nil {
		return err
	}
	db, err := mongodb.Connect(ctx, c.Mongo, "tickets", p.Log)
	if err != nil {
		return err
	}
	defer mongodb.Disconnect(db)
	broker, err := stan.Open(c.NATS, p.Log)
	if err != nil {
		return err
	}
	defer broker.Close()
	shared, err := c.Limits.Connect("tickets", p.Log)
	if err != nil {
		return err
	}
	defer shared.Close()

	s, err := tickets.New(ctx, tickets.Options{
		DB: db, Bus: broker, Sessions: sessions, Keys: keys, Streams: c.Streams,
		Limits: c.Limits, Writes: c.Writes, Shared: shared, Log: p.Log,
	})
	if err != nil {
		return err
	}
	return p.Run(ctx, broker, s)
}

// Command auth runs the auth service.
package main

import (
	"context"

	"ticketing.dev/auth"
	"ticketing.dev/auth/mail"
	"ticketing.dev/common/bus/stan"
	"ticketing.dev/common/deadletters"
	"ticketing.dev/common/mongodb"
	"ticketing.dev/common/ratelimit"
	"ticketing.dev/common/service"
	"ticketing.dev/common/session"
)

type config struct {
	service.Config
	Mongo   mongodb.Config
	NATS    stan.Config
	Session session.Config
	Limits  ratelimit.Config
	Writes  ratelimit.WriteConfig
	Mail    mail.Config
}

func main() {
	var c config
	ctx, p := service.Start("auth", &c, deadletters.Commands("auth"), mail.Commands())
	p.Exit(run(ctx, p, c))
}

func run(ctx context.Context, p *service.Program, c config) error {
	sessions, err := session.Open(c.Session, p.Log)
	if err != nil {
		return err
	}
	db, err := mongodb.Connect(ctx, c.Mongo, "auth", p.Log)
	if err != nil {
		return err
	}
	defer mongodb.Disconnect(db)
	broker, err := stan.Open(c.NATS, p.Log)
	if err != nil {
		return err
	}
	defer broker.Close()
	shared, err := c.Limits.Connect("auth", p.Log)
	if err != nil {
		return err
	}
	defer shared.Close()

	transport, err := mail.NewSMTP(c.Mail)
	if err != nil {
		return err
	}

	s, err := auth.New(ctx, auth.Options{
		DB: db, Bus: broker, Sessions: sessions, Limits: c.Limits, Writes: c.Writes, Shared: shared, Mail: transport, SiteURL: c.Mail.SiteURL, Log: p.Log,
	})
	if err != nil {
		return err
	}
	return p.Run(ctx, broker, s)
}

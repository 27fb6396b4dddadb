// Command auth runs the auth service.
package main

import (
	"context"

	"ticketing.dev/auth"
	"ticketing.dev/common/mongodb"
	"ticketing.dev/common/ratelimit"
	"ticketing.dev/common/service"
	"ticketing.dev/common/session"
)

type config struct {
	service.Config
	Mongo   mongodb.Config
	Session session.Config
	Limits  ratelimit.Config
}

func main() {
	var c config
	ctx, p := service.Start("auth", &c)
	p.Exit(run(ctx, p, c))
}

// run opens no bus: auth doesn't publish or listen.
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

	s, err := auth.New(ctx, auth.Options{DB: db, Sessions: sessions, Limits: c.Limits, Log: p.Log})
	if err != nil {
		return err
	}
	return p.Run(ctx, nil, s)
}

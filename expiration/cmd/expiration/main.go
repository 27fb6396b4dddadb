// Command expiration runs the expiration service or one of its operator commands (expiration -h).
package main

import (
	"context"

	"ticketing.dev/common/bus/stan"
	"ticketing.dev/common/deadletters"
	"ticketing.dev/common/service"
	"ticketing.dev/expiration"
)

type config struct {
	service.Config
	NATS  stan.Config
	Redis expiration.Redis
}

func main() {
	var c config
	ctx, p := service.Start("expiration", &c, deadletters.Commands("expiration"))
	p.Exit(run(ctx, p, c))
}

func run(ctx context.Context, p *service.Program, c config) error {
	redis, err := expiration.Connect(c.Redis)
	if err != nil {
		return err
	}
	defer redis.Close()
	broker, err := stan.Open(c.NATS, p.Log)
	if err != nil {
		return err
	}
	defer broker.Close()

	return p.Run(ctx, broker, expiration.New(expiration.Options{Redis: redis, Bus: broker, Log: p.Log}))
}

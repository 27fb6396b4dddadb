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
	NATS stan.Config
	// RedisAddr is the host:port of the Redis that stores the timers.
	RedisAddr string `env:"REDIS_ADDR,required,notEmpty"`
}

func main() {
	var c config
	ctx, p := service.Start("expiration", &c, deadletters.Commands("expiration"))
	p.Exit(run(ctx, p, c))
}

func run(ctx context.Context, p *service.Program, c config) error {
	redis := expiration.Connect(c.RedisAddr)
	defer redis.Close()
	broker, err := stan.Open(c.NATS, p.Log)
	if err != nil {
		return err
	}
	defer broker.Close()

	return p.Run(ctx, broker, expiration.New(expiration.Options{Redis: redis, Bus: broker, Log: p.Log}))
}

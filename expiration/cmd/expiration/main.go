// Command expiration runs the expiration service.
package main

import (
	"context"
	"log/slog"

	"ticketing.dev/common/bus/stan"
	"ticketing.dev/common/service"
	"ticketing.dev/expiration"
)

type config struct {
	service.Config
	NATS stan.Config
	// RedisAddr is the host and port of the Redis that holds the timers.
	RedisAddr string `env:"REDIS_ADDR,required,notEmpty"`
}

func main() { service.Main("expiration", run) }

func run(ctx context.Context, c config, log *slog.Logger) error {
	redis := expiration.Connect(c.RedisAddr)
	defer redis.Close()
	broker, err := stan.Open(c.NATS, log)
	if err != nil {
		return err
	}
	defer broker.Close()

	s := expiration.New(expiration.Options{Redis: redis, Bus: broker, Log: log})
	l, err := c.Listen(ctx)
	if err != nil {
		return err
	}
	return service.Run(ctx, "expiration", l, broker, log, s)
}

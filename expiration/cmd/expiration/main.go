// Command expiration runs the expiration service, or carries out what its operator asks for (expiration -h).
package main

import (
	"context"
	"log/slog"

	"ticketing.dev/common/bus/stan"
	"ticketing.dev/common/deadletters"
	"ticketing.dev/common/service"
	"ticketing.dev/expiration"
)

type config struct {
	service.Config
	NATS stan.Config
	// RedisAddr is the host and port of the Redis that holds the timers.
	RedisAddr string `env:"REDIS_ADDR,required,notEmpty"`
}

func main() { service.Main("expiration", run, deadletters.Commands) }

func run(ctx context.Context, c config, log *slog.Logger, do service.Do[*expiration.Service]) error {
	redis := expiration.Connect(c.RedisAddr)
	defer redis.Close()
	broker, err := stan.Open(c.NATS, log)
	if err != nil {
		return err
	}
	defer broker.Close()

	return do(ctx, broker, expiration.New(expiration.Options{Redis: redis, Bus: broker, Log: log}))
}

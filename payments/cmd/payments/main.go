// Command payments runs the payments service, or carries out what its operator asks for (payments -h).
package main

import (
	"context"
	"log/slog"

	"ticketing.dev/common/bus/stan"
	"ticketing.dev/common/deadletters"
	"ticketing.dev/common/mongodb"
	"ticketing.dev/common/service"
	"ticketing.dev/common/session"
	"ticketing.dev/payments"
)

type config struct {
	service.Config
	Mongo   mongodb.Config
	NATS    stan.Config
	Session session.Config
	Stripe  payments.StripeConfig
}

func main() { service.Main("payments", run, deadletters.Commands, payments.Commands) }

func run(ctx context.Context, c config, log *slog.Logger, do service.Do[*payments.Service]) error {
	sessions, err := session.Open(c.Session, log)
	if err != nil {
		return err
	}
	db, err := mongodb.Connect(ctx, c.Mongo, "payments", log)
	if err != nil {
		return err
	}
	defer mongodb.Disconnect(db)
	broker, err := stan.Open(c.NATS, log)
	if err != nil {
		return err
	}
	defer broker.Close()

	s, err := payments.New(ctx, payments.Options{DB: db, Bus: broker, Sessions: sessions, Stripe: c.Stripe, Log: log})
	if err != nil {
		return err
	}
	return do(ctx, broker, s)
}

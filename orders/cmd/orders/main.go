// Command orders runs the orders service, or carries out what its operator asks for (orders -h).
package main

import (
	"context"
	"log/slog"
	"time"

	"ticketing.dev/common/bus/stan"
	"ticketing.dev/common/deadletters"
	"ticketing.dev/common/mongodb"
	"ticketing.dev/common/service"
	"ticketing.dev/common/session"
	"ticketing.dev/orders"
)

type config struct {
	service.Config
	Mongo   mongodb.Config
	NATS    stan.Config
	Session session.Config
	// OrderTTL is how long a ticket stays reserved without a payment.
	OrderTTL time.Duration `env:"ORDER_TTL" envDefault:"15m"`
}

func main() { service.Main("orders", run, deadletters.Commands) }

func run(ctx context.Context, c config, log *slog.Logger, do service.Do[*orders.Service]) error {
	sessions, err := session.Open(c.Session, log)
	if err != nil {
		return err
	}
	db, err := mongodb.Connect(ctx, c.Mongo, "orders", log)
	if err != nil {
		return err
	}
	defer mongodb.Disconnect(db)
	broker, err := stan.Open(c.NATS, log)
	if err != nil {
		return err
	}
	defer broker.Close()

	s, err := orders.New(ctx, orders.Options{DB: db, Bus: broker, Sessions: sessions, TTL: c.OrderTTL, Log: log})
	if err != nil {
		return err
	}
	return do(ctx, broker, s)
}

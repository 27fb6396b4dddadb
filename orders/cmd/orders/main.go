// Command orders runs the orders service or one of its operator commands (orders -h).
package main

import (
	"context"
	"time"

	"ticketing.dev/common/bus/stan"
	"ticketing.dev/common/deadletters"
	"ticketing.dev/common/mongodb"
	"ticketing.dev/common/ratelimit"
	"ticketing.dev/common/service"
	"ticketing.dev/common/session"
	"ticketing.dev/orders"
)

type config struct {
	service.Config
	Mongo   mongodb.Config
	NATS    stan.Config
	Session session.Config
	// OrderTTL is how long an unpaid order reserves its ticket.
	OrderTTL time.Duration `env:"ORDER_TTL" envDefault:"15m"`
	Limits   orders.Limits
	Rates    ratelimit.Config
	Writes   ratelimit.WriteConfig
}

func main() {
	var c config
	ctx, p := service.Start("orders", &c, deadletters.Commands("orders"))
	p.Exit(run(ctx, p, c))
}

func run(ctx context.Context, p *service.Program, c config) error {
	sessions, err := session.Open(c.Session, p.Log)
	if err != nil {
		return err
	}
	db, err := mongodb.Connect(ctx, c.Mongo, "orders", p.Log)
	if err != nil {
		return err
	}
	defer mongodb.Disconnect(db)
	broker, err := stan.Open(c.NATS, p.Log)
	if err != nil {
		return err
	}
	defer broker.Close()
	shared, err := c.Rates.Connect("orders", p.Log)
	if err != nil {
		return err
	}
	defer shared.Close()

	s, err := orders.New(ctx, orders.Options{
		DB: db, Bus: broker, Sessions: sessions, TTL: c.OrderTTL, Limits: c.Limits,
		Rates: c.Rates, Writes: c.Writes, Shared: shared, Log: p.Log,
	})
	if err != nil {
		return err
	}
	return p.Run(ctx, broker, s)
}

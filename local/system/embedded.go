package system

import (
	"context"
	"errors"
	"log/slog"
	"slices"

	"ticketing.dev/auth"
	"ticketing.dev/common/bus"
	"ticketing.dev/common/bus/stan"
	"ticketing.dev/common/mongodb"
	"ticketing.dev/common/service"
	"ticketing.dev/common/session"
	"ticketing.dev/expiration"
	"ticketing.dev/orders"
	"ticketing.dev/payments"
	"ticketing.dev/tickets"
)

// embedded is a service in this process, with what it was made of.
type embedded struct {
	service service.Service
	bus     bus.Bus // nil for auth, which neither publishes nor listens
	hasBus  func(context.Context) error
	closers []func() error
}

// embed makes a service as its own program does (<service>/cmd/<service>/main.go).
func embed(ctx context.Context, name string, s Settings, log *slog.Logger) (*embedded, error) {
	e := &embedded{hasBus: all()}
	if err := e.build(ctx, name, s, log); err != nil {
		return nil, errors.Join(err, e.close())
	}
	return e, nil
}

func (e *embedded) build(ctx context.Context, name string, s Settings, log *slog.Logger) error {
	if name != "auth" {
		if err := e.openBus(name, s, log); err != nil {
			return err
		}
	}
	if name == "expiration" {
		e.expiration(s, log)
		return nil
	}
	return e.withDatabase(ctx, name, s, log)
}

func (e *embedded) openBus(name string, s Settings, log *slog.Logger) error {
	s.NATS.ClientID = name
	broker, err := stan.Open(s.NATS, log)
	if err != nil {
		return err
	}
	e.closers = append(e.closers, broker.Close)
	e.bus = broker
	e.hasBus = func(context.Context) error {
		if !broker.Connected() {
			return stan.ErrNotConnected
		}
		return nil
	}
	return nil
}

func (e *embedded) expiration(s Settings, log *slog.Logger) {
	redis := expiration.Connect(s.RedisAddr)
	e.closers = append(e.closers, redis.Close)
	e.service = expiration.New(expiration.Options{Redis: redis, Bus: e.bus, Log: log})
}

func (e *embedded) withDatabase(ctx context.Context, name string, s Settings, log *slog.Logger) error {
	sessions, err := session.Open(s.Session, log)
	if err != nil {
		return err
	}
	db, err := mongodb.Connect(ctx, s.Mongo, name, log)
	if err != nil {
		return err
	}
	e.closers = append(e.closers, func() error { return mongodb.Disconnect(db) })
	switch name {
	case "auth":
		e.service, err = auth.New(ctx, auth.Options{DB: db, Sessions: sessions, Log: log})
	case "tickets":
		e.service, err = tickets.New(ctx, tickets.Options{DB: db, Bus: e.bus, Sessions: sessions, Log: log})
	case "orders":
		e.service, err = orders.New(ctx, orders.Options{DB: db, Bus: e.bus, Sessions: sessions, TTL: s.OrderTTL, Log: log})
	case "payments":
		e.service, err = payments.New(ctx, payments.Options{DB: db, Bus: e.bus, Sessions: sessions, Stripe: s.Stripe, Log: log})
	}
	return err
}

func (e *embedded) close() error {
	var errs []error
	for _, closer := range slices.Backward(e.closers) {
		errs = append(errs, closer())
	}
	return errors.Join(errs...)
}

package main

import (
	"context"
	"log/slog"

	"ticketing.dev/local/broker"
	"ticketing.dev/local/mongo"
	"ticketing.dev/local/redis"
)

// A starter runs a stand-in until stop is called. When it returns, the stand-in
// takes connections at url.
type starter func(ctx context.Context, c *config, log *slog.Logger) (url string, stop func(), err error)

// kinds are the stand-ins by name.
var kinds = map[string]starter{
	"mail":        startMail,
	"mongo":       startMongo,
	"nats":        startNATS,
	"redis":       startRedis,
	"stripe":      startStripe,
	"stripe-mock": startStripeMock,
}

func startMongo(_ context.Context, c *config, log *slog.Logger) (string, func(), error) {
	s, err := mongo.Open(mongo.Options{Addr: c.addr, Dir: c.dir, Sync: c.sync, Log: log})
	if err != nil {
		return "", nil, err
	}
	return s.URI(), func() { closeMongo(s, log) }, nil
}

func closeMongo(s *mongo.Server, log *slog.Logger) {
	if err := s.Close(); err != nil {
		log.Error("close the database", "error", err)
	}
}

func startNATS(_ context.Context, c *config, log *slog.Logger) (string, func(), error) {
	users, err := c.passwords()
	if err != nil {
		return "", nil, err
	}
	s, err := broker.Start(broker.Options{Addr: c.addr, Dir: c.dir, ClusterID: "ticketing", Users: users, Logger: log})
	if err != nil {
		return "", nil, err
	}
	return s.URL(), s.Close, nil
}

func startRedis(_ context.Context, c *config, _ *slog.Logger) (string, func(), error) {
	users, err := c.passwords()
	if err != nil {
		return "", nil, err
	}
	s, err := redis.Start(c.addr, users)
	if err != nil {
		return "", nil, err
	}
	return "redis://" + s.Addr(), s.Close, nil
}

package system

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"ticketing.dev/local/broker"
	"ticketing.dev/local/mongo"
	"ticketing.dev/local/redis"
	"ticketing.dev/local/sandbox"
)

const anyPort = "127.0.0.1:0"

// standinLogLevel lets MongoDB's stand-in warn of queries without an index. The
// others warn of what is normal on one machine.
func standinLogLevel(kind string) slog.Level {
	if kind == "mongo" {
		return slog.LevelWarn
	}
	return slog.LevelError
}

// standins start a stand-in in this process, which takes connections at url until stop is called.
var standins = map[string]func(context.Context, standin, *slog.Logger) (url string, stop func() error, err error){
	"mongo":  startMongo,
	"nats":   startNATS,
	"redis":  startRedis,
	"stripe": startSandbox,
}

func startMongo(_ context.Context, o standin, log *slog.Logger) (string, func() error, error) {
	s, err := mongo.Open(mongo.Options{Addr: anyPort, Dir: o.dir, Sync: true, Log: log})
	if err != nil {
		return "", nil, err
	}
	return s.URI(), s.Close, nil
}

func startNATS(_ context.Context, o standin, log *slog.Logger) (string, func() error, error) {
	s, err := broker.Start(broker.Options{Addr: anyPort, Dir: o.dir, ClusterID: clusterID, Logger: log})
	if err != nil {
		return "", nil, err
	}
	return s.URL(), func() error { s.Close(); return nil }, nil
}

func startRedis(context.Context, standin, *slog.Logger) (string, func() error, error) {
	s, err := redis.Start(anyPort)
	if err != nil {
		return "", nil, err
	}
	return "redis://" + s.Addr(), func() error { s.Close(); return nil }, nil
}

func startSandbox(_ context.Context, o standin, log *slog.Logger) (string, func() error, error) {
	listener, err := net.Listen("tcp", anyPort)
	if err != nil {
		return "", nil, err
	}
	s, err := sandbox.Open(sandbox.Options{Dir: o.dir, WebhookURL: o.webhookURL, WebhookSecret: o.webhookSecret, Log: log})
	if err != nil {
		return "", nil, errors.Join(err, listener.Close())
	}
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(listener) // until it is closed
	}()
	return "http://" + listener.Addr().String(), func() error {
		err := errors.Join(server.Close(), s.Close()) // whoever called it has ended by now
		<-served
		return err
	}, nil
}

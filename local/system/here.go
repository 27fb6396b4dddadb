package system

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"

	"ticketing.dev/common/service"
)

// here starts parts in this process.
type here struct {
	logs *logs
	fail func(error)
}

// service runs a service on a free port of its own.
func (h *here) service(ctx context.Context, name string, s Settings) (*unit, error) {
	log, err := h.logs.logger(name, s.LogLevel)
	if err != nil {
		return nil, err
	}
	e, err := embed(ctx, name, s, log)
	if err != nil {
		return nil, err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(err, e.close())
	}
	running, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		err := service.Run(running, name, listener, e.bus, log, e.service)
		if running.Err() == nil {
			h.fail(fmt.Errorf("%s has ended: %w", name, err))
		}
		ended <- errors.Join(err, e.close())
	}()
	at := &url.URL{Scheme: "http", Host: listener.Addr().String()}
	return &unit{
		url:   at,
		pid:   os.Getpid,
		ready: all(answersReadyz(at), e.hasBus),
		stop: func() error {
			stop()
			if err := <-ended; err != nil {
				return fmt.Errorf("stop %s: %w", name, err)
			}
			return nil
		},
	}, nil
}

// standin runs a stand-in, which takes connections as soon as it has been started.
func (h *here) standin(ctx context.Context, o standin) (*unit, error) {
	log, err := h.logs.logger(o.kind, standinLogLevel(o.kind))
	if err != nil {
		return nil, err
	}
	address, stop, err := standins[o.kind](context.WithoutCancel(ctx), o, log)
	if err != nil {
		return nil, err
	}
	at, err := url.Parse(address)
	if err != nil {
		return nil, errors.Join(err, stop())
	}
	return &unit{url: at, pid: os.Getpid, ready: all(), stop: stop}, nil
}

// all is ready when each of its parts is.
func all(parts ...func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		for _, ready := range parts {
			if err := ready(ctx); err != nil {
				return err
			}
		}
		return nil
	}
}

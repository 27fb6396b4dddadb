package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/stripe/stripe-mock/embedded"
	"github.com/stripe/stripe-mock/server"

	"ticketing.dev/local/sandbox"
)

const (
	headerTimeout = 10 * time.Second // for a client to send its request's header
	drainTimeout  = 2 * time.Second  // for requests under way at the end
)

func startStripe(_ context.Context, c *config, log *slog.Logger) (string, func(), error) {
	s, err := sandbox.Open(sandbox.Options{
		Dir:           c.dir,
		WebhookURL:    c.webhookURL,
		WebhookSecret: c.webhookSecret,
		PublicURL:     c.publicURL,
		Log:           log,
	})
	if err != nil {
		return "", nil, err
	}
	url, stop, err := serve(c.addr, s)
	if err != nil {
		_ = s.Close()
		return "", nil, err
	}
	return url, func() {
		stop()
		if err := s.Close(); err != nil {
			log.Error("close the Stripe sandbox", "error", err)
		}
	}, nil
}

func startStripeMock(_ context.Context, c *config, _ *slog.Logger) (string, func(), error) {
	h, err := stripeMock()
	if err != nil {
		return "", nil, err
	}
	return serve(c.addr, h)
}

// stripeMock is Stripe's own mock server. It checks requests against Stripe's
// specification and answers with examples, whatever was asked before.
func stripeMock() (http.Handler, error) {
	spec, err := server.LoadSpec(embedded.OpenAPISpec, "")
	if err != nil {
		return nil, fmt.Errorf("load Stripe's specification: %w", err)
	}
	fixtures, err := server.LoadFixtures(embedded.OpenAPIFixtures, "")
	if err != nil {
		return nil, fmt.Errorf("load Stripe's examples: %w", err)
	}
	const strictVersion, verbose = true, false
	stub, err := server.NewStubServer(fixtures, spec, strictVersion, verbose)
	if err != nil {
		return nil, fmt.Errorf("make routes from Stripe's specification: %w", err)
	}
	return http.HandlerFunc(stub.HandleRequest), nil
}

// serve runs h at the address until stop is called.
func serve(addr string, h http.Handler) (url string, stop func(), err error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return "", nil, fmt.Errorf("listen for HTTP clients: %w", err)
	}
	s := &http.Server{Handler: h, ReadHeaderTimeout: headerTimeout}
	var serving sync.WaitGroup
	serving.Go(func() { _ = s.Serve(l) }) // until it is closed

	return "http://" + l.Addr().String(), func() {
		ctx, cancel := context.WithTimeout(context.Background(), drainTimeout)
		defer cancel()
		if s.Shutdown(ctx) != nil {
			_ = s.Close()
		}
		serving.Wait()
	}, nil
}

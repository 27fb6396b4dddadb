// Command local runs the whole of Ticketing on this machine, with nothing but Go:
//
//	go run ./local -addr localhost:8080 -data .data
//
// It builds the services' programs and those of the stand-ins for MongoDB, NATS Streaming, Redis, Stripe, and an SMTP server, and
// runs each in a process. MONGO_URI, NATS_URL, REDIS_ADDR, STRIPE_KEY, and SMTP_HOST name real servers to use instead.
//
// Once everything is ready, run.json in the data directory says where each part is. SIGINT and SIGTERM drain and
// stop the system; a second one ends it at once.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"ticketing.dev/local/command"
	"ticketing.dev/local/system"
)

func main() { command.Main("local", run) }

// run keeps a system running until ctx ends or it fails.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	config, err := configure(args, stdout, stderr)
	if err != nil {
		return err
	}
	s, err := system.Start(ctx, config)
	if err != nil && ctx.Err() != nil {
		return nil // interrupted while it started
	}
	if err != nil {
		return err
	}
	report(stdout, s.Run())

	select {
	case <-ctx.Done():
		fmt.Fprintln(stdout, "stopping")
	case err = <-s.Failed():
	}
	return errors.Join(err, s.Close())
}

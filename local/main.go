// Command local runs the whole of Ticketing on this machine, with nothing but Go:
//
//	go run ./local -addr localhost:8080 -data .data
//
// MongoDB, NATS Streaming, Redis and Stripe are stand-ins, whose data stays in the data directory.
// MONGO_URI, NATS_URL, REDIS_ADDR and STRIPE_KEY in the environment name real ones instead.
//
// Once everything is ready it writes run.json into the data directory, which tells where each part is.
// SIGINT and SIGTERM drain and stop it; a second one ends it at once.
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

// run keeps a system running until ctx ends, or a part of it fails.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	config, err := configure(args, stdout, stderr)
	if err != nil {
		return err
	}
	s, err := system.Start(ctx, config)
	if err != nil && ctx.Err() != nil {
		return nil // it was stopped before it had begun
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

// Command seed fills a running system with tickets.
//
//	seed                      100,000 tickets for the system that runs on .data
//	seed -n 5000 -data DIR    as many as you like, for the system that runs on DIR
//
// Sellers sign up through the public API. Their tickets don't go through it: seed commits them to the
// database of tickets as that service does, each with its ticket:created event in the outbox. The
// relay of the running service publishes the events, as it does after a crash, and seed waits until
// orders has heard of every ticket. That saves the HTTP requests, a third of the work, and skips no
// step that another part relies on.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"ticketing.dev/common/mongodb"
	"ticketing.dev/local/system"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "seed:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("seed", flag.ContinueOnError)
	flags.SetOutput(stderr)
	n := flags.Int("n", 100_000, "`number` of tickets")
	data := flags.String("data", ".data", "`directory` of the running system")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *n < 1 || flags.NArg() > 0 {
		return fmt.Errorf("-n must be at least 1, and there are no other arguments")
	}
	r, err := system.ReadRun(*data)
	if err != nil {
		return fmt.Errorf("no system runs on %s (make up starts one): %w", *data, err)
	}
	log := slog.New(slog.NewTextHandler(stderr, nil))
	tickets, err := mongodb.Connect(ctx, mongodb.Config{URI: r.Mongo.URL}, "tickets", log)
	if err != nil {
		return err
	}
	defer mongodb.Disconnect(tickets)
	s := &seeder{
		gateway: r.Gateway,
		tickets: tickets,
		orders:  tickets.Client().Database("orders"),
		out:     stdout,
	}
	return s.seed(ctx, *n)
}

// Command seed fills a running system with tickets.
//
//	seed                      100,000 tickets for the system that runs on .data
//	seed -n 5000 -data DIR    as many as you like, for the system that runs on DIR
package main

import (
	"context"
	"flag"
	"fmt"
	"io"

	"ticketing.dev/local/command"
	"ticketing.dev/local/seed"
	"ticketing.dev/local/system"
)

func main() { command.Main("seed", run) }

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
	return seed.Fill(ctx, r, *n, stdout)
}

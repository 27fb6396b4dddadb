// Command demo drives Ticketing over HTTP as its users do, tells what happened, and ends with status 1
// at the first thing that is not as it should be.
//
//	demo                   a system of its own, in which orders live for 8 seconds
//	demo -data .data       the system that runs on that directory (see run.json)
//	demo -url URL          the one at that URL; -stripe URL names its Stripe sandbox
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"ticketing.dev/local/command"
	"ticketing.dev/local/system"
)

// ownTTL is how long orders live in a system of the demo's own: long enough for every payment, short
// enough to wait for.
const ownTTL = 8 * time.Second

func main() { command.Main("demo", run) }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	at, err := parse(args, stderr)
	if err != nil {
		return err
	}
	stop := func() error { return nil }
	if at.url == "" {
		if at, stop, err = startOwn(ctx, stdout, stderr); err != nil {
			return err
		}
	}
	return errors.Join(newDemo(at, stdout).play(ctx), stop())
}

// place is where the system is. Without a sandbox some scenes are left out.
type place struct{ url, sandbox string }

func parse(args []string, stderr io.Writer) (at place, err error) {
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.SetOutput(stderr)
	data := flags.String("data", "", "`directory` of a system that runs")
	flags.StringVar(&at.url, "url", "", "`URL` of a system that runs")
	flags.StringVar(&at.sandbox, "stripe", "", "`URL` of the Stripe sandbox of the system at -url")
	if err := flags.Parse(args); err != nil {
		return at, err
	}
	if *data == "" {
		return at, nil
	}
	r, err := system.ReadRun(*data)
	if err != nil {
		return at, fmt.Errorf("no system runs on %s: %w", *data, err)
	}
	return place{r.Gateway, sandboxOf(r)}, nil
}

// startOwn starts a system that is gone without a trace when it is stopped.
func startOwn(ctx context.Context, stdout, stderr io.Writer) (at place, stop func() error, err error) {
	dir, err := os.MkdirTemp("", "ticketing-demo-")
	if err != nil {
		return at, nil, err
	}
	s, err := system.Start(ctx, system.Config{Dir: dir, OrderTTL: ownTTL, Errors: stderr, Progress: stdout})
	if err != nil {
		return at, nil, errors.Join(err, os.RemoveAll(dir))
	}
	r := s.Run()
	return place{r.Gateway, sandboxOf(r)}, func() error { return errors.Join(s.Close(), os.RemoveAll(dir)) }, nil
}

// sandboxOf is the URL of a system's Stripe sandbox. The real Stripe is none.
func sandboxOf(r system.Run) string {
	if r.Stripe.PID == 0 {
		return ""
	}
	return r.Stripe.URL
}

// Command chaos runs the real processes, injects faults while users buy, waits until everything is quiet, and
// checks the promises of docs/architecture.md from the history that clients saw.
//
// A seed decides a round: its faults, the users' choices, the clocks' skew, and how long orders last.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	c, err := parse(os.Args[1:], os.Getenv("MONGO_URI"), os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return
	case err != nil:
		fmt.Fprintf(os.Stderr, "chaos: %v (-h shows the flags)\n", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, func() {
		stop() // the next signal ends the process at once
		fmt.Fprintln(os.Stderr, "chaos: stopping")
	})
	if err := run(ctx, c, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
}

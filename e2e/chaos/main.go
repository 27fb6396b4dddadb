// Command chaos shows that nothing is lost, whatever dies: it runs the real processes, hurts them while
// people buy, waits until all is quiet, and judges by what is visible outside.
//
//	chaos [flags]
//
// A round is decided by its seed: the faults, what people want to do, how far clocks are off, and how
// long orders may stay unpaid. Several rounds run side by side, each with a system of its own.
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

// What the command ends with.
const (
	statusFound = 1 // promises were broken, or something could not be done
	statusUsage = 2
)

func main() {
	c, err := parse(os.Args[1:], os.Getenv("MONGO_URI"), os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return
	case err != nil:
		fmt.Fprintf(os.Stderr, "chaos: %v (-h tells what there is)\n", err)
		os.Exit(statusUsage)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, func() {
		stop() // so that the next signal ends the process at once
		fmt.Fprintln(os.Stderr, "chaos: stopping")
	})
	if err := run(ctx, c, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(statusFound)
	}
}

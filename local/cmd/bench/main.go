// Command bench measures what the one-machine system can do with a number of tickets in it, for
// docs/performance.md.
//
//	bench                          with 100,000 tickets
//	bench -tickets 50,250,1250     with as many, one after the other, in a system each
//
// Each system runs without the client and is used through its gateway by eight users at once. The processor time
// includes theirs.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"ticketing.dev/local/command"
	"ticketing.dev/local/seed"
	"ticketing.dev/local/system"
)

func main() { command.Main("bench", run) }

// counts is a list such as 50,250.
type counts []int

func (c *counts) String() string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(*c), " ", ","), "[]")
}

func (c *counts) Set(text string) error {
	*c = nil
	for part := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 1 {
			return fmt.Errorf("%q is no number of tickets", part)
		}
		*c = append(*c, n)
	}
	return nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	tickets := counts{100_000}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Var(&tickets, "tickets", "`numbers` of tickets, separated by commas")
	each := flags.Duration("for", 10*time.Second, "`duration` of each measurement")
	if err := flags.Parse(args); err != nil {
		return err
	}
	fmt.Fprintln(stdout, heading)
	var details []string
	for _, n := range tickets {
		r, err := measure(ctx, n, *each, stderr)
		if err != nil {
			return fmt.Errorf("with %d tickets: %w", n, err)
		}
		fmt.Fprintln(stdout, r.row(n))
		details = append(details, fmt.Sprintf("\nMicroseconds of processor time with %d tickets\n%s", n, r.byProcess()))
	}
	for _, d := range details {
		fmt.Fprintln(stdout, d)
	}
	return nil
}

// measure starts a system, fills it, and uses it.
func measure(ctx context.Context, n int, each time.Duration, progress io.Writer) (r result, err error) {
	dir, err := os.MkdirTemp("", "ticketing-bench-")
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(dir)
	s, err := system.Start(ctx, system.Config{Dir: dir, Errors: progress})
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	began := time.Now()
	if err := seed.Fill(ctx, s.Run(), n, progress); err != nil {
		return r, err
	}
	r.seeded = time.Since(began)
	return r, r.take(ctx, s.Run(), each)
}

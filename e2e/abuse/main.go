// Command abuse attacks a system of its own, as strangers would, and reports what each attack gets: before there were
// limits, and now. It fails if an attack gets more than it may. Times are printed and not judged.
//
//	abuse                      every attack, and a sweep of 100,000 mangled requests
//	abuse -n 5000 -seed 7      a shorter sweep of other requests
//	abuse -client none         without the client's pages
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"text/tabwriter"
	"time"

	"ticketing.dev/local/command"
	"ticketing.dev/local/system"
)

func main() { command.Main("abuse", run) }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("abuse", flag.ContinueOnError)
	flags.SetOutput(stderr)
	n := flags.Int("n", 100_000, "`number` of mangled requests")
	seed := flags.Uint64("seed", 1, "`seed` of the mangled requests")
	client := flags.String("client", system.BuiltClient, "`built` or none")
	if err := flags.Parse(args); err != nil {
		return err
	}
	slog.SetDefault(slog.New(slog.DiscardHandler)) // the gateway's, in this process
	attacked := withSite(ctx, *client, "1", stderr, func(s *site) error { return attackAll(ctx, s, full, stdout) })
	return errors.Join(attacked, withSite(ctx, *client, "0", stderr, func(s *site) error { return sweepAll(ctx, s, *seed, *n, stdout) }))
}

// withSite starts a system for do.
func withSite(ctx context.Context, client, factor string, progress io.Writer, do func(*site) error) error {
	dir, err := os.MkdirTemp("", "ticketing-abuse-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s, err := open(ctx, dir, client, factor, progress)
	if err != nil {
		return err
	}
	return errors.Join(do(s), s.close())
}

// attackAll runs the attacks one after another and prints a table.
func attackAll(ctx context.Context, s *site, size size, out io.Writer) (err error) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "attack\tbefore\tnow")
	for _, a := range attacks {
		now, failed := a.run(ctx, s, size)
		if failed != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", a.name, failed))
			now += " FAILED"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", a.name, a.before, now)
	}
	return errors.Join(err, table.Flush())
}

// sweepAll sends mangled requests to every route, and to every page if the client runs.
func sweepAll(ctx context.Context, s *site, seed uint64, n int, out io.Writer) error {
	root, err := system.FindRoot()
	if err != nil {
		return err
	}
	routes, err := apiRoutes(root)
	if err != nil {
		return err
	}
	if s.Client != nil {
		pages, err := pageRoutes(root)
		if err != nil {
			return err
		}
		routes = append(routes, pages...)
	}
	begun := time.Now()
	found, err := judgeSweep(ctx, s, routes, seed, n)
	if found != nil {
		fmt.Fprintf(out, "\n%d mangled requests to %d routes in %s, seed %d: %s\n", n, len(routes), time.Since(begun).Round(time.Second), seed, found)
	}
	return err
}

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"ticketing.dev/local/system"
)

// configure reads the command line and the environment. An error is one line, without the list of all flags
// that would bury it.
func configure(args []string, stdout, stderr io.Writer) (system.Config, error) {
	c := system.Config{Replicas: make(map[string]int), Progress: stdout, Errors: stderr}
	flags := flag.NewFlagSet("local", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&c.Addr, "addr", "localhost:8080", "`address` of the gateway; port 0 takes a free one")
	flags.StringVar(&c.Dir, "data", ".data", "`directory` of data, keys, logs and run.json")
	flags.DurationVar(&c.OrderTTL, "order-ttl", 15*time.Minute, "how long a ticket stays reserved without a payment")
	flags.Func("replicas", "how many of which services, such as `orders=2,payments=3`", func(list string) error {
		return parseReplicas(list, c.Replicas)
	})
	flags.StringVar(&c.Client, "client", system.BuiltClient, "what shows `pages`: built, dev (from source, with hot reload), none, or the URL of one that's running")
	flags.BoolVar(&c.Verbose, "v", false, "show all logs on standard error, not only warnings and errors")

	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintln(stderr, "usage: local [flags]")
		flags.SetOutput(stderr)
		flags.PrintDefaults()
		return c, err
	case err != nil:
		return c, err
	case flags.NArg() > 0:
		return c, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	c.Environment, err = system.ReadEnvironment()
	return c, err
}

// parseReplicas reads orders=2,payments=3.
func parseReplicas(list string, replicas map[string]int) error {
	for item := range strings.SplitSeq(list, ",") {
		name, number, _ := strings.Cut(item, "=")
		n, err := strconv.Atoi(number)
		if err != nil {
			return errors.New("not of the form orders=2,payments=3")
		}
		replicas[name] = n
	}
	return nil
}

package deadletters

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"ticketing.dev/common/bus"
	"ticketing.dev/common/service"
)

// Commands are what an operator may ask the program of a service about the service's dead letters.
// group is the service's name.
func Commands[S service.Service](group string) []service.Command[S] {
	return []service.Command[S]{
		{
			Name: "deadletters list", Arguments: "[-json]", About: "list the messages that could not be handled",
			Parse: on[S](group, parseList),
		}, {
			Name: "deadletters show", Arguments: "[-json] ID", About: "show one as it came, with its cause",
			Parse: on[S](group, parseShow),
		}, {
			Name: "deadletters redrive", Arguments: "ID... | -all", About: "handle them again; those that cannot be handled still stay",
			Parse: on[S](group, parseRedrive),
		}, {
			Name: "deadletters drop", Arguments: "ID...", About: "take them off the list",
			Parse: on[S](group, parseDrop),
		},
	}
}

// task is a command with its arguments.
type task func(ctx context.Context, c clerk) error

// on makes of the reading of arguments what a program wants.
func on[S service.Service](group string, parse func(flags *flag.FlagSet, args []string) (task, error)) func([]string) (service.Action[S], error) {
	return func(args []string) (service.Action[S], error) {
		flags := flag.NewFlagSet("", flag.ContinueOnError)
		flags.SetOutput(io.Discard) // the program says what is wrong
		do, err := parse(flags, args)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context, out io.Writer, b bus.Bus, s S) error {
			return do(ctx, clerk{log{b, group, operator()}, s.Listeners(), out})
		}, nil
	}
}

var errNoIDs = errors.New("which? Letters are named by their id")

func parseList(flags *flag.FlagSet, args []string) (task, error) {
	asJSON := flags.Bool("json", false, "")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("unknown argument: %s", flags.Arg(0))
	}
	return func(ctx context.Context, c clerk) error { return c.list(ctx, *asJSON) }, nil
}

func parseShow(flags *flag.FlagSet, args []string) (task, error) {
	asJSON := flags.Bool("json", false, "")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if flags.NArg() != 1 {
		return nil, errors.New("one letter is shown at a time, named by its id")
	}
	return func(ctx context.Context, c clerk) error { return c.show(ctx, flags.Arg(0), *asJSON) }, nil
}

func parseRedrive(flags *flag.FlagSet, args []string) (task, error) {
	all := flags.Bool("all", false, "")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	switch {
	case *all && flags.NArg() > 0:
		return nil, errors.New("either -all or ids")
	case *all:
		return func(ctx context.Context, c clerk) error { return c.redriveAll(ctx) }, nil
	case flags.NArg() == 0:
		return nil, errNoIDs
	}
	return func(ctx context.Context, c clerk) error { return c.redrive(ctx, flags.Args()) }, nil
}

func parseDrop(flags *flag.FlagSet, args []string) (task, error) {
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if flags.NArg() == 0 {
		return nil, errNoIDs
	}
	return func(ctx context.Context, c clerk) error { return c.drop(ctx, flags.Args()) }, nil
}

// operator is who runs the program, as far as the machine knows: a user and a host, or a pod.
func operator() string {
	host, err := os.Hostname()
	if err != nil {
		host = "an unknown host"
	}
	return cmp.Or(os.Getenv("USER"), "somebody") + "@" + host
}

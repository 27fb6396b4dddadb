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

// Commands are the operator commands for a service's dead letters. group is the service's name.
func Commands(group string) []service.Command {
	return []service.Command{
		{
			Name: "deadletters list", Arguments: "[-json]", About: "list the messages that could not be handled",
			Parse: withAdmin(group, parseList),
		}, {
			Name: "deadletters show", Arguments: "[-json] ID", About: "show one message and its cause",
			Parse: withAdmin(group, parseShow),
		}, {
			Name: "deadletters redrive", Arguments: "ID... | -all", About: "handle them again; those that still fail stay on the list",
			Parse: withAdmin(group, parseRedrive),
		}, {
			Name: "deadletters drop", Arguments: "ID...", About: "take them off the list",
			Parse: withAdmin(group, parseDrop),
		},
	}
}

// task is a command with its arguments.
type task func(ctx context.Context, a admin) error

// withAdmin adapts a parser of tasks to a parser of actions.
func withAdmin(group string, parse func(flags *flag.FlagSet, args []string) (task, error)) func([]string) (service.Action, error) {
	return func(args []string) (service.Action, error) {
		flags := flag.NewFlagSet("", flag.ContinueOnError)
		flags.SetOutput(io.Discard) // the program prints the error
		do, err := parse(flags, args)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context, out io.Writer, b bus.Bus, s service.Service) error {
			return do(ctx, admin{log{b, group, operator()}, s.Listeners(), out})
		}, nil
	}
}

var errNoIDs = errors.New("no ids given")

func parseList(flags *flag.FlagSet, args []string) (task, error) {
	asJSON := flags.Bool("json", false, "")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("unknown argument: %s", flags.Arg(0))
	}
	return func(ctx context.Context, a admin) error { return a.list(ctx, *asJSON) }, nil
}

func parseShow(flags *flag.FlagSet, args []string) (task, error) {
	asJSON := flags.Bool("json", false, "")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if flags.NArg() != 1 {
		return nil, errors.New("give exactly one id")
	}
	return func(ctx context.Context, a admin) error { return a.show(ctx, flags.Arg(0), *asJSON) }, nil
}

func parseRedrive(flags *flag.FlagSet, args []string) (task, error) {
	all := flags.Bool("all", false, "")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	switch {
	case *all && flags.NArg() > 0:
		return nil, errors.New("give either -all or ids")
	case *all:
		return func(ctx context.Context, a admin) error { return a.redriveAll(ctx) }, nil
	case flags.NArg() == 0:
		return nil, errNoIDs
	}
	return func(ctx context.Context, a admin) error { return a.redrive(ctx, flags.Args()) }, nil
}

func parseDrop(flags *flag.FlagSet, args []string) (task, error) {
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if flags.NArg() == 0 {
		return nil, errNoIDs
	}
	return func(ctx context.Context, a admin) error { return a.drop(ctx, flags.Args()) }, nil
}

// operator names the user and host, or pod, that runs the program.
func operator() string {
	host, err := os.Hostname()
	if err != nil {
		host = "an unknown host"
	}
	return cmp.Or(os.Getenv("USER"), "unknown") + "@" + host
}

package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"

	"ticketing.dev/common/bus"
)

// What a program ends with when it fails, and when its arguments are wrong.
const (
	statusFailed = 1
	statusUsage  = 2
)

// Do is what a program does with its service once that is made: it serves, or it carries out a command.
type Do[S Service] func(ctx context.Context, b bus.Bus, s S) error

// Command is something that an operator asks of a service's program, which then does not serve.
type Command[S Service] struct {
	// Name is what the arguments begin with: one or more words.
	Name string
	// Arguments are the form of those that follow, and About says what the command does. Both are for
	// people.
	Arguments, About string
	// Parse reads the arguments that follow. Its error says what is wrong with them.
	Parse func(args []string) (Action[S], error)
}

// Action carries out a command with the service, whose tasks and listeners do not run. What the
// operator wants to know goes to out.
type Action[S Service] func(ctx context.Context, out io.Writer, b bus.Bus, s S) error

// Main runs the program of a service. Without arguments it serves; with arguments it carries out one of
// the commands, which are told the program's name. run reads its configuration from the environment,
// makes the service and hands it on. ctx ends at SIGTERM or SIGINT. The status is 1 when anything
// fails, and 2 when the arguments are wrong.
func Main[C configuration, S Service](name string, run func(ctx context.Context, c C, log *slog.Logger, do Do[S]) error, commands ...func(name string) []Command[S]) {
	p := program[C, S]{name: name, run: run}
	for _, some := range commands {
		p.commands = append(p.commands, some(name)...)
	}
	os.Exit(p.main(os.Args[1:]))
}

type program[C configuration, S Service] struct {
	name     string
	run      func(context.Context, C, *slog.Logger, Do[S]) error
	commands []Command[S]
}

func (p program[C, S]) main(args []string) (status int) {
	if slices.ContainsFunc(args, asksForHelp) {
		p.usage(os.Stdout)
		return 0
	}
	action, err := p.parse(args)
	if err != nil {
		p.complain(err)
		p.usage(os.Stderr)
		return statusUsage
	}
	c, err := load[C]()
	if err != nil {
		p.complain(err)
		return statusFailed
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if action == nil {
		return p.serve(ctx, c)
	}
	return p.carryOut(ctx, c, action)
}

func asksForHelp(arg string) bool { return arg == "-h" || arg == "-help" || arg == "--help" }

// parse finds the command that the arguments name. There is none, and no error, where there are none.
func (p program[C, S]) parse(args []string) (Action[S], error) {
	if len(args) == 0 {
		return nil, nil
	}
	for _, c := range p.commands {
		words := strings.Fields(c.Name)
		if len(args) < len(words) || !slices.Equal(args[:len(words)], words) {
			continue
		}
		action, err := c.Parse(args[len(words):])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Name, err)
		}
		return action, nil
	}
	given := strings.Join(args, " ")
	if slices.ContainsFunc(p.commands, func(c Command[S]) bool { return strings.HasPrefix(c.Name, given+" ") }) {
		return nil, fmt.Errorf("incomplete command: %s", given)
	}
	return nil, fmt.Errorf("unknown command: %s", given)
}

func (p program[C, S]) serve(ctx context.Context, c C) (status int) {
	log := slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: c.base().LogLevel})).With("service", p.name)
	err := p.run(ctx, c, log, func(ctx context.Context, b bus.Bus, s S) error {
		l, err := c.base().listen(ctx)
		if err != nil {
			return err
		}
		return Run(ctx, p.name, l, b, log, s)
	})
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return 0 // it was stopped before it had begun
	}
	if err != nil {
		log.Error("service ends", "error", err)
		return statusFailed
	}
	return 0
}

// listen opens the port that the configuration names.
func (c Config) listen(ctx context.Context) (net.Listener, error) {
	return new(net.ListenConfig).Listen(ctx, "tcp", fmt.Sprintf(":%d", c.Port))
}

// carryOut logs for a person, and only what goes wrong or is waited for.
func (p program[C, S]) carryOut(ctx context.Context, c C, action Action[S]) (status int) {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	err := p.run(ctx, c, log, func(ctx context.Context, b bus.Bus, s S) error {
		return action(ctx, os.Stdout, b, s)
	})
	if err != nil {
		p.complain(err)
		return statusFailed
	}
	return 0
}

func (p program[C, S]) complain(err error) { fmt.Fprintf(os.Stderr, "%s: %v\n", p.name, err) }

func (p program[C, S]) usage(w io.Writer) {
	columns := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintln(columns, "usage:")
	fmt.Fprintf(columns, "  %s\trun the service\n", p.name)
	for _, c := range p.commands {
		fmt.Fprintf(columns, "  %s %s %s\t%s\n", p.name, c.Name, c.Arguments, c.About)
	}
	fmt.Fprintln(columns, "\nAll of them take the service's own configuration from the environment.")
	columns.Flush()
}

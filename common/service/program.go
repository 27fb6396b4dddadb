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
	"ticketing.dev/common/metrics"
)

// Exit statuses.
const (
	statusFailed = 1
	statusUsage  = 2
)

// Command is something that an operator asks of a service's program, which then doesn't serve.
type Command struct {
	// Name is one or more words, with which the arguments begin.
	Name string
	// Arguments and About describe the arguments that follow and the command, for the usage text.
	Arguments, About string
	// Parse reads the arguments that follow. Its error says what is wrong with them.
	Parse func(args []string) (Action, error)
}

// Action carries out a command. The service's tasks and listeners don't run. Results go to out.
type Action func(ctx context.Context, out io.Writer, b bus.Bus, s Service) error

// Program is the running program of a service: it serves or, with arguments, carries out a command.
type Program struct {
	// Log is JSON for a service. For a command it's text and shows only warnings and errors.
	Log *slog.Logger

	name     string
	config   Config
	commands []Command
	action   Action // nil to serve
	stopped  <-chan struct{}
}

// Start reads the arguments, and the configuration c from the environment. If either is wrong, it says so and
// exits. The context ends at SIGTERM or SIGINT.
func Start(name string, c configuration, commands ...[]Command) (context.Context, *Program) {
	p := &Program{name: name, commands: slices.Concat(commands...)}
	args := os.Args[1:]
	if slices.ContainsFunc(args, isHelp) {
		p.usage(os.Stdout)
		os.Exit(0)
	}
	var err error
	if p.action, err = p.parse(args); err != nil {
		p.printError(err)
		p.usage(os.Stderr)
		os.Exit(statusUsage)
	}
	if err := load(c); err != nil {
		p.printError(err)
		os.Exit(statusFailed)
	}
	p.config = c.base()
	if p.action == nil {
		p.Log = slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: p.config.LogLevel})).With("service", name)
	} else {
		p.Log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	}
	ctx, _ := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT) // until the process exits
	p.stopped = ctx.Done()
	return ctx, p
}

// Run serves until ctx ends, or carries out the command that the arguments named.
func (p *Program) Run(ctx context.Context, b bus.Bus, s Service) error {
	if p.action != nil {
		return p.action(ctx, os.Stdout, b, s)
	}
	if p.config.PprofAddr != "" {
		stop, err := serveProfiles(ctx, p.config.PprofAddr, p.Log)
		if err != nil {
			return err
		}
		defer stop()
	}
	if p.config.MetricsAddr != "" {
		stop, err := metrics.Serve(ctx, p.config.MetricsAddr, p.Log)
		if err != nil {
			return err
		}
		defer stop()
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", fmt.Sprintf(":%d", p.config.Port))
	if err != nil {
		return err
	}
	return Run(ctx, p.name, l, b, p.Log, s)
}

// Exit reports the program's error, if any, and exits: with status 1 if it failed, 0 otherwise.
func (p *Program) Exit(err error) {
	switch {
	case err == nil:
		os.Exit(0)
	case p.action != nil:
		p.printError(err)
	case p.interrupted(err): // stopped during startup
		os.Exit(0)
	default:
		p.Log.Error("service failed", "error", err)
	}
	os.Exit(statusFailed)
}

// interrupted reports whether a signal caused the error.
func (p *Program) interrupted(err error) bool {
	select {
	case <-p.stopped:
		return errors.Is(err, context.Canceled)
	default:
		return false
	}
}

func isHelp(arg string) bool { return arg == "-h" || arg == "-help" || arg == "--help" }

// parse finds the command that the arguments name. Without arguments the action is nil.
func (p *Program) parse(args []string) (Action, error) {
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
	if slices.ContainsFunc(p.commands, func(c Command) bool { return strings.HasPrefix(c.Name, given+" ") }) {
		return nil, fmt.Errorf("incomplete command: %s", given)
	}
	return nil, fmt.Errorf("unknown command: %s", given)
}

func (p *Program) printError(err error) { fmt.Fprintf(os.Stderr, "%s: %v\n", p.name, err) }

func (p *Program) usage(w io.Writer) {
	columns := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintln(columns, "usage:")
	fmt.Fprintf(columns, "  %s\trun the service\n", p.name)
	for _, c := range p.commands {
		fmt.Fprintf(columns, "  %s %s %s\t%s\n", p.name, c.Name, c.Arguments, c.About)
	}
	fmt.Fprintln(columns, "\nAll of them read the service's configuration from the environment.")
	columns.Flush()
}

// Command standin runs one stand-in as a process of its own:
//
//	standin mail|mongo|nats|redis|stripe|stripe-mock [flags]
//
// When the stand-in takes connections, it prints one line of JSON on standard
// output, {"url": "..."}, and nothing after it; logs go to standard error. It ends
// on SIGTERM, on SIGINT, and when its standard input does, so that it never
// outlives a parent that holds the other end of that pipe.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

func main() {
	signal.Ignore(syscall.SIGPIPE) // a log line to a parent that is gone must not prevent cleaning up
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400) // the heap stays at a few MiB, so collecting it less often costs little memory
	}
	stdout := os.Stdout
	os.Stdout = os.Stderr // stripe-mock prints what it does; standard output is for the one line

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdin, stdout, os.Stderr)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "standin:", err)
		os.Exit(1)
	}
}

// run starts what the arguments name, says so on stdout, and stops it when ctx or
// stdin ends.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	c, err := parse(args, stderr)
	if err != nil {
		return err
	}
	removeDir, err := c.makeDir()
	if err != nil {
		return err
	}
	defer removeDir()

	level := slog.LevelError
	if c.kind == "mongo" {
		level = slog.LevelWarn // of queries that no index helps
	}
	log := slog.New(slog.NewJSONHandler(stderr, &slog.HandlerOptions{Level: level}))
	url, stop, err := kinds[c.kind](ctx, c, log)
	if err != nil {
		return err
	}
	defer stop()

	if err := json.NewEncoder(stdout).Encode(map[string]string{"url": url}); err != nil {
		return fmt.Errorf("say that %s is ready: %w", c.kind, err)
	}
	if !c.stdin {
		stdin = nil
	}
	wait(ctx, stdin)
	return nil
}

// wait returns when ctx or stdin ends; nil never does. The reader of stdin cannot be
// interrupted and ends with the process.
func wait(ctx context.Context, stdin io.Reader) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if stdin != nil {
		go func() {
			defer cancel()
			_, _ = io.Copy(io.Discard, stdin)
		}()
	}
	<-ctx.Done()
}

// Command bench measures the whole system: the real programs, each a process, on the embedded stand-ins or on the
// servers that MONGO_URI and its like name. docs/performance.md has the method and the results.
//
//	bench            each request beside a limit: a bare program that does the least that the request needs
//	bench rush       ten thousand buyers who want the same five hundred tickets
//	bench growth     what a request takes with 1, 10, and 100 times the tickets, orders, users, and open streams
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"ticketing.dev/local/command"
)

func main() { command.Main("bench", run) }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	mode := ""
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		mode, args = args[0], args[1:]
	}
	switch mode {
	case "":
		return runScenarios(ctx, args, stdout, stderr)
	case "rush":
		return runRush(ctx, args, stdout, stderr)
	case "growth":
		return runGrowth(ctx, args, stdout, stderr)
	case "limit":
		return serveLimits(ctx, os.Stdin, stdout)
	}
	return fmt.Errorf("%q is not something to measure", mode)
}

func runScenarios(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	o := measuring{listed: []int{100, 2000}}
	flags.DurationVar(&o.each, "for", 2*time.Second, "`duration` of each measurement")
	flags.DurationVar(&o.warm, "warm", time.Second/2, "`duration` of the warm-up before it")
	flags.IntVar(&o.rounds, "rounds", 6, "`number` of times to measure everything")
	flags.Func("listed", "`numbers` of tickets that are listed, separated by commas (default 100,2000)", func(text string) (err error) {
		o.listed, err = numbers(text)
		return err
	})
	out := flags.String("out", filepath.Join(".bench", time.Now().Format("20060102-150405")), "`path` of the results, without .json and .txt")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(*out), 0o755); err != nil {
		return err
	}
	r, err := measure(ctx, o, stderr)
	if err != nil {
		return err
	}
	if err := r.tell(stdout); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "\n%s.json and %s.txt have the results\n", *out, *out)
	return r.write(*out)
}

// numbers is a list such as 100,2000.
func numbers(text string) (list []int, err error) {
	for part := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%q isn't a number above 0", part)
		}
		list = append(list, n)
	}
	return list, nil
}

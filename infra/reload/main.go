// Command reload is process 1 of a development container. It builds and runs the service named by SERVICE,
// and rebuilds and replaces it whenever one of its source files changes.
//
// It is built from its files alone, without the module around it. keep.sh readies the sources first.
package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	service := os.Getenv("SERVICE")
	if service == "" {
		fmt.Fprintln(os.Stderr, "reload: SERVICE is not set")
		os.Exit(1)
	}
	r := reloader{
		sources:  []string{"/src/common", filepath.Join("/src", service)},
		program:  filepath.Join(os.Getenv("HOME"), "service"),
		interval: 300 * time.Millisecond,
		out:      os.Stderr,
	}
	r.build = func(ctx context.Context, output string) error {
		build := exec.CommandContext(ctx, "go", "build", "-o", output, "./cmd/"+service)
		build.Dir = filepath.Join("/src", service)
		build.Env = append(os.Environ(), "GOMEMLIMIT=off") // the service's would starve the compiler
		build.Stdout, build.Stderr = os.Stderr, os.Stderr
		return build.Run()
	}
	if err := r.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "reload:", err)
		os.Exit(1)
	}
}

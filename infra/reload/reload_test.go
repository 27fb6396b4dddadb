package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// output is written by programs and read by the test.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) await(t *testing.T, text string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		o.mu.Lock()
		all := o.text.String()
		o.mu.Unlock()
		if strings.Contains(all, text) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("no %q in\n%s", text, all)
		}
	}
}

// says is a program that prints something, and drains on SIGTERM.
func says(text string) string {
	return "#!/bin/sh\ntrap 'echo " + text + " drained; exit 0' TERM\necho " + text + "\nwhile :; do sleep 0.01; done\n"
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
}

// start runs a reloader over one source file. To build is to copy it; an empty one doesn't compile.
func start(t *testing.T, source string) (out *output, stop func()) {
	t.Helper()
	out = &output{}
	r := reloader{
		sources:  []string{filepath.Dir(source)},
		program:  filepath.Join(t.TempDir(), "service"),
		interval: 10 * time.Millisecond,
		out:      out,
	}
	r.build = func(_ context.Context, to string) error {
		text, err := os.ReadFile(source)
		if err != nil || len(text) == 0 {
			return errors.Join(errors.New("it does not compile"), err)
		}
		return os.WriteFile(to, text, 0o700)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	write(t, r.program, says("the program of the image"))
	go func() { ended <- r.run(ctx) }()
	return out, func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

func TestAChangedSourceReachesTheRunningService(t *testing.T) {
	source := filepath.Join(t.TempDir(), "main.go")
	write(t, source, says("first"))
	out, stop := start(t, source)

	out.await(t, "first\n")
	write(t, source, "")
	out.await(t, "build failed: it does not compile\nreload: the old program goes on\n")
	write(t, source, says("second"))
	out.await(t, "first drained\n")
	out.await(t, "second\n")
	write(t, source, "#!/bin/sh\necho third\nexit 3\n")
	out.await(t, "the service has ended: exit status 3")
	write(t, source, says("fourth"))
	out.await(t, "fourth\n")

	stop()
	out.await(t, "fourth drained\n")
	if strings.Contains(out.text.String(), "the program of the image") {
		t.Error("a program older than the sources ran")
	}
}

// A pod that replaces one whose sources were left broken runs nothing, rather than the image's program.
func TestSourcesThatDoNotCompileAtTheStart(t *testing.T) {
	source := filepath.Join(t.TempDir(), "main.go")
	write(t, source, "")
	out, stop := start(t, source)

	out.await(t, "NOTHING RUNS")
	write(t, source, says("mended"))
	out.await(t, "mended\n")

	stop()
	out.await(t, "mended drained\n")
	if strings.Contains(out.text.String(), "the program of the image") {
		t.Error("a program older than the sources ran")
	}
}

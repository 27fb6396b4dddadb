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

// says is a program that says something, and drains when it is told to end.
func says(text string) string {
	return "#!/bin/sh\ntrap 'echo " + text + " drained; exit 0' TERM\necho " + text + "\nwhile :; do sleep 0.01; done\n"
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
}

func TestAChangedSourceReachesTheRunningService(t *testing.T) {
	sources, bin := t.TempDir(), t.TempDir()
	source := filepath.Join(sources, "main.go")
	write(t, source, says("first"))
	out := &output{}
	r := reloader{sources: []string{sources}, program: filepath.Join(bin, "service"), interval: 10 * time.Millisecond, out: out}
	// To build is to copy; what is empty does not compile.
	r.build = func(_ context.Context, to string) error {
		text, err := os.ReadFile(source)
		if err != nil || len(text) == 0 {
			return errors.Join(errors.New("it does not compile"), err)
		}
		return os.WriteFile(to, text, 0o700)
	}
	if err := r.build(t.Context(), r.program); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.run(ctx) }()

	out.await(t, "first\n")
	write(t, source, "")
	out.await(t, "the old program goes on: it does not compile")
	write(t, source, says("second"))
	out.await(t, "first drained\n")
	out.await(t, "second\n")
	write(t, source, "#!/bin/sh\necho third\nexit 3\n")
	out.await(t, "the service has ended: exit status 3")
	write(t, source, says("fourth"))
	out.await(t, "fourth\n")

	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	out.await(t, "fourth drained\n")
}

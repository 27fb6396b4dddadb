package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// process is run in the test, with pipes as a parent process has them.
type process struct {
	stdin  *io.PipeWriter
	url    *url.URL
	result chan error
}

// start returns when the stand-in has said that it is ready.
func start(t *testing.T, ctx context.Context, args ...string) *process {
	t.Helper()
	stdin, parentIn := io.Pipe()
	parentOut, stdout := io.Pipe()
	p := &process{stdin: parentIn, result: make(chan error, 1)}
	go func() {
		err := run(ctx, args, stdin, stdout, io.Discard)
		_ = stdout.CloseWithError(io.EOF)
		p.result <- err
	}()
	t.Cleanup(func() { _ = parentIn.Close() })

	line, err := bufio.NewReader(parentOut).ReadBytes('\n')
	if err != nil {
		t.Fatalf("%v ended before it was ready: %v", args, <-p.result)
	}
	var ready struct{ URL string }
	if err := json.Unmarshal(line, &ready); err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	if p.url, err = url.Parse(ready.URL); err != nil {
		t.Fatal(err)
	}
	return p
}

// wait fails the test if the process does not end by itself.
func (p *process) wait(t *testing.T) {
	t.Helper()
	select {
	case err := <-p.result:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Fatal("still running")
	}
	if conn, err := net.Dial("tcp", p.url.Host); err == nil {
		_ = conn.Close()
		t.Error("still taking connections")
	}
}

func TestEveryKindTakesConnections(t *testing.T) {
	for kind, scheme := range map[string]string{
		"mail":        "smtp",
		"mongo":       "mongodb",
		"nats":        "nats",
		"redis":       "redis",
		"stripe":      "http",
		"stripe-mock": "http",
	} {
		t.Run(kind, func(t *testing.T) {
			p := start(t, t.Context(), kind, "-dir", t.TempDir())
			if p.url.Scheme != scheme {
				t.Errorf("URL %s; want the scheme %s", p.url, scheme)
			}
			conn, err := net.Dial("tcp", p.url.Host)
			if err != nil {
				t.Fatal(err)
			}
			_ = conn.Close()
			_ = p.stdin.Close()
			p.wait(t)
		})
	}
}

func TestSignalEnds(t *testing.T) {
	ctx, signal := context.WithCancel(t.Context())
	p := start(t, ctx, "redis")
	signal()
	p.wait(t)
}

func TestWithoutStdinOnlyASignalEnds(t *testing.T) {
	ctx, signal := context.WithCancel(t.Context())
	p := start(t, ctx, "redis", "-stdin=false")
	_ = p.stdin.Close()
	select {
	case err := <-p.result:
		t.Fatalf("ended with standard input: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	signal()
	p.wait(t)
}

func TestTemporaryDirectoryLivesAsLongAsTheProcess(t *testing.T) {
	var dir string
	kinds["probe"] = func(_ context.Context, c *config, _ *slog.Logger) (string, func(), error) {
		dir = c.dir
		return "probe://127.0.0.1:0", func() {}, nil
	}
	t.Cleanup(func() { delete(kinds, "probe") })

	p := start(t, t.Context(), "probe")
	if _, err := os.Stat(dir); err != nil {
		t.Error(err)
	}
	_ = p.stdin.Close()
	p.wait(t)
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("%s is still there", dir)
	}
}

func TestRefusals(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "users.json")
	if err := os.WriteFile(empty, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ args, want string }{
		{"", "usage: standin mail|mongo|nats|redis|stripe|stripe-mock"},
		{"postgres", `unknown stand-in "postgres"`},
		{"redis nonsense", `unexpected argument "nonsense"`},
		{"redis -nonsense", "flag provided but not defined"},
		{"redis -addr nowhere:x", "listen for Redis clients"},
		{"nats -users nowhere.json", "no such file"},
		{"redis -users " + empty, "names nobody"},
		{"mail -addr nowhere:x", "listen for mail"},
		{"mail -http-addr nowhere:x", "show the mails"},
		{"stripe -addr nowhere:x", "listen for HTTP clients"},
	} {
		err := run(t.Context(), strings.Fields(test.args), nil, io.Discard, io.Discard)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("standin %s: %v; want %q", test.args, err, test.want)
		}
	}
}

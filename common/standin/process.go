package standin

import (
	"net/url"
	"os"
	"slices"
	"testing"
)

// Process is a stand-in that a test can take away and bring back.
type Process struct {
	// URL is where the stand-in takes connections, such as
	// nats://127.0.0.1:40123. It stays the same over a restart.
	URL string

	tb   testing.TB
	kind string
	args []string
	run  *child
}

// Start runs a stand-in until the test ends. Kinds and arguments are those of the
// command: mongo, nats, redis, stripe, stripe-mock. Unless the arguments name a
// directory, the data lives as long as the test.
func Start(tb testing.TB, kind string, args ...string) *Process {
	tb.Helper()
	p := &Process{
		tb:   tb,
		kind: kind,
		args: append([]string{"-dir", tempDir(tb, kind)}, args...), // the last -dir counts
	}
	p.launch()
	p.URL = p.run.url
	tb.Cleanup(func() {
		p.run.kill()
		if tb.Failed() && p.run.stderr.Len() > 0 {
			tb.Logf("the %s stand-in logged:\n%s", kind, p.run.stderr)
		}
	})
	return p
}

func (p *Process) launch(args ...string) {
	p.tb.Helper()
	run, err := launch(p.kind, slices.Concat(p.args, args)...)
	if err != nil {
		p.tb.Fatal(err)
	}
	p.run = run
}

// Addr is the host and port of the URL.
func (p *Process) Addr() string {
	p.tb.Helper()
	u, err := url.Parse(p.URL)
	if err != nil {
		p.tb.Fatal(err)
	}
	return u.Host
}

// Kill ends the stand-in as a crash does, with SIGKILL.
func (p *Process) Kill() { p.run.kill() }

// Stop lets the stand-in end in order.
func (p *Process) Stop() {
	p.tb.Helper()
	if err := p.run.stop(); err != nil {
		p.tb.Fatalf("stop the %s stand-in: %v", p.kind, err)
	}
}

// Restart starts the stand-in again with the same address and data. If it runs, it
// is killed first.
func (p *Process) Restart() {
	p.tb.Helper()
	p.run.kill()
	p.launch("-addr", p.Addr())
}

// Pause freezes the stand-in: its connections stay open and nothing answers.
func (p *Process) Pause() {
	p.tb.Helper()
	if err := p.run.pause(); err != nil {
		p.tb.Fatalf("pause the %s stand-in: %v", p.kind, err)
	}
}

// Resume lets a paused stand-in go on.
func (p *Process) Resume() {
	p.tb.Helper()
	if err := p.run.resume(); err != nil {
		p.tb.Fatalf("resume the %s stand-in: %v", p.kind, err)
	}
}

// memoryDir is where Linux keeps files in memory.
const memoryDir = "/dev/shm"

// tempDir makes a directory for the time of the test, in memory if possible: a
// file store that syncs each write waits for no disk there.
func tempDir(tb testing.TB, kind string) string {
	tb.Helper()
	if info, err := os.Stat(memoryDir); err != nil || !info.IsDir() {
		return tb.TempDir()
	}
	dir, err := os.MkdirTemp(memoryDir, "standin-"+kind+"-")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

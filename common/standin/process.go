package standin

import (
	"context"
	"net/url"
	"os"
	"slices"
	"syscall"
	"testing"
)

// Process is a stand-in that a test can take away and bring back.
type Process struct {
	// URL is where the stand-in accepts connections, such as nats://127.0.0.1:40123. A restart keeps it.
	URL string

	tb   testing.TB
	kind string
	args []string
	run  *child
}

// Start runs a stand-in until the test ends. Kinds and arguments are those of the program: mongo, nats, redis,
// stripe, stripe-mock. Unless the arguments name a directory, the data lives as long as the test.
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
		p.run.Kill()
		if tb.Failed() && p.run.stderr.Len() > 0 {
			tb.Logf("the %s stand-in logged:\n%s", kind, &p.run.stderr)
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
func (p *Process) Kill() { p.run.Kill() }

// Stop lets the stand-in shut down.
func (p *Process) Stop() {
	p.tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	if _, err := p.run.Stop(ctx, syscall.SIGTERM); err != nil {
		p.tb.Fatalf("stop the %s stand-in: %v\n%s", p.kind, err, &p.run.stderr)
	}
}

// Restart starts the stand-in again with the same address and data, and kills it first if it's running.
func (p *Process) Restart() {
	p.tb.Helper()
	p.run.Kill()
	p.launch("-addr", p.Addr())
}

// Pause freezes the stand-in: its connections stay open and nothing answers.
func (p *Process) Pause() {
	p.tb.Helper()
	if err := p.run.Pause(); err != nil {
		p.tb.Fatalf("pause the %s stand-in: %v", p.kind, err)
	}
}

// Resume continues a paused stand-in.
func (p *Process) Resume() {
	p.tb.Helper()
	if err := p.run.Resume(); err != nil {
		p.tb.Fatalf("resume the %s stand-in: %v", p.kind, err)
	}
}

// memoryDir is where Linux keeps files in memory.
const memoryDir = "/dev/shm"

// tempDir makes a directory for the time of the test, in memory if possible, where syncing a write waits for
// no disk.
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

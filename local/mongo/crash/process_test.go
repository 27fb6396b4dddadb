// Package crash kills the embedded MongoDB server, starves it, and feeds it garbage.
package crash

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	driver "go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
	"go.mongodb.org/mongo-driver/mongo/writeconcern"

	"ticketing.dev/local/mongo"
)

// patience ends what hangs.
const patience = time.Minute

// The test program is the server's, too: with serveDir set it serves until its input ends.
const (
	serveDir   = "CRASH_SERVE_DIR"
	serveSync  = "CRASH_SERVE_SYNC"
	serveLimit = "CRASH_SERVE_LIMIT" // size of the largest file, in bytes
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(serveDir); dir != "" {
		if err := serve(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func serve(dir string) error {
	if limit, _ := strconv.ParseUint(os.Getenv(serveLimit), 10, 64); limit > 0 {
		signal.Ignore(syscall.SIGXFSZ) // writes beyond the limit fail like writes to a full disk
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: limit, Max: limit}); err != nil {
			return err
		}
	}
	s, err := mongo.Open(mongo.Options{Dir: dir, Addr: "127.0.0.1:0", Sync: os.Getenv(serveSync) != ""})
	if err != nil {
		return err
	}
	fmt.Println(s.URI())
	_, _ = io.Copy(io.Discard, os.Stdin)
	return s.Close()
}

// process is a server in a process of its own.
type process struct {
	cmd    *exec.Cmd
	stdin  io.Closer
	stderr strings.Builder
	uri    string
}

// start runs a server on a directory. An error is what it said on its way out.
func start(t *testing.T, dir string, env ...string) (*process, error) {
	t.Helper()
	p := &process{cmd: exec.Command(os.Args[0])}
	p.cmd.Env = append(append(os.Environ(), serveDir+"="+dir), env...)
	p.cmd.Stderr = &p.stderr
	stdin, err := p.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.stdin = stdin
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		_ = p.cmd.Wait()
		return nil, fmt.Errorf("%v: %s", p.cmd.ProcessState, strings.TrimSpace(p.stderr.String()))
	}
	p.uri = strings.TrimSpace(line)
	return p, nil
}

// run is start where it has to succeed.
func run(t *testing.T, dir string, env ...string) *process {
	t.Helper()
	p, err := start(t, dir, env...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// stop ends the server as its owner does.
func (p *process) stop(t *testing.T) {
	t.Helper()
	p.stdin.Close()
	if err := p.cmd.Wait(); err != nil {
		t.Fatalf("stop: %v\n%s", err, p.stderr.String())
	}
}

// connect returns a database seen through a driver as the services configure it.
func connect(t *testing.T, uri string) *driver.Database {
	t.Helper()
	durable := writeconcern.Majority()
	durable.Journal = new(true)
	client, err := driver.Connect(t.Context(), options.Client().ApplyURI(uri).
		SetServerSelectionTimeout(2*time.Second).SetTimeout(patience).SetWriteConcern(durable))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Disconnect(context.Background()) })
	return client.Database("crash")
}

func count(t *testing.T, c *driver.Collection, filter bson.M) int {
	t.Helper()
	n, err := c.CountDocuments(t.Context(), filter)
	if err != nil {
		t.Fatal(err)
	}
	return int(n)
}

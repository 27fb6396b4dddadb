package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"ticketing.dev/local/api"
	"ticketing.dev/local/system"
)

const (
	patience = time.Minute // before a test that hangs fails

	// asProgram makes this test binary be the program, so that it can be signalled and killed.
	asProgram = "LOCAL_TEST_PROGRAM"
)

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// program is a run of the program.
type program struct {
	cmd   *exec.Cmd
	dir   string
	lines chan string // of standard output; closed at its end
}

// launch runs the program on a data directory and waits until it is ready.
func launch(t *testing.T, dir string, args ...string) *program {
	t.Helper()
	p := &program{dir: dir, lines: make(chan string, 100)}
	p.cmd = exec.Command(os.Args[0], append([]string{"-addr", "127.0.0.1:0", "-data", dir, "-client", "none"}, args...)...)
	p.cmd.Env = append(os.Environ(), asProgram+"=1")
	p.cmd.Stderr = t.Output()
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	go func() {
		defer close(p.lines)
		for lines := bufio.NewScanner(stdout); lines.Scan(); {
			p.lines <- lines.Text()
		}
	}()
	p.await(t, "ready")
	return p
}

// await reads standard output up to a line that begins with a word.
func (p *program) await(t *testing.T, word string) {
	t.Helper()
	timeout := time.After(5 * patience) // it may have everything to build
	for {
		select {
		case line, ok := <-p.lines:
			if !ok {
				t.Fatalf("ended before it said %q", word)
			}
			if strings.HasPrefix(line, word) {
				return
			}
		case <-timeout:
			t.Fatalf("does not say %q", word)
		}
	}
}

// where reads run.json.
func (p *program) where(t *testing.T) system.Run {
	t.Helper()
	r, err := system.ReadRun(p.dir)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (p *program) signal(t *testing.T, s os.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// end waits for the program's end.
func (p *program) end(t *testing.T) *os.ProcessState {
	t.Helper()
	for range p.lines {
	}
	_ = p.cmd.Wait() // its state says more
	return p.cmd.ProcessState
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it does not come to be that %s", what)
		}
	}
}

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

func kill(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

// pids are the processes of all parts.
func pids(r system.Run) []int {
	all := []int{r.Mongo.PID, r.NATS.PID, r.Redis.PID, r.Stripe.PID}
	for _, s := range r.Services {
		for _, p := range s.All() {
			all = append(all, p.PID)
		}
	}
	return all
}

func TestInterruptDrains(t *testing.T) {
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			p := launch(t, t.TempDir())
			answered := unfinished(t, p.where(t).Gateway)
			p.signal(t, s)
			p.await(t, "stopping")
			if status := answered(); status != "HTTP/1.1 201 Created" {
				t.Errorf("the request under way was answered %s", status)
			}
			if state := p.end(t); !state.Success() {
				t.Errorf("ended with %v", state)
			}
			if _, err := os.Stat(filepath.Join(p.dir, "run.json")); err == nil {
				t.Error("run.json is left")
			}
		})
	}
}

func TestSecondInterruptEndsAtOnce(t *testing.T) {
	t.Parallel()
	p := launch(t, t.TempDir())
	unfinished(t, p.where(t).Gateway)
	p.signal(t, os.Interrupt)
	p.await(t, "stopping")
	select {
	case line, ok := <-p.lines:
		t.Fatalf("it does not wait for the request under way: %q, %v", line, ok)
	case <-time.After(200 * time.Millisecond): // it would have ended long ago
	}
	p.signal(t, os.Interrupt)
	if state := p.end(t); state.Success() {
		t.Errorf("ended with %v", state)
	}
}

// unfinished sends a part of a request, and returns once the service waits for the rest. What it
// returns sends the rest and says how it was answered.
func unfinished(t *testing.T, gateway string) (finish func() string) {
	t.Helper()
	u, err := url.Parse(gateway)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	const body = `{"email":"slow@example.com","password":"correct horse"}`
	// The service says 100 Continue when it begins to read the body.
	fmt.Fprintf(conn, "POST /api/users/signup HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n", u.Host, len(body))
	answers := bufio.NewReader(conn)
	if answer, err := answers.ReadString('\n'); err != nil || !strings.Contains(answer, "100") {
		t.Fatalf("answered %q, %v", answer, err)
	}
	return func() string {
		fmt.Fprint(conn, body)
		for {
			line, err := answers.ReadString('\n')
			line = strings.TrimSpace(line)
			if informational := line == "" || strings.Contains(line, " 100 "); err != nil || !informational {
				return line
			}
		}
	}
}

func TestProcesses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := launch(t, dir, "-replicas", "orders=2")
	before := p.where(t)
	seen := make(map[int]bool)
	for _, pid := range pids(before) {
		seen[pid] = true
	}
	if len(seen) != 10 || seen[p.cmd.Process.Pid] || seen[0] {
		t.Fatalf("processes %v; want ten, none of them %d", seen, p.cmd.Process.Pid)
	}
	user := api.New(before.Gateway)
	if _, err := user.SignUp(t.Context(), "user@example.com", "correct horse"); err != nil {
		t.Fatal(err)
	}
	buy(t, user)

	t.Run("a service that is killed comes back", func(t *testing.T) {
		kill(t, before.Services["tickets"].PID)
		eventually(t, "run.json tells of another process", func() bool {
			pid := p.where(t).Services["tickets"].PID
			return pid != before.Services["tickets"].PID && alive(pid)
		})
		if now := p.where(t).Services["tickets"].URL; now != before.Services["tickets"].URL {
			t.Errorf("now it is at %s, not at %s", now, before.Services["tickets"].URL)
		}
		eventually(t, "it serves", func() bool {
			_, err := user.Tickets(t.Context(), nil)
			return err == nil
		})
		buy(t, user)
	})

	t.Run("so does a broker", func(t *testing.T) {
		kill(t, before.NATS.PID)
		eventually(t, "run.json tells of another process", func() bool { return p.where(t).NATS.PID != before.NATS.PID })
		buy(t, user)
	})

	t.Run("none is left after an interrupt", func(t *testing.T) {
		children := pids(p.where(t))
		p.signal(t, os.Interrupt)
		if state := p.end(t); !state.Success() {
			t.Errorf("ended with %v", state)
		}
		for _, pid := range children {
			if alive(pid) {
				t.Errorf("process %d is left", pid)
			}
		}
	})
}

// buy lists a ticket and buys it, within the time that a part may need to come back.
func buy(t *testing.T, user *api.Client) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ticket, err := user.ListTicket(ctx, "Front row", 1999)
	if err != nil {
		t.Fatal(err)
	}
	var order api.Order
	eventually(t, "the ticket can be ordered", func() bool {
		order, err = user.PlaceOrder(ctx, ticket.ID)
		return err == nil
	})
	eventually(t, "the order can be paid", func() bool {
		_, err = user.Pay(ctx, order.ID, "tok_visa")
		return err == nil
	})
	if _, err := user.AwaitOrder(ctx, order.ID, api.Complete); err != nil {
		t.Fatal(err)
	}
}

func TestGatewayNamesTheAPI(t *testing.T) {
	t.Parallel()
	p := launch(t, t.TempDir())
	response, err := http.Get(p.where(t).Gateway + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	page, err := io.ReadAll(response.Body)
	if err != nil || !strings.Contains(string(page), "/api/tickets") {
		t.Errorf("the page is %q, %v", page, err)
	}
}

func TestMistakesAreReportedInOneLine(t *testing.T) {
	dir := t.TempDir()
	for name, args := range map[string][]string{
		"unknown flag":     {"-nonsense"},
		"bad value":        {"-order-ttl", "soon"},
		"bad replicas":     {"-replicas", "orders"},
		"unknown service":  {"-replicas", "order=2"},
		"argument":         {"up"},
		"client's address": {"-client", "localhost"},
		"address":          {"-addr", "nowhere"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command(os.Args[0], append([]string{"-data", dir, "-addr", "127.0.0.1:0", "-client", "none"}, args...)...)
			cmd.Env = append(os.Environ(), asProgram+"=1")
			output, err := cmd.CombinedOutput()
			if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 1 {
				t.Errorf("ended with %v; want status 1", err)
			}
			if text := string(output); !strings.HasPrefix(text, "local: ") || strings.Count(text, "\n") != 1 {
				t.Errorf("said %q; want one line", text)
			}
		})
	}
}

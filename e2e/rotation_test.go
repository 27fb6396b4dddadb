package e2e

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// reads are requests that a session's user may send, by the service that answers them.
var reads = map[string]string{
	"auth":     "/api/users/sessions",
	"tickets":  "/api/tickets?seller=me",
	"orders":   "/api/orders",
	"payments": "/api/payments",
}

// A rotation takes three rolling restarts. At each one, old and new replicas run side by side.
func TestAKeyRotationKeepsEverySessionOfARunningSystem(t *testing.T) {
	const old, next = "the old key, which is long enough for all", "the new key, which is long enough for all"
	running := withKeys(t, old, "")
	sessions := []*http.Cookie{running.signUp()}
	for step, keys := range [][2]string{{old, next}, {next, old}} {
		restarted := withKeys(t, keys[0], keys[1])
		sessions = append(sessions, restarted.signUp(), running.signUp())
		for i, cookie := range sessions {
			running.accepts(fmt.Sprintf("session %d at step %d, not restarted", i, step), cookie)
			restarted.accepts(fmt.Sprintf("session %d at step %d, restarted", i, step), cookie)
		}
		running.stop()
		running = restarted
	}
	forgetful := withKeys(t, next, "")
	defer forgetful.stop()
	defer running.stop()
	last := running.signUp()
	forgetful.accepts("a session of the new key", last)
	if status := asUser(t, http.MethodGet, forgetful.addresses["orders"]+reads["orders"], sessions[0]); status != http.StatusUnauthorized {
		t.Errorf("a session of the forgotten key gets %d", status)
	}
}

// replicas are one more replica of each service that reads sessions.
type replicas struct {
	t         *testing.T
	addresses map[string]string
	processes []*exec.Cmd
}

// withKeys starts replicas with a JWT_KEY and a JWT_KEY_PREVIOUS.
func withKeys(t *testing.T, key, previous string) *replicas {
	t.Helper()
	all := &replicas{t: t, addresses: make(map[string]string)}
	for name := range reads {
		port := freePort(t)
		program := command(name, shared.Run().NATS.URL)
		program.Env = append(program.Env, fmt.Sprintf("PORT=%d", port), "JWT_KEY="+key, "JWT_KEY_PREVIOUS="+previous)
		program.Stderr = t.Output()
		if err := program.Start(); err != nil {
			t.Fatal(err)
		}
		all.addresses[name], all.processes = fmt.Sprintf("http://localhost:%d", port), append(all.processes, program)
		t.Cleanup(func() { _ = program.Process.Kill() }) // for a test that gives up
		awaitReady(t, port)
	}
	return all
}

func (r *replicas) stop() {
	for _, p := range r.processes {
		if err := p.Process.Signal(syscall.SIGTERM); err != nil {
			r.t.Error(err)
		}
	}
	for _, p := range r.processes {
		if err := p.Wait(); err != nil {
			r.t.Error(err)
		}
	}
}

// signUp returns the session cookie of a new user.
func (r *replicas) signUp() *http.Cookie {
	r.t.Helper()
	body := fmt.Sprintf(`{"email": "rotation-%d-%d@example.com", "password": "correct horse"}`, os.Getpid(), people.Add(1))
	response, err := http.Post(r.addresses["auth"]+"/api/users/signup", "application/json", strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusCreated {
		r.t.Fatalf("sign-up answers %d", response.StatusCode)
	}
	return response.Cookies()[0]
}

// accepts fails the test if a service doesn't know the session's user.
func (r *replicas) accepts(what string, cookie *http.Cookie) {
	r.t.Helper()
	for name := range reads {
		if status := asUser(r.t, http.MethodGet, r.addresses[name]+reads[name], cookie); status != http.StatusOK {
			r.t.Errorf("%s: %s answers %d", what, name, status)
		}
	}
}

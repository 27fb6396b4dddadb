package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"time"

	"ticketing.dev/local/system"
)

// limitProcess serves the limits beside the system.
type limitProcess struct {
	url string
	cmd *exec.Cmd
	in  io.Closer
}

// startLimits runs this program again as the process of the limits, with as many cores and as lazy a garbage
// collector as a service has.
func startLimits(s *site) (*limitProcess, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, "limit")
	for _, v := range (system.Settings{}).Environ("auth", "", "0") {
		if strings.HasPrefix(v, "GO") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Stderr = os.Stderr
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		return nil, err
	}
	p := &limitProcess{cmd: cmd, in: in}
	config := limitConfig{
		Mongo: s.Mongo.URL, NATS: s.NATS.URL, Cluster: clusterOf(s.env), Redis: s.Redis.URL,
		Answer: json.RawMessage(`{"currentUser":{"id":"65a0000000000000000000b1","email":"user-0@example.com"}}`),
	}
	if err := json.NewEncoder(in).Encode(config); err != nil {
		return nil, errors.Join(err, p.close())
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start the limits: %w", err), p.close())
	}
	p.url = strings.TrimSpace(line)
	return p, nil
}

func clusterOf(env system.Environment) string {
	if env.ClusterID != "" {
		return env.ClusterID
	}
	return "ticketing"
}

func (p *limitProcess) close() error { return errors.Join(p.in.Close(), p.cmd.Wait()) }

func (p *limitProcess) processor() usage {
	return read(map[string][]int{"limit": {p.cmd.Process.Pid}})
}

// limit is a bare handler.
type limit struct {
	method, path string
	clients      int
	// after is how long the process goes on after the last answer.
	after time.Duration
}

const emptyHandler, pageOfTickets = "empty handler", "driver page of 100"

var allLimits = map[string]limit{
	emptyHandler:            {method: http.MethodGet, path: "/empty", clients: 32},
	pageOfTickets:           {method: http.MethodGet, path: "/page", clients: 8},
	"argon2id":              {method: http.MethodPost, path: "/argon2id", clients: 8},
	"driver read":           {method: http.MethodGet, path: "/read/", clients: 16},
	"driver insert":         {method: http.MethodPost, path: "/insert", clients: 16},
	"driver replace":        {method: http.MethodPost, path: "/replace", clients: 16},
	"publish, synchronous":  {method: http.MethodPost, path: "/publish", clients: 16},
	"publish, asynchronous": {method: http.MethodPost, path: "/publish-async", clients: 16, after: 100 * time.Millisecond},
	"Redis enqueue":         {method: http.MethodPost, path: "/enqueue", clients: 16},
}

// measure drives one limit. ticket is the id to read.
func (p *limitProcess) measure(ctx context.Context, l limit, ticket string, o measuring) (sample, error) {
	d := driver{clients: l.clients, warm: o.warm, each: o.each, processor: p.processor,
		settle: func(context.Context) error { time.Sleep(l.after); return nil }}
	url := p.url + l.path
	if l.path == "/read/" {
		url += ticket
	}
	var n atomic.Int64
	return d.run(ctx, func(ctx context.Context, c *client) (bool, error) {
		to := url
		if l.path == "/replace" {
			to += fmt.Sprintf("?%d", n.Add(1)%1000)
		}
		_, err := c.want(ctx, http.StatusOK, l.method, to, "", "")
		return true, err
	})
}

// bare are what the limits take of the processor per request.
type bare map[string]time.Duration

// cost adds limits up. The HTTP request that each was measured with counts once.
func (b bare) cost(names ...string) time.Duration {
	sum := b[emptyHandler]
	for _, name := range names {
		if name != emptyHandler {
			sum += max(0, b[name]-b[emptyHandler])
		}
	}
	return sum
}

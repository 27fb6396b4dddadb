package system

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// What runs as the client, besides one whose URL is named.
const (
	NoClient    = "none"
	BuiltClient = "built" // what `npm run build` has built
	DevClient   = "dev"   // from its sources, with hot reload
)

// The client's name, which is also that of its folder, and its programs, below the root of the repository.
const (
	clientName  = "client"
	clientBuilt = "client/.next/standalone/server.js"
	clientNext  = "client/node_modules/next/dist/bin/next" // is there after `npm ci`
)

// checkClient finds out whether the client that is asked for can be started.
func (c *Config) checkClient() error {
	switch c.Client {
	case "", NoClient:
		return nil
	case BuiltClient:
		return c.needs(clientBuilt, "built", "npm ci && npm run build")
	case DevClient:
		return c.needs(clientNext, "installed", "npm ci")
	}
	if u, err := url.Parse(c.Client); err != nil || u.Scheme == "" || u.Host == "" {
		return fmt.Errorf("the client %q is neither %s, %s or %s nor a URL of the form http://host:port",
			c.Client, BuiltClient, DevClient, NoClient)
	}
	return nil
}

func (c *Config) needs(program, state, how string) error {
	if _, err := os.Stat(filepath.Join(c.Root, program)); err != nil {
		return fmt.Errorf("the client is not %s: run `%s` in %s, or go without it (-client %s)", state, how, clientName, NoClient)
	}
	if _, err := exec.LookPath("node"); err != nil {
		return fmt.Errorf("the client needs Node 20.9 or newer (or go without it, -client %s): %w", NoClient, err)
	}
	return nil
}

// startClient runs the client in a process of its own. The pages that it makes come from the API as
// everybody else sees it, at the gateway.
func (s *System) startClient(ctx context.Context) (err error) {
	switch s.config.Client {
	case "", NoClient:
		return nil
	case BuiltClient, DevClient:
		s.client, err = s.launchClient(ctx)
	default:
		at, err := url.Parse(s.config.Client)
		s.client = &unit{url: at, pid: func() int { return 0 }}
		return err
	}
	if err != nil {
		return fmt.Errorf("start the client: %w", err)
	}
	s.onClose(s.client.stop)
	if err := s.client.awaitReady(ctx); err != nil {
		return fmt.Errorf("client: %w; see %s", err, s.logs.file(clientName))
	}
	return nil
}

func (s *System) launchClient(ctx context.Context) (*unit, error) {
	node, err1 := exec.LookPath("node")
	port, err2 := NewPorts().Free()
	j, err3 := s.logs.journal(clientName)
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	at := &url.URL{Scheme: "http", Host: local(port)}
	c := command{name: clientName, path: node, env: s.clientEnviron(port), dir: filepath.Join(s.config.Root, clientName)}
	c.args = []string{filepath.Join(s.config.Root, clientBuilt)}
	if s.config.Client == DevClient {
		c.args = []string{filepath.Join(s.config.Root, clientNext), "dev", "-H", at.Hostname(), "-p", at.Port()}
	}
	p, err := start(ctx, c, j, s.rewrite)
	if err != nil {
		return nil, err
	}
	return &unit{url: at, pid: p.number, ready: answersReadyz(at), stop: p.stop}, nil
}

// clientEnviron is the whole environment of the client's process.
func (s *System) clientEnviron(port int) []string {
	env := []string{
		"PATH=" + os.Getenv("PATH"),
		"HOSTNAME=127.0.0.1",
		"PORT=" + strconv.Itoa(port),
		"API_URL=" + s.gatewayURL(),
		"COOKIE_NAME=" + s.settings.Session.CookieName,
		"NEXT_TELEMETRY_DISABLED=1",
		"STRIPE_PUBLISHABLE_KEY=" + s.config.StripePublishableKey,
	}
	if sandbox := s.standins["stripe"]; sandbox != nil {
		env = append(env, "STRIPE_SANDBOX_URL="+sandbox.url.String())
	}
	return env
}

package system

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"

	"ticketing.dev/common/process"
)

// Values of Config.Client besides a URL.
const (
	NoClient    = "none"
	BuiltClient = "built" // by `npm run build`
	DevClient   = "dev"   // from source, with hot reload
)

// The client's name, which is also its folder, and its programs below the root of the repository.
const (
	clientName  = "client"
	clientBuilt = "client/.next/standalone/server.js"
	clientNext  = "client/node_modules/next/dist/bin/next" // is there after `npm ci`
)

// checkClient checks that the client can be started.
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

// startClient runs the client. It calls the API through the gateway.
func (s *System) startClient(ctx context.Context) error {
	switch s.config.Client {
	case "", NoClient:
		return nil
	case BuiltClient, DevClient:
		p, err := s.launchClient()
		if err != nil {
			return err
		}
		s.onClose(p.stop)
		s.setClient(p)
		return s.awaitReady(ctx, p)
	default:
		at, err := url.Parse(s.config.Client)
		s.setClient(&part{url: at})
		return err
	}
}

func (s *System) setClient(p *part) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.client = p
}

func (s *System) launchClient() (*part, error) {
	node, err1 := exec.LookPath("node")
	addr, err2 := s.config.Ports.Free()
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	at := &url.URL{Scheme: "http", Host: addr}
	c := process.Command{
		Path: node, Args: []string{filepath.Join(s.config.Root, clientBuilt)},
		Env: s.clientEnviron(at), Dir: filepath.Join(s.config.Root, clientName),
	}
	if s.config.Client == DevClient {
		c.Args = []string{filepath.Join(s.config.Root, clientNext), "dev", "-H", at.Hostname(), "-p", at.Port()}
	}
	return s.start(clientName, at, c, process.Ready(addr))
}

// clientEnviron is the whole environment of the client's process.
func (s *System) clientEnviron(at *url.URL) []string {
	env := []string{
		"PATH=" + os.Getenv("PATH"),
		"HOSTNAME=" + at.Hostname(),
		"PORT=" + at.Port(),
		"API_URL=" + s.gatewayURL(),
		"COOKIE_NAME=" + s.settings.CookieName,
		"NEXT_TELEMETRY_DISABLED=1",
		"STRIPE_PUBLISHABLE_KEY=" + s.config.StripePublishableKey,
	}
	if sandbox := s.standins["stripe"]; sandbox != nil {
		env = append(env, "STRIPE_SANDBOX_URL="+sandbox.url.String())
	}
	return env
}

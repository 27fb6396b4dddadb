package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"ticketing.dev/local/api"
	"ticketing.dev/local/system"
)

// site is a system that is attacked: the real programs, with the limits that they have by default.
type site struct {
	system.Run
	system    *system.System
	dir       string
	addresses atomic.Int64
}

// open starts a system. Without limits, all requests of a sweep reach the code behind them.
func open(ctx context.Context, dir, client, factor string, progress io.Writer) (*site, error) {
	env, err := system.ReadEnvironment()
	if err != nil {
		return nil, err
	}
	env.Limits = system.Limits{RateFactor: factor}
	env.PprofAddr = "127.0.0.1:0"
	s, err := system.Start(ctx, system.Config{Dir: dir, Client: client, OrderTTL: time.Hour, Environment: env, Progress: progress})
	if err != nil {
		return nil, err
	}
	return &site{Run: s.Run(), system: s, dir: dir}, nil
}

func (s *site) close() error { return s.system.Close() }

// address is a visitor's, other than those before. The gateway takes its word from this machine only.
func (s *site) address() string {
	n := s.addresses.Add(1)
	return fmt.Sprintf("198.18.%d.%d", n/250%250, n%250+1)
}

// visitor is at an address of their own.
type visitor struct {
	*api.Client
	email, address string
}

const password = "correct horse battery"

func (s *site) visitor() visitor {
	at := s.address()
	c := api.New(s.Gateway).Through(from{at, http.DefaultTransport})
	return visitor{c, strings.ToLower(rand.Text()) + "@example.com", at}
}

// member is a visitor who has signed up.
func (s *site) member(ctx context.Context) (visitor, error) {
	v := s.visitor()
	_, err := v.SignUp(ctx, v.email, password)
	return v, err
}

// from says where requests come from.
type from struct {
	address string
	next    http.RoundTripper
}

func (f from) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("X-Forwarded-For", f.address)
	return f.next.RoundTrip(r)
}

// cookie is the Cookie header of a member.
func (s *site) cookie(ctx context.Context) (string, error) {
	v := s.visitor()
	body := fmt.Sprintf(`{"email":%q,"password":%q}`, v.email, password)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.Gateway+"/api/users/signup", strings.NewReader(body))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	var all []string
	for _, c := range response.Cookies() {
		all = append(all, c.Name+"="+c.Value)
	}
	return strings.Join(all, "; "), nil
}

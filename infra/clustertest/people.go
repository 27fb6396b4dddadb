package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"ticketing.dev/local/api"
)

const (
	site    = "https://ticketing.dev"
	sandbox = "https://stripe.ticketing.dev"
)

// people use the system like browsers: by its names, through the ingress.
type people struct {
	transport *http.Transport
	address   string // of the ingress, for TLS
	plainAt   string // and without
	requests  atomic.Int64
	failed    atomic.Int64
	first     atomic.Pointer[string] // the first failure
}

// findIngress waits for the ingress's address and tries it.
func (r *run) findIngress(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if os.Getenv("INGRESS_TLS_URL") != "" {
		return r.enter(ctx, "localhost")
	}
	for {
		host, err := r.kubectl(ctx, "get", "ingress", "ingress-srv", "--output=jsonpath={.status.loadBalancer.ingress[0].ip}{.status.loadBalancer.ingress[0].hostname}")
		if err == nil && host != "" {
			return r.enter(ctx, host)
		}
		if ctx.Err() != nil {
			return fmt.Errorf("the Ingress has no address; is there a controller of the class nginx? %w", errors.Join(err, ctx.Err()))
		}
		pause(ctx, time.Second)
	}
}

// enter uses the ingress at a host, or at the addresses from the environment.
func (r *run) enter(ctx context.Context, host string) error {
	address, err := port("INGRESS_TLS_URL", net.JoinHostPort(host, "443"))
	if err != nil {
		return err
	}
	plain, err := port("INGRESS_URL", net.JoinHostPort(host, "80"))
	if err != nil {
		return err
	}
	r.people = newPeople(address, plain, &tls.Config{RootCAs: r.roots})
	r.report.say("the ingress is at %s and %s", address, plain)
	return r.people.await(ctx)
}

// port is the host and port of the URL in an environment variable, if it's set.
func port(variable, otherwise string) (string, error) {
	named := os.Getenv(variable)
	if named == "" {
		return otherwise, nil
	}
	u, err := url.Parse(named)
	if err != nil || u.Port() == "" {
		return "", fmt.Errorf("%s must be a URL with a port, such as https://127.0.0.1:8443: %q", variable, named)
	}
	return u.Host, nil
}

func newPeople(address, plainAt string, config *tls.Config) *people {
	p := &people{address: address, plainAt: plainAt}
	p.transport = &http.Transport{
		TLSClientConfig: config,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		},
		MaxIdleConnsPerHost: 64,
	}
	return p
}

// await waits until the ingress knows the certificate, the routes and the current pods.
func (p *people) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for _, path := range looked {
		for {
			err := p.answers(ctx, site+path)
			if err == nil {
				break
			}
			if ctx.Err() != nil {
				return err
			}
			pause(ctx, 500*time.Millisecond)
		}
	}
	p.forget()
	return nil
}

// answers returns an error if no service responds at an address. Any response of a service will do.
func (p *people) answers(ctx context.Context, address string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	response, err := p.transport.RoundTrip(request)
	if err != nil {
		return err
	}
	response.Body.Close()
	if response.StatusCode >= 500 {
		return fmt.Errorf("%s: %s", address, response.Status)
	}
	return nil
}

// forget resets the count of failures.
func (p *people) forget() {
	p.requests.Store(0)
	p.failed.Store(0)
	p.first.Store(nil)
}

// failures returns an error if a request failed since forget.
func (p *people) failures() error {
	if n := p.failed.Load(); n > 0 {
		return fmt.Errorf("%d of %d requests failed, the first: %s", n, p.requests.Load(), *p.first.Load())
	}
	return nil
}

// RoundTrip counts requests without a response and responses that are the system's fault.
func (p *people) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := p.transport.RoundTrip(request)
	switch {
	case errors.Is(err, context.Canceled): // the test has ended
	case err != nil:
		p.note("%s %s: %v", request.Method, request.URL.Path, err)
	case response.StatusCode >= 500:
		p.note("%s %s: %s", request.Method, request.URL.Path, response.Status)
	}
	p.requests.Add(1)
	return response, err
}

func (p *people) note(format string, args ...any) {
	text := time.Now().Format("15:04:05.000 ") + fmt.Sprintf(format, args...)
	p.first.CompareAndSwap(nil, &text)
	p.failed.Add(1)
}

// plain sends a request without TLS and doesn't follow redirects. The response's body is closed.
func (p *people) plain(ctx context.Context, address string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	request.Close = true
	transport := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, p.plainAt)
	}}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	return response, response.Body.Close()
}

func (p *people) browser() *http.Client {
	return &http.Client{Transport: p, Timeout: 30 * time.Second}
}

// get reads a page without a session. A status other than 200 is an error.
func (p *people) get(ctx context.Context, address string) (body string, header http.Header, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", nil, err
	}
	response, err := p.browser().Do(request)
	if err != nil {
		return "", nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", address, response.Status)
	}
	return string(text), response.Header, err
}

// signUp signs up a new user.
func (p *people) signUp(ctx context.Context) (*api.Client, error) {
	c := api.New(site).Through(p)
	_, err := c.SignUp(ctx, strings.ToLower(rand.Text())+"@example.com", "correct horse")
	return c, err
}

// two are a seller and a buyer.
func (p *people) two(ctx context.Context) (seller, buyer *api.Client, err error) {
	if seller, err = p.signUp(ctx); err != nil {
		return nil, nil, err
	}
	buyer, err = p.signUp(ctx)
	return seller, buyer, err
}

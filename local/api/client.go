// Package api is a client of the HTTP API, as a browser is one: it keeps the session's cookie, and
// waits a moment for a service that has not heard yet of what another one has just done.
package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"time"
)

// timeout ends a request. A payment may take 25 seconds.
const timeout = 30 * time.Second

// Client is one user's way to the API. It may be used by several goroutines at once.
type Client struct {
	url  string
	http *http.Client
}

// New makes a client for the API at a URL such as http://localhost:8080. It starts without a session.
func New(url string) *Client {
	jar, _ := cookiejar.New(nil) // it has no errors to return
	return &Client{strings.TrimSuffix(url, "/"), &http.Client{Jar: jar, Timeout: timeout}}
}

// Through makes the client send its requests by a transport such as one that looks at what passes. It
// is to be called before the first of them.
func (c *Client) Through(transport http.RoundTripper) *Client {
	c.http.Transport = transport
	return c
}

// Do sends one request. body is sent as JSON unless it is nil; the answer is decoded into the value
// that answer points to unless that is nil. A refusal is a *Problem.
func (c *Client) Do(ctx context.Context, method, path string, body, answer any) error {
	if err := c.do(ctx, method, path, body, answer); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}

func (c *Client) do(ctx context.Context, method, path string, body, answer any) error {
	request, err := c.request(ctx, method, path, body)
	if err != nil {
		return err
	}
	response, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	switch {
	case err != nil:
		return fmt.Errorf("read the answer: %w", err)
	case response.StatusCode >= http.StatusBadRequest:
		return decodeProblem(response, text)
	case answer == nil:
		return nil
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return fmt.Errorf("decode the answer: %w", err)
	}
	return nil
}

func (c *Client) request(ctx context.Context, method, path string, body any) (*http.Request, error) {
	if body == nil {
		return http.NewRequestWithContext(ctx, method, c.url+path, nil)
	}
	encoded, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("encode the body: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.url+path, bytes.NewReader(encoded))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	return request, nil
}

const (
	// newsTimeout is how long a thing that another service has just made may be unknown.
	newsTimeout = 5 * time.Second
	newsPause   = 50 * time.Millisecond
)

// doOnceKnown is Do for what names a thing of another service: 404 is tried again for up to five
// seconds, until that service's event has arrived.
func (c *Client) doOnceKnown(ctx context.Context, method, path string, body, answer any) error {
	patience, cancel := context.WithTimeout(ctx, newsTimeout)
	defer cancel()
	for {
		err := c.Do(ctx, method, path, body, answer)
		p, refused := errors.AsType[*Problem](err)
		if !refused || p.Status != http.StatusNotFound {
			return err
		}
		select {
		case <-time.After(newsPause):
		case <-patience.Done():
			return err
		}
	}
}

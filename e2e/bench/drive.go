package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

const requestTimeout = 30 * time.Second

// sample is how long each request took, and the processor time of each process meanwhile.
type sample struct {
	took    []time.Duration
	elapsed time.Duration
	busy    usage
}

// add joins two samples of the same requests.
func (s *sample) add(other sample) {
	s.took = append(s.took, other.took...)
	s.elapsed += other.elapsed
	if s.busy == nil {
		s.busy = make(usage)
	}
	for name, d := range other.busy {
		s.busy[name] += d
	}
}

func (s sample) perSecond() float64 { return float64(len(s.took)) / s.elapsed.Seconds() }

// percentile is the time within which a share of the requests was answered.
func (s sample) percentile(share float64) time.Duration {
	if len(s.took) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(s.took))
	return sorted[min(len(sorted)-1, int(share*float64(len(sorted))))]
}

// each is the processor time of some processes per request.
func (s sample) each(names ...string) time.Duration {
	return s.busy.of(names) / time.Duration(max(1, len(s.took)))
}

// driver sends requests with several clients at once.
type driver struct {
	clients    int
	warm, each time.Duration
	transport  *http.Transport
	processor  func() usage
	settle     func(context.Context) error // waits for what the requests set off
}

// request is one request of a client. more is false when nothing is left to ask for.
type request func(ctx context.Context, c *client) (more bool, err error)

// run warms up, and then measures until the time is up or nothing is left to ask for.
func (d driver) run(ctx context.Context, do request) (s sample, err error) {
	d.transport = &http.Transport{MaxIdleConnsPerHost: d.clients, DisableCompression: true}
	defer d.transport.CloseIdleConnections()
	if _, err := d.repeat(ctx, d.warm, do); err != nil {
		return s, err
	}
	if err := d.settle(ctx); err != nil {
		return s, err
	}
	start, busy := time.Now(), d.processor()
	s.took, err = d.repeat(ctx, d.each, do)
	s.elapsed = time.Since(start)
	if err == nil {
		err = d.settle(ctx)
	}
	s.busy = d.processor().since(busy)
	if err == nil && len(s.took) == 0 {
		err = fmt.Errorf("no request was sent")
	}
	return s, err
}

func (d driver) repeat(ctx context.Context, each time.Duration, do request) (took []time.Duration, err error) {
	var mu sync.Mutex
	running, ctx := errgroup.WithContext(ctx)
	for i := range d.clients {
		running.Go(func() error {
			c := &client{number: i, http: &http.Client{Transport: d.transport, Timeout: requestTimeout}}
			var mine []time.Duration
			for start := time.Now(); time.Since(start) < each; {
				began := time.Now()
				more, err := do(ctx, c)
				if err != nil {
					return err
				}
				if !more {
					break
				}
				mine = append(mine, time.Since(began))
			}
			mu.Lock()
			defer mu.Unlock()
			took = append(took, mine...)
			return nil
		})
	}
	return took, running.Wait()
}

// client sends one request at a time.
type client struct {
	number int
	http   *http.Client
}

// send sends a request as a user, whose cookie may be empty, and returns the status and body.
func (c *client) send(ctx context.Context, method, url, cookie, body string) (int, []byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if cookie != "" {
		r.Header.Set("Cookie", cookie)
	}
	response, err := c.http.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	return response.StatusCode, answer, err
}

// want is send for a request that must have a status.
func (c *client) want(ctx context.Context, status int, method, url, cookie, body string) ([]byte, error) {
	got, answer, err := c.send(ctx, method, url, cookie, body)
	if err == nil && got != status {
		err = fmt.Errorf("%s %s: %d %s", method, url, got, answer)
	}
	return answer, err
}

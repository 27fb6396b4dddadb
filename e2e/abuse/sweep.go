package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	// sweepers send requests at once.
	sweepers = 8
	// hang is how long a response may take, also on a machine that is busy.
	hang = time.Minute
	// moment is how long a request that isn't whole stays open.
	moment = 200 * time.Millisecond
	// longestRead is how many bytes of a response are read before the connection is closed.
	longestRead = 1 << 20
)

// swept is what a sweep found.
type swept struct {
	mu       sync.Mutex
	statuses map[int]int // 0 for a connection that was closed without a response
	findings []string
}

func (s *swept) add(status int, finding string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.statuses[status]++
	if finding != "" && len(s.findings) < 20 {
		s.findings = append(s.findings, finding)
	}
}

// judgeSweep sweeps, and returns an error for each response that no request may get and for what is left behind.
func judgeSweep(ctx context.Context, s *site, routes []route, seed uint64, n int) (*swept, error) {
	session, err := s.cookie(ctx)
	if err != nil {
		return nil, err
	}
	before, err := s.hold(ctx)
	if err != nil {
		return nil, err
	}
	found, err := sweep(ctx, s, session, routes, seed, n)
	if err != nil {
		return nil, err
	}
	for _, f := range found.findings {
		err = errors.Join(err, errors.New(f))
	}
	return found, errors.Join(err, s.leaked(ctx, before))
}

// String counts the responses by status.
func (s *swept) String() string {
	var counts []string
	for _, status := range slices.Sorted(maps.Keys(s.statuses)) {
		counts = append(counts, fmt.Sprintf("%d × %d", s.statuses[status], status))
	}
	return strings.Join(counts, ", ")
}

// resends is how often a request that gets 503 is sent again. A service that refuses a body without reading it closes the
// connection, and the gateway may notice that before it reads the response, or use a connection that is being closed. It
// can't repeat such a request by itself, but its sender can. A request that a service can't handle gets 503 each time.
const resends = 5

// sweep sends the first n requests of a seed. Every second one may have a session.
func sweep(ctx context.Context, s *site, session string, routes []route, seed uint64, n int) (*swept, error) {
	host := strings.TrimPrefix(s.Gateway, "http://")
	found := &swept{statuses: make(map[int]int)}
	var next atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	for range sweepers {
		g.Go(func() error {
			for i := next.Add(1) - 1; i < int64(n) && ctx.Err() == nil; i = next.Add(1) - 1 {
				m := &mangler{rand.New(rand.NewPCG(seed, uint64(i))), routes, host}
				r := m.request([]string{"", session}[i%2])
				status, err := send(ctx, host, r)
				for again := 0; status == http.StatusServiceUnavailable && again < resends; again++ {
					status, err = send(ctx, host, r)
				}
				found.add(status, finding(seed, i, r.text, status, err))
			}
			return ctx.Err()
		})
	}
	return found, g.Wait()
}

// finding describes a response that no request may get.
func finding(seed uint64, i int64, text string, status int, err error) string {
	if err == nil && status < http.StatusInternalServerError {
		return ""
	}
	return fmt.Sprintf("seed %d, request %d: status %d, %v: %.300q", seed, i, status, err, text)
}

// send returns the status of the response to a request, or 0 if there was none before the connection was closed: by the
// server, or after a moment in which a server waits for the rest of a request.
func send(ctx context.Context, host string, sent request) (status int, err error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", host)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	patience := hang
	if !sent.whole {
		patience = moment
	}
	_ = conn.SetDeadline(time.Now().Add(patience))
	go func() { _, _ = io.WriteString(conn, sent.text) }() // the response may come before all has been sent
	r, err := response(bufio.NewReader(conn))
	switch timeout, ok := errors.AsType[net.Error](err); {
	case ok && timeout.Timeout() && sent.whole:
		return 0, fmt.Errorf("no response in %s", hang)
	case err != nil:
		return 0, nil // closed without a response, as after a malformed request
	}
	defer r.Body.Close()
	if strings.HasPrefix(r.Header.Get("Content-Type"), "text/event-stream") {
		return r.StatusCode, nil
	}
	if _, err := io.Copy(io.Discard, io.LimitReader(r.Body, longestRead)); err != nil {
		if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() && sent.whole {
			return r.StatusCode, fmt.Errorf("no end of the response in %s", hang)
		}
	}
	return r.StatusCode, nil
}

// response reads the last response to a request: others, such as 100 Continue, precede it.
func response(from *bufio.Reader) (*http.Response, error) {
	for {
		r, err := http.ReadResponse(from, nil)
		if err != nil || r.StatusCode >= http.StatusOK || r.StatusCode == http.StatusSwitchingProtocols {
			return r, err
		}
	}
}

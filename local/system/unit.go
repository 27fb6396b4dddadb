package system

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

const (
	// readyTimeout is how long a part may take to be ready: a service waits a minute for its database.
	readyTimeout = 70 * time.Second
	readyPause   = 20 * time.Millisecond
)

var errNotAsked = errors.New("it has not been asked")

// unit is a part that runs: a replica of a service, or a stand-in.
type unit struct {
	url   *url.URL
	pid   func() int
	ready func(context.Context) error
	stop  func() error
}

// A launcher starts parts: in this process, or each in one of its own.
type launcher interface {
	standin(context.Context, standin) (*unit, error)
	service(ctx context.Context, name string, s Settings) (*unit, error)
}

// awaitReady waits until the unit says that it is ready.
func (u *unit) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, readyTimeout, fmt.Errorf("not ready after %v", readyTimeout))
	defer cancel()
	last := errNotAsked
	for {
		err := u.ready(ctx)
		switch {
		case err == nil:
			return nil
		case ctx.Err() == nil:
			last = err
		}
		select {
		case <-time.After(readyPause):
		case <-ctx.Done():
			return fmt.Errorf("%w (%w)", context.Cause(ctx), last)
		}
	}
}

// answersReadyz asks a service whether its own store answers.
func answersReadyz(at *url.URL) func(context.Context) error {
	client := &http.Client{Timeout: 5 * time.Second}
	return func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, at.JoinPath("/readyz").String(), nil)
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("/readyz answers %s", response.Status)
		}
		return nil
	}
}

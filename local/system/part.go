package system

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"ticketing.dev/common/process"
)

const (
	// readyTimeout is how long a part may take to start: a service waits a minute for its database.
	readyTimeout = 70 * time.Second
	// stopTimeout is longer than a service drains.
	stopTimeout = time.Minute
	// terminated is the exit code of programs that drain on SIGTERM and then end as it would have ended them,
	// as Next.js does.
	terminated = 128 + int(syscall.SIGTERM)
)

// part is a process of the system: a replica of a service, a stand-in, or the client.
type part struct {
	process.Supervisor
	url *url.URL
	pid atomic.Int64 // the latest one; 0 for a client that runs elsewhere
}

// start runs a program, restarts it when it dies, and logs what it writes to standard error.
func (s *System) start(name string, at *url.URL, c process.Command, probe process.Probe) (*part, error) {
	j, err := s.logs.journal(name)
	if err != nil {
		return nil, err
	}
	log := s.logs.logger(j, s.config.LogLevel)
	p := &part{url: at}
	p.Name, p.Probe, p.LongestPause, p.Started = name, probe, s.config.LongestPause, s.rewrite
	p.Launch = func() (*process.Process, error) {
		c := c
		c.Stderr = j.writer()
		run, err := process.Start(c)
		if err == nil {
			p.pid.Store(int64(run.PID()))
		}
		return run, err
	}
	p.Ended = func(run *process.Process, pause time.Duration) {
		log.Warn("process has ended, it is started again", "pid", run.PID(), "how", run.State().String(), "after", pause.String())
	}
	s.mu.Lock()
	s.parts[name] = p
	s.mu.Unlock()
	return p, p.Start()
}

func (s *System) awaitReady(ctx context.Context, p *part) error {
	ctx, cancel := context.WithTimeoutCause(ctx, readyTimeout, fmt.Errorf("not ready after %v", readyTimeout))
	defer cancel()
	if err := p.AwaitReady(ctx); err != nil {
		return fmt.Errorf("%w; see %s", err, s.logs.file(p.Name))
	}
	return nil
}

// stop drains the process. One that has died and waits to be restarted has nothing to drain.
func (p *part) stop() error {
	ctx, cancel := context.WithTimeoutCause(context.Background(), stopTimeout, fmt.Errorf("still running after %v", stopTimeout))
	defer cancel()
	defer p.Close()
	state, err := p.Stop(ctx, syscall.SIGTERM)
	switch {
	case errors.Is(err, process.ErrNotRunning):
		return nil
	case err == nil && !state.Success() && state.ExitCode() != terminated:
		return fmt.Errorf("stop %s: %v", p.Name, state)
	}
	return err
}

// startReplica starts a replica of a service.
func (s *System) startReplica(ctx context.Context, service, name string) error {
	addr, err := s.config.Ports.Free()
	if err != nil {
		return err
	}
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return err
	}
	settings, environ := s.settings, []string(nil)
	if s.config.Replica != nil {
		if settings, environ, err = s.config.Replica(name, settings); err != nil {
			return err
		}
	}
	c := process.Command{Path: filepath.Join(s.config.Bin, service), Env: append(settings.Environ(service, name, port), environ...)}
	p, err := s.start(name, &url.URL{Scheme: "http", Host: addr}, c, process.Connected(addr))
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.replicas[service] = append(s.replicas[service], p)
	s.mu.Unlock()
	return s.awaitReady(ctx, p)
}

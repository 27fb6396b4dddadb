package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"
)

const (
	firstPause = 200 * time.Millisecond
	oldEnough  = 10 * time.Second // a process that lived this long resets the pause
)

// ErrNotRunning is returned for what only a running program can do.
var ErrNotRunning = errors.New("it isn't running")

var (
	errRunning = errors.New("it's already running")
	errClosed  = errors.New("it's closed")
)

// Supervisor keeps a program running. A run that ends by itself is followed by another one after a pause, which
// doubles up to LongestPause while the program keeps dying young. All fields are set before Start.
type Supervisor struct {
	Name   string
	Launch func() (*Process, error)
	// Probe says whether the process serves.
	Probe        Probe
	LongestPause time.Duration
	// Started and Ended, if set, are called after each start, and after each run that ended by itself.
	Started func()
	Ended   func(p *Process, pause time.Duration)

	watching sync.WaitGroup

	mu       sync.Mutex
	run      *run // nil while the program isn't meant to run, and during a pause
	paused   bool
	closed   bool
	pause    time.Duration
	restarts int
	deaths   []string
}

// run is one run of the program. Its flags are guarded by the supervisor's lock.
type run struct {
	*Process
	began  time.Time
	ended  bool // by Kill, Stop, or Close
	served bool
}

// Start starts the program, which must not be running.
func (s *Supervisor) Start() error {
	s.mu.Lock()
	err := errRunning
	if s.run == nil {
		err = s.start()
	}
	s.mu.Unlock()
	return s.started(err)
}

// Restart starts the program if it isn't running.
func (s *Supervisor) Restart() error {
	s.mu.Lock()
	if s.run != nil {
		s.mu.Unlock()
		return nil
	}
	s.restarts++
	err := s.start()
	s.mu.Unlock()
	return s.started(err)
}

func (s *Supervisor) started(err error) error {
	if err != nil {
		return fmt.Errorf("start %s: %w", s.Name, err)
	}
	if s.Started != nil {
		s.Started()
	}
	return nil
}

func (s *Supervisor) start() error {
	if s.closed {
		return errClosed
	}
	p, err := s.Launch()
	if err != nil {
		return err
	}
	s.run, s.paused = &run{Process: p, began: time.Now()}, false
	r := s.run
	s.watching.Go(func() { s.watch(r) })
	return nil
}

// watch waits for the end of a run. A service gives up its own start when a store is away: that counts neither
// as a death nor as a restart.
func (s *Supervisor) watch(r *run) {
	ctx, cancel := context.WithCancel(context.Background())
	var probing sync.WaitGroup
	probing.Go(func() { _ = s.AwaitReady(ctx) }) // notes that it has served
	<-r.Done()
	cancel()
	probing.Wait()
	s.mu.Lock()
	if r.ended || s.closed {
		s.mu.Unlock()
		return
	}
	if r.served {
		s.deaths = append(s.deaths, r.State().String())
	}
	s.run = nil
	pause := s.nextPause(time.Since(r.began))
	s.mu.Unlock()
	if s.Ended != nil {
		s.Ended(r.Process, pause)
	}
	time.AfterFunc(pause, func() { s.again(r.served) })
}

func (s *Supervisor) nextPause(age time.Duration) time.Duration {
	if s.pause *= 2; s.pause == 0 || age > oldEnough {
		s.pause = firstPause
	}
	s.pause = min(s.pause, s.LongestPause)
	return s.pause
}

// again starts the program after a pause, unless it was started meanwhile. If it can't be started,
// another pause follows.
func (s *Supervisor) again(served bool) {
	s.mu.Lock()
	if s.run != nil || s.closed {
		s.mu.Unlock()
		return
	}
	if served {
		s.restarts++
	}
	err := s.start()
	if err != nil {
		s.deaths = append(s.deaths, err.Error())
		time.AfterFunc(s.nextPause(0), func() { s.again(false) })
	}
	s.mu.Unlock()
	_ = s.started(err) // Deaths has it
}

// take hands the current run over to be ended. It won't be restarted.
func (s *Supervisor) take() (*run, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.run
	if r == nil {
		return nil, ErrNotRunning
	}
	r.ended, s.run, s.paused = true, nil, false
	return r, nil
}

// Kill ends the program as a crash would, and returns when it's gone.
func (s *Supervisor) Kill() error {
	r, err := s.take()
	if err != nil {
		return fmt.Errorf("kill %s: %w", s.Name, err)
	}
	r.Kill()
	return nil
}

// Stop ends the program with a signal; see Process.Stop.
func (s *Supervisor) Stop(ctx context.Context, sig syscall.Signal) (state *os.ProcessState, err error) {
	r, err := s.take()
	if err == nil {
		state, err = r.Process.Stop(ctx, sig)
	}
	if err != nil {
		return state, fmt.Errorf("stop %s: %w", s.Name, err)
	}
	return state, nil
}

// Close kills what runs and starts nothing any more.
func (s *Supervisor) Close() {
	s.mu.Lock()
	s.closed = true
	r := s.run
	s.run = nil
	s.mu.Unlock()
	if r != nil {
		r.Kill()
	}
	s.watching.Wait()
}

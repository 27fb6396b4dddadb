package world

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"ticketing.dev/local/system"
)

// restartPause is how soon a process that has ended by itself is started again.
const restartPause = 500 * time.Millisecond

var (
	errRuns    = errors.New("it runs already")
	errRunsNot = errors.New("it does not run")
)

// command is a program to run, with its whole environment. Its output goes to the end of a file.
type command struct {
	path string
	args []string
	env  []string
	log  string
}

// Process is a part that runs in a process of its own.
type Process struct {
	Name string

	command command
	nursery *nursery
	probe   func(context.Context) error

	mu       sync.Mutex
	run      *run // nil while it is not to run
	paused   bool
	closed   bool
	restarts int
	deaths   []string // see Deaths
	before   int64
}

// run is one run of a process.
type run struct {
	cmd   *exec.Cmd
	stdin io.Closer // a stand-in ends with it
	ended chan struct{}
	// Under the process's lock: somebody has ended it, and it has been seen to serve.
	asked, served bool
}

// Start runs the process, which must not run.
func (p *Process) Start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.run != nil {
		return fmt.Errorf("start %s: %w", p.Name, errRuns)
	}
	return p.start()
}

func (p *Process) start() error {
	if p.closed {
		return fmt.Errorf("start %s: the world has ended", p.Name)
	}
	r, err := p.launch()
	if err != nil {
		return fmt.Errorf("start %s: %w", p.Name, err)
	}
	p.run, p.paused = r, false
	go p.watch(r)
	return nil
}

func (p *Process) launch() (*run, error) {
	log, err := os.OpenFile(p.command.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close() // the process has its own
	cmd := exec.Command(p.command.path, p.command.args...)
	cmd.Env = append([]string{}, p.command.env...) // nil would be this process's own
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = system.EndsWithParent()
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := p.nursery.start(cmd); err != nil {
		return nil, errors.Join(err, stdin.Close())
	}
	return &run{cmd: cmd, stdin: stdin, ended: make(chan struct{})}, nil
}

// watch waits for the end of a run, and starts the process again if nobody has asked for it. A service
// that has not served yet may give up its start, as a store may be away: that is not counted.
func (p *Process) watch(r *run) {
	ctx, cancel := context.WithCancel(context.Background())
	var asking sync.WaitGroup
	asking.Go(func() { _ = p.AwaitReady(ctx) }) // which notes that it has served
	_ = r.cmd.Wait()                            // its state says more
	_ = r.stdin.Close()
	close(r.ended)
	cancel()
	asking.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.asked || p.closed {
		return
	}
	if r.served {
		p.deaths = append(p.deaths, r.cmd.ProcessState.String())
	}
	p.run = nil
	time.AfterFunc(restartPause, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.run != nil || p.closed {
			return
		}
		if r.served {
			p.restarts++
		}
		if err := p.start(); err != nil {
			p.deaths = append(p.deaths, err.Error())
		}
	})
}

// Restart starts the process again if it does not run.
func (p *Process) Restart() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.run != nil {
		return nil
	}
	p.restarts++
	return p.start()
}

// take gives the run to the caller to end. The process does not run any more for anybody else.
func (p *Process) take() (*run, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.run
	if r == nil {
		return nil, errRunsNot
	}
	r.asked, p.run, p.paused = true, nil, false
	return r, nil
}

// Kill ends the process as a crash does, and returns when it is gone.
func (p *Process) Kill() error {
	r, err := p.take()
	if err != nil {
		return fmt.Errorf("kill %s: %w", p.Name, err)
	}
	_ = r.cmd.Process.Kill() // fails only if it has ended already
	<-r.ended
	return nil
}

// Pause freezes the process. Its threads stand still a moment later.
func (p *Process) Pause() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.run == nil {
		return fmt.Errorf("pause %s: %w", p.Name, errRunsNot)
	}
	if err := p.run.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		return fmt.Errorf("pause %s: %w", p.Name, err)
	}
	p.paused = true
	return nil
}

// Resume lets the process go on. It is well if it does not run any more, or was started again.
func (p *Process) Resume() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.run == nil || !p.paused {
		return nil
	}
	p.paused = false
	if err := p.run.cmd.Process.Signal(syscall.SIGCONT); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("resume %s: %w", p.Name, err)
	}
	return nil
}

// End asks the process to end with a signal, and waits for it. When ctx ends it is killed, which is an
// error. The state says how it ended.
func (p *Process) End(ctx context.Context, s os.Signal) (*os.ProcessState, error) {
	r, err := p.take()
	if err != nil {
		return nil, fmt.Errorf("end %s: %w", p.Name, err)
	}
	_ = r.cmd.Process.Signal(s) // fails only if it has ended already
	select {
	case <-r.ended:
		return r.cmd.ProcessState, nil
	case <-ctx.Done():
		_ = r.cmd.Process.Kill()
		<-r.ended
		return r.cmd.ProcessState, fmt.Errorf("end %s: %w", p.Name, context.Cause(ctx))
	}
}

// number is the id of the process, 0 if it does not run.
func (p *Process) number() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.run == nil {
		return 0
	}
	return p.run.cmd.Process.Pid
}

// Restarts is how often it was started again, but for starts that it gave up itself.
func (p *Process) Restarts() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.restarts
}

// Deaths say how it has ended by itself, in the runs that had served. Of a process that could not be started
// again they say that.
func (p *Process) Deaths() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string{}, p.deaths...)
}

// close ends the process for good.
func (p *Process) close() {
	p.mu.Lock()
	p.closed = true
	r := p.run
	p.run = nil
	p.mu.Unlock()
	if r != nil {
		_ = r.cmd.Process.Kill()
		<-r.ended
	}
}

// Package process runs other programs: it starts them, waits until they're ready, signals and kills them
// together with whatever they started, and restarts the ones that crash. When this program dies, however it
// dies, its processes die with it.
package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// outputWait is how long output is still read after a process has ended, in case one of its children keeps
// the pipe open.
const outputWait = 5 * time.Second

// Command describes a program to run. Env is its whole environment, Dir its working directory (by default
// this program's own). Nil writers discard.
type Command struct {
	Path           string
	Args, Env      []string
	Dir            string
	Stdout, Stderr io.Writer
}

// Process is one run of a program, the leader of a process group of its own. A Ctrl-C on the terminal
// doesn't reach it.
type Process struct {
	cmd   *exec.Cmd
	stdin io.Closer // stays open for as long as the process runs
	done  chan struct{}
}

// Start runs a command.
func Start(c Command) (*Process, error) {
	w, err := theWatchdog()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(c.Path, c.Args...)
	cmd.Env = append([]string{}, c.Env...) // nil would mean this program's environment
	cmd.Dir, cmd.Stdout, cmd.Stderr = c.Dir, c.Stdout, c.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = outputWait
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(err, stdin.Close())
	}
	p := &Process{cmd: cmd, stdin: stdin, done: make(chan struct{})}
	err = w.watch(p.PID())
	go p.wait(w)
	if err != nil {
		p.Kill()
		return nil, err
	}
	return p, nil
}

func (p *Process) wait(w *watchdog) {
	_ = p.cmd.Wait()              // State says more
	_ = p.signal(syscall.SIGKILL) // what it has left behind
	_ = w.forget(p.PID())         // a watchdog that's gone has nothing to forget
	_ = p.stdin.Close()
	close(p.done)
}

// PID is the process's id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// State says how the process ended, once Done is closed.
func (p *Process) State() *os.ProcessState { return p.cmd.ProcessState }

// Kill kills the process and its children, and returns when it's gone.
func (p *Process) Kill() {
	_ = p.signal(syscall.SIGKILL) // fails only if it has ended already
	<-p.done
}

// Stop signals the process and its children, and returns how the process ended. If ctx ends first, Stop
// kills the process and returns the cause.
func (p *Process) Stop(ctx context.Context, s syscall.Signal) (*os.ProcessState, error) {
	_ = p.signal(s) // fails only if it has ended already
	select {
	case <-p.done:
		return p.State(), nil
	case <-ctx.Done():
		p.Kill()
		return p.State(), context.Cause(ctx)
	}
}

// Pause freezes the process and returns once all its threads have stopped, shortly after the signal.
func (p *Process) Pause() error {
	if err := p.signal(syscall.SIGSTOP); err != nil {
		return err
	}
	for {
		var status syscall.WaitStatus
		_, err := syscall.Wait4(p.PID(), &status, syscall.WUNTRACED, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case err != nil:
			return fmt.Errorf("wait for it to stop: %w", err)
		case !status.Stopped():
			return errors.New("it ended instead")
		}
		return nil
	}
}

// Resume continues a paused process.
func (p *Process) Resume() error { return p.signal(syscall.SIGCONT) }

func (p *Process) signal(s syscall.Signal) error {
	select {
	case <-p.done:
		return os.ErrProcessDone // its id may belong to another process by now
	default:
	}
	if err := syscall.Kill(-p.PID(), s); err != nil {
		return fmt.Errorf("send %v: %w", s, err)
	}
	return nil
}

// Run runs a command to its end. If ctx ends first, Run kills it and returns the cause.
func Run(ctx context.Context, c Command) (*os.ProcessState, error) {
	p, err := Start(c)
	if err != nil {
		return nil, err
	}
	select {
	case <-p.Done():
		return p.State(), nil
	case <-ctx.Done():
		p.Kill()
		return p.State(), context.Cause(ctx)
	}
}

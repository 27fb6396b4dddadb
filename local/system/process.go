package system

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// killAfter is what a process has to end in when it is asked to, longer than a service drains.
	killAfter = time.Minute

	// A process that has died is started again after a pause, which doubles while it keeps dying young.
	firstPause   = 200 * time.Millisecond
	longestPause = 5 * time.Second
	oldEnough    = 10 * time.Second

	// terminated is what programs say that drain on SIGTERM and then end as it would have ended them, as
	// Next.js does.
	terminated = 128 + int(syscall.SIGTERM)
)

// command is a program to run, with its whole environment, in a directory unless in this process's own.
type command struct {
	name, path string
	args, env  []string
	dir        string
}

// process keeps a program running: when it dies, it is started again.
type process struct {
	command command
	output  *journal
	log     *slog.Logger
	changed func()
	stopped context.CancelFunc
	ended   chan struct{}
	pid     atomic.Int64
	last    *os.ProcessState // how it ended the last time, nil while it runs; to be read once ended is closed
}

// start runs a command until stop is called. The error says that it could not be started at all.
func start(ctx context.Context, c command, output *journal, changed func()) (*process, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	running, stop := context.WithCancel(context.Background())
	p := &process{
		command: c,
		output:  output,
		log:     slog.New(slog.NewJSONHandler(output.writer(), nil)),
		changed: changed,
		stopped: stop,
		ended:   make(chan struct{}),
	}
	first := make(chan error, 1)
	go p.supervise(running, first)
	if err := <-first; err != nil {
		stop()
		return nil, err
	}
	return p, nil
}

// number is the process's id at the moment, or that of the last one if it has died just now.
func (p *process) number() int { return int(p.pid.Load()) }

// stop asks the process to end, and waits for it. The error says that it did not end well.
func (p *process) stop() error {
	p.stopped()
	<-p.ended
	if p.last != nil && !p.last.Success() && p.last.ExitCode() != terminated {
		return fmt.Errorf("stop %s: %v", p.command.name, p.last)
	}
	return nil
}

// supervise starts the process again and again until ctx ends. It keeps its thread: on Linux a process
// ends with the thread that started it (see EndsWithParent).
func (p *process) supervise(ctx context.Context, first chan<- error) {
	defer close(p.ended)
	runtime.LockOSThread()
	pause := firstPause
	for {
		began := time.Now()
		how := p.once(ctx, first)
		if ctx.Err() != nil {
			return
		}
		first = nil
		if time.Since(began) > oldEnough {
			pause = firstPause
		}
		p.last = nil
		p.log.Warn("process has ended, it is started again", "pid", p.number(), "how", how, "after", pause.String())
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return
		}
		pause = min(2*pause, longestPause)
	}
}

// once runs the process and says how it ended. Whether it started goes to first, where that is not nil.
func (p *process) once(ctx context.Context, first chan<- error) (how string) {
	cmd := exec.CommandContext(ctx, p.command.path, p.command.args...)
	cmd.Env = append([]string{}, p.command.env...) // nil would be this process's own
	cmd.Dir = p.command.dir
	cmd.Stderr = p.output.writer()
	cmd.SysProcAttr = EndsWithParent()
	cmd.Cancel = func() error { return signalGroup(cmd, syscall.SIGTERM) }
	cmd.WaitDelay = killAfter
	stdin, err := cmd.StdinPipe() // a stand-in ends with it
	if err == nil {
		defer func() { _ = stdin.Close() }()
		err = cmd.Start()
	}
	if err == nil {
		p.pid.Store(int64(cmd.Process.Pid))
	}
	if first != nil {
		first <- err
	}
	if err != nil {
		return err.Error()
	}
	p.changed()
	_ = cmd.Wait() // its state says more
	p.last = cmd.ProcessState
	return cmd.ProcessState.String()
}

// signalGroup signals a process and whatever it has started itself.
func signalGroup(cmd *exec.Cmd, s syscall.Signal) error {
	err := syscall.Kill(-cmd.Process.Pid, s)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	if err != nil {
		return fmt.Errorf("send %v: %w", s, err)
	}
	return nil
}

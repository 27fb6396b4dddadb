package standin

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"syscall"
	"time"
)

const (
	startTimeout = time.Minute      // for a stand-in to be ready, on a busy machine
	stopTimeout  = 20 * time.Second // for it to end when it is asked to
)

// child is one run of a stand-in.
type child struct {
	url    string
	cmd    *exec.Cmd
	stdin  io.Closer     // its end is the child's end
	stderr *bytes.Buffer // to be read when the child has ended
	ended  chan struct{}
}

// launch starts a stand-in and returns when it takes connections.
func launch(kind string, args ...string) (*child, error) {
	path, err := command()
	if err != nil {
		return nil, err
	}
	c := &child{
		cmd:    exec.Command(path, append([]string{kind}, args...)...),
		stderr: new(bytes.Buffer),
		ended:  make(chan struct{}),
	}
	c.cmd.Stderr = c.stderr
	stdout, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if c.stdin, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the %s stand-in: %w", kind, err)
	}

	ready := make(chan error, 1)
	go c.watch(stdout, ready)
	select {
	case err = <-ready:
	case <-time.After(startTimeout):
		err = fmt.Errorf("not ready after %v", startTimeout)
	}
	if err != nil {
		c.kill()
		return nil, fmt.Errorf("start the %s stand-in: %w\n%s", kind, err, c.stderr)
	}
	return c, nil
}

// watch reads the line by which the child says that it is ready, and then waits
// for its end.
func (c *child) watch(stdout io.Reader, ready chan<- error) {
	defer close(c.ended)
	ready <- c.readURL(stdout)
	_, _ = io.Copy(io.Discard, stdout)
	_ = c.cmd.Wait() // how it ended is for whoever ended it to know
}

func (c *child) readURL(stdout io.Reader) error {
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("ended before it was ready: %w", err)
	}
	var ready struct{ URL string }
	if err := json.Unmarshal(line, &ready); err != nil {
		return fmt.Errorf("said %q: %w", line, err)
	}
	c.url = ready.URL
	return nil
}

// kill ends the child as a crash does.
func (c *child) kill() {
	_ = c.cmd.Process.Kill() // fails only if it has ended already
	<-c.ended
}

// stop lets the child end in order.
func (c *child) stop() error {
	_ = c.stdin.Close()
	select {
	case <-c.ended:
		return nil
	case <-time.After(stopTimeout):
		c.kill()
		return fmt.Errorf("had to be killed, %v after it was asked to end\n%s", stopTimeout, c.stderr)
	}
}

// pause freezes the child and returns when all its threads stand still, which is a
// while after the signal.
func (c *child) pause() error {
	if err := c.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	for {
		var status syscall.WaitStatus
		_, err := syscall.Wait4(c.cmd.Process.Pid, &status, syscall.WUNTRACED, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case err != nil:
			return err
		case !status.Stopped():
			return errors.New("ended meanwhile")
		}
		return nil
	}
}

// resume lets a paused child go on.
func (c *child) resume() error { return c.cmd.Process.Signal(syscall.SIGCONT) }

package standin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"ticketing.dev/common/process"
)

const (
	startTimeout = time.Minute      // until it's ready, on a busy machine
	stopTimeout  = 20 * time.Second // until it ends after being asked to
)

// child is one run of a stand-in.
type child struct {
	*process.Process
	url    string
	stderr bytes.Buffer // complete once the process has ended
}

// launch starts a stand-in and returns when it accepts connections.
func launch(kind string, args ...string) (*child, error) {
	path, err := program()
	if err != nil {
		return nil, err
	}
	c, ready := new(child), &firstLine{read: make(chan struct{})}
	c.Process, err = process.Start(process.Command{
		Path: path, Args: append([]string{kind}, args...), Stdout: ready, Stderr: &c.stderr,
	})
	if err != nil {
		return nil, fmt.Errorf("start the %s stand-in: %w", kind, err)
	}
	select {
	case <-ready.read:
		c.url, err = ready.url()
	case <-c.Done():
		err = errors.New("ended before it was ready")
	case <-time.After(startTimeout):
		err = fmt.Errorf("not ready after %v", startTimeout)
	}
	if err != nil {
		c.Kill()
		return nil, fmt.Errorf("start the %s stand-in: %w\n%s", kind, err, &c.stderr)
	}
	return c, nil
}

// firstLine keeps the line by which a stand-in says that it's ready.
type firstLine struct {
	text bytes.Buffer
	read chan struct{} // is closed when the line is complete
}

func (l *firstLine) Write(p []byte) (int, error) {
	select {
	case <-l.read:
		return len(p), nil
	default:
	}
	n, err := l.text.Write(p)
	if bytes.Contains(p, []byte("\n")) {
		close(l.read)
	}
	return n, err
}

func (l *firstLine) url() (string, error) {
	var ready struct{ URL string }
	if err := json.Unmarshal(l.text.Bytes(), &ready); err != nil {
		return "", fmt.Errorf("it says %q: %w", &l.text, err)
	}
	return ready.URL, nil
}

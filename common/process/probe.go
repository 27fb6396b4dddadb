package process

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

const (
	probePause   = 20 * time.Millisecond
	talkTimeout  = time.Second
	readyTimeout = 3 * time.Second // for one answer of /readyz
)

// Probe asks once whether a process serves.
type Probe func(context.Context) error

// Await probes until the process serves or ctx ends. The error has the last answer.
func (probe Probe) Await(ctx context.Context) error {
	last := errors.New("not asked yet")
	for {
		err := probe(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() == nil {
			last = err
		}
		select {
		case <-time.After(probePause):
		case <-ctx.Done():
			return fmt.Errorf("%w (%w)", context.Cause(ctx), last)
		}
	}
}

// Ready asks a service's GET /readyz whether its store answers. addr is host:port.
func Ready(addr string) Probe {
	return func(ctx context.Context) error {
		_, err := readyz(ctx, addr)
		return err
	}
}

// Connected is Ready, and connected to the event broker.
func Connected(addr string) Probe {
	return func(ctx context.Context) error {
		header, err := readyz(ctx, addr)
		if err == nil && header.Get("Broker") == "away" {
			return errors.New("the broker is away")
		}
		return err
	}
}

func readyz(ctx context.Context, addr string) (http.Header, error) {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/readyz", nil)
	if err != nil {
		return nil, err
	}
	request.Close = true // the process may be another one next time
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	if err := response.Body.Close(); err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("/readyz answers %s", response.Status)
	}
	return response.Header, nil
}

// Answers sends a line and expects an answer that starts with want. Without want, it's enough that the address
// accepts connections.
func Answers(addr, line, want string) Probe {
	return func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, talkTimeout)
		defer cancel()
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
		if err != nil {
			return err
		}
		defer conn.Close()
		if want == "" {
			return nil
		}
		deadline, _ := ctx.Deadline()
		if err := conn.SetDeadline(deadline); err != nil {
			return err
		}
		if _, err := io.WriteString(conn, line); err != nil {
			return err
		}
		answer, err := bufio.NewReader(conn).ReadString('\n')
		if err != nil {
			return err
		}
		if !strings.HasPrefix(answer, want) {
			return fmt.Errorf("it answers %q", answer)
		}
		return nil
	}
}

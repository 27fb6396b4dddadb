package world

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// probeTimeout is how long an answer may take.
const probeTimeout = time.Second

// answersReadyz asks a service whether its own store answers.
func answersReadyz(addr string) func(context.Context) error {
	client := &http.Client{Timeout: 3 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	return func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/readyz", nil)
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if _, err := io.Copy(io.Discard, response.Body); err != nil {
			return err
		}
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("/readyz answers %s", response.Status)
		}
		return nil
	}
}

// takesConnections asks whether somebody listens.
func takesConnections(addr string) func(context.Context) error {
	return func(ctx context.Context) error { return talk(ctx, addr, "", "") }
}

// answersINFO asks the broker, which greets its clients.
func answersINFO(addr string) func(context.Context) error {
	return func(ctx context.Context) error { return talk(ctx, addr, "", "INFO ") }
}

// answersPING asks Redis, which refuses while it reads its files.
func answersPING(addr string) func(context.Context) error {
	return func(ctx context.Context) error { return talk(ctx, addr, "PING\r\n", "+PONG") }
}

// talk connects, says something, and wants an answer that begins as it should.
func talk(ctx context.Context, addr, say, want string) error {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
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
	if _, err := io.WriteString(conn, say); err != nil {
		return err
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return err
	}
	if !strings.HasPrefix(line, want) {
		return fmt.Errorf("it answers %q", line)
	}
	return nil
}

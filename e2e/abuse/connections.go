package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
)

// watch opens streams from one address and keeps them open.
func watch(ctx context.Context, s *site, size size) (string, error) {
	seller, err := s.member(ctx)
	if err != nil {
		return "", err
	}
	t, err := seller.ListTicket(ctx, "Concert", 1000)
	if err != nil {
		return "", err
	}
	at, opened := s.address(), 0
	var open []net.Conn
	defer func() {
		for _, c := range open {
			_ = c.Close()
		}
	}()
	for range size.watchers {
		conn, status, err := s.raw(ctx, fmt.Sprintf("GET /api/tickets/%s/events HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: %s\r\n\r\n", t.ID, at))
		if err != nil {
			return "", err
		}
		open = append(open, conn)
		if status == http.StatusOK {
			opened++
		}
	}
	return fmt.Sprintf("%d of %d streams", opened, size.watchers), errTooMuch(opened, 100)
}

// neverSend announces a body and doesn't send it.
func neverSend(ctx context.Context, s *site, _ size) (string, error) {
	begun := time.Now()
	conn, status, err := s.raw(ctx, "GET /api/tickets HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n")
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if status != http.StatusOK {
		err = fmt.Errorf("status %d", status)
	}
	return fmt.Sprintf("status %d after %s", status, time.Since(begun).Round(time.Millisecond)), err
}

// raw sends the text of a request and returns the open connection and the response's status.
func (s *site) raw(ctx context.Context, text string) (net.Conn, int, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", strings.TrimPrefix(s.Gateway, "http://"))
	if err != nil {
		return nil, 0, err
	}
	_ = conn.SetDeadline(time.Now().Add(hang))
	if _, err := conn.Write([]byte(text)); err != nil {
		return nil, 0, errors.Join(err, conn.Close())
	}
	r, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return nil, 0, errors.Join(err, conn.Close())
	}
	return conn, r.StatusCode, nil
}

// replayCookie signs out and goes on with a copy of the cookie.
func replayCookie(ctx context.Context, s *site, _ size) (string, error) {
	cookie, err := s.cookie(ctx)
	if err != nil {
		return "", err
	}
	status := func(method, path string) (int, error) {
		conn, status, err := s.raw(ctx, fmt.Sprintf("%s %s HTTP/1.1\r\nHost: localhost\r\nCookie: %s\r\nContent-Length: 0\r\n\r\n", method, path, cookie))
		if err != nil {
			return 0, err
		}
		return status, conn.Close()
	}
	before, err1 := status(http.MethodGet, "/api/orders")
	_, err2 := status(http.MethodPost, "/api/users/signout")
	if err := errors.Join(err1, err2); err != nil || before != http.StatusOK {
		return "", errors.Join(err, fmt.Errorf("before the sign-out, the status is %d", before))
	}
	for begun := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		now, err := status(http.MethodGet, "/api/orders")
		switch {
		case err != nil:
			return "", err
		case now == http.StatusUnauthorized:
			return "refused", nil
		case time.Since(begun) > hang:
			return "it's still signed in", errors.New("the session outlives its sign-out")
		}
	}
}

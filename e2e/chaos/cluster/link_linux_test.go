package cluster

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"ticketing.dev/common/process"
)

// echo is a store that answers what it is sent.
func echo(t *testing.T) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return // the test has ended
			}
			go func() {
				defer c.Close()
				_, _ = io.Copy(c, c) // until the other end has enough
			}()
		}
	}()
	return l.Addr().String()
}

func linked(t *testing.T) *Link {
	t.Helper()
	addr, err := process.NewPorts().Free()
	if err != nil {
		t.Fatal(err)
	}
	l, err := newLink("orders-1", "mongo", addr, echo(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Cut)
	return l
}

func dial(t *testing.T, l *Link) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", l.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// ask sends a byte and waits for it to come back.
func ask(c net.Conn, patience time.Duration) error {
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	if _, err := c.Write([]byte("x")); err != nil {
		return err
	}
	_, err := io.ReadFull(c, make([]byte, 1))
	return err
}

const (
	soon    = 5 * time.Second
	nothing = 100 * time.Millisecond
)

func TestACutLinkEndsConnectionsAndRefusesThem(t *testing.T) {
	l := linked(t)
	c := dial(t, l)
	if err := ask(c, soon); err != nil {
		t.Fatal(err)
	}
	l.Cut()
	if err := ask(c, soon); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("over a link that is cut: %v", err)
	}
	if _, err := net.Dial("tcp", l.addr); err == nil {
		t.Error("a link that is cut takes connections")
	}
	if err := l.Heal(); err != nil {
		t.Fatal(err)
	}
	if err := ask(dial(t, l), soon); err != nil {
		t.Errorf("after healing: %v", err)
	}
}

func TestASwallowingLinkStaysOpenAndSendsNothing(t *testing.T) {
	for _, d := range []Direction{There, Back, Both} {
		l := linked(t)
		c := dial(t, l)
		if err := ask(c, soon); err != nil {
			t.Fatal(err)
		}
		if err := l.Swallow(d); err != nil {
			t.Fatal(err)
		}
		if err := ask(c, nothing); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: %v over an open connection", d, err)
		}
		if err := ask(dial(t, l), nothing); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: %v over a new connection", d, err)
		}
		if err := l.Heal(); err != nil {
			t.Fatal(err)
		}
		if err := ask(c, soon); err == nil {
			t.Errorf("%s: a connection that has lost bytes goes on", d)
		}
		if err := ask(dial(t, l), soon); err != nil {
			t.Errorf("%s: after healing: %v", d, err)
		}
	}
}

func TestASlowLinkDelaysBothWays(t *testing.T) {
	l := linked(t)
	const latency = 100 * time.Millisecond
	if err := l.Slow(latency, 0, 1); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := ask(dial(t, l), soon); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took < 2*latency {
		t.Errorf("there and back took %v", took)
	}
}

func TestConnectionsAreCountedByLink(t *testing.T) {
	l := linked(t)
	other := linked(t)
	for range 3 {
		if err := ask(dial(t, l), soon); err != nil {
			t.Fatal(err)
		}
	}
	open, err := connections()
	if err != nil {
		t.Fatal(err)
	}
	if open[l.addr] != 3 || open[other.addr] != 0 {
		t.Errorf("%d and %d connections", open[l.addr], open[other.addr])
	}
}

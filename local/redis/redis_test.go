package redis_test

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"

	"ticketing.dev/local/redis"
)

func start(t *testing.T, addr string) *redis.Server {
	t.Helper()
	s, err := redis.Start(addr, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// command sends one command, written as in the protocol, and returns the first line of the answer.
func command(t *testing.T, addr, line string) string {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := fmt.Fprintf(conn, "%s\r\n", line); err != nil {
		t.Fatal(err)
	}
	answer, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func TestRestartAtTheSameAddressForgets(t *testing.T) {
	first := start(t, "127.0.0.1:0")
	const set, exists = "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1", "*2\r\n$6\r\nEXISTS\r\n$1\r\na"
	if got := command(t, first.Addr(), set); got != "+OK\r\n" {
		t.Errorf("SET answered %q", got)
	}
	if got := command(t, first.Addr(), exists); got != ":1\r\n" {
		t.Errorf("EXISTS answered %q", got)
	}
	first.Close()

	again := start(t, first.Addr())
	if got := command(t, again.Addr(), exists); got != ":0\r\n" {
		t.Errorf("EXISTS answered %q after a restart", got)
	}
}

func TestStartRefusesTakenAddress(t *testing.T) {
	if s, err := redis.Start(start(t, "127.0.0.1:0").Addr(), nil); err == nil {
		s.Close()
		t.Error("two servers on one address")
	}
}

func TestUsersNeedTheirPassword(t *testing.T) {
	s, err := redis.Start("127.0.0.1:0", map[string]string{"expiration": "secret"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	for line, want := range map[string]string{
		"*1\r\n$4\r\nPING": "-NOAUTH",
		"*3\r\n$4\r\nAUTH\r\n$10\r\nexpiration\r\n$5\r\nwrong":  "-WRONGPASS",
		"*3\r\n$4\r\nAUTH\r\n$6\r\norders\r\n$6\r\nsecret":      "-WRONGPASS",
		"*3\r\n$4\r\nAUTH\r\n$10\r\nexpiration\r\n$6\r\nsecret": "+OK",
	} {
		if got := command(t, s.Addr(), line); !strings.HasPrefix(got, want) {
			t.Errorf("%q: %q, want %s", line, got, want)
		}
	}
}

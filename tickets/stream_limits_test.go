package tickets_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"ticketing.dev/common/bus/memory"
	"ticketing.dev/common/service/servicetest"
	"ticketing.dev/tickets"
)

// limited runs a service that believes loopback about its visitors' addresses.
func limited(t *testing.T, limits tickets.StreamLimits) *system {
	t.Helper()
	s := &system{t: t, db: servicetest.Database(t), bus: memory.New()}
	opened, err := tickets.New(t.Context(), tickets.Options{
		DB: s.db, Bus: s.bus, Sessions: servicetest.Sessions(t), Keys: keys(t), Streams: limits, Log: servicetest.Log(t),
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Client = servicetest.Run(t, "tickets", s.bus, opened)
	return s
}

// watch opens a stream for a visitor and returns its status. The connection stays open until the test ends.
func (s *system) watch(id, visitor string) (conn net.Conn, status int, retryAfter string) {
	s.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(servicetest.Patience))
	fmt.Fprintf(conn, "GET /api/tickets/%s/events HTTP/1.1\r\nHost: test\r\nX-Forwarded-For: %s\r\n\r\n", id, visitor)
	response, err := http.ReadResponse(bufio.NewReaderSize(conn, 16), nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return conn, response.StatusCode, response.Header.Get("Retry-After")
}

func TestStreamsBeyondALimitAreRefusedUntilOneEnds(t *testing.T) {
	s := limited(t, tickets.StreamLimits{Max: 3, MaxPerAddress: 2})
	id := s.list(ada, "Concert", "19.99").ID
	first, _, _ := s.watch(id, "203.0.113.1")
	for _, c := range []struct {
		visitor string
		status  int
		rule    string
	}{
		{"203.0.113.1", 200, "a second of the address"},
		{"203.0.113.1", 503, "a third of the address"},
		{"192.0.2.9, 203.0.113.1", 503, "a forged address before it"},
		{"2001:db8::1", 200, "another address"},
		{"2001:db8::2", 503, "the process is full"},
	} {
		if _, status, retry := s.watch(id, c.visitor); status != c.status || (status == 503) != (retry == "30") {
			t.Errorf("%s: %d, Retry-After %q, want %d", c.rule, status, retry, c.status)
		}
	}
	first.Close()
	servicetest.Eventually(t, "a free place", func() bool {
		_, status, _ := s.watch(id, "203.0.113.1")
		return status == 200
	})
	if a := s.Do(servicetest.SignedOut, http.MethodGet, "/api/tickets/"+id, ""); a.Status != 200 {
		t.Errorf("a read beside full streams is answered %d", a.Status)
	}
}

func TestAStreamTakesLessThanTenKiB(t *testing.T) {
	const streams, limit = 300, raceOverhead * 10 << 10
	s := limited(t, tickets.StreamLimits{})
	id := s.list(ada, "Concert", "19.99").ID
	s.watch(id, "") // what the first one allocates for all
	before := inUse()
	conns := make([]net.Conn, streams)
	for i := range conns {
		var status int
		if conns[i], status, _ = s.watch(id, ""); status != 200 {
			t.Fatalf("stream %d is answered %d", i, status)
		}
	}
	// Includes the test's own half of each connection.
	each := (inUse() - before) / streams
	t.Logf("%d bytes a stream, %d goroutines", each, runtime.NumGoroutine())
	if each > limit {
		t.Errorf("a stream takes %d bytes, want at most %d", each, limit)
	}
	for _, conn := range conns {
		if _, err := io.ReadFull(conn, make([]byte, 8)); err != nil {
			t.Fatal(err)
		}
	}
}

// inUse is the memory of the process, without garbage. A collection halves a stack that is mostly unused.
func inUse() uint64 {
	for range 4 {
		runtime.GC()
	}
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}

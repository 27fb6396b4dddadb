package gateway_test

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"ticketing.dev/common/web"
	"ticketing.dev/local/gateway"
)

func TestABrokenBodyIsTheVisitorsFault(t *testing.T) {
	service := replica(t, func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
	s := serve(t, fixed(service))
	for _, body := range []string{"zz\r\n", "5\r\nabcdefgh\r\n", "-1\r\n"} {
		conn, err := net.Dial("tcp", parse(t, s.URL).Host)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprint(conn, "POST /api/tickets HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"+body)
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		if response.StatusCode != http.StatusBadRequest {
			t.Errorf("%q is answered %s", body, response.Status)
		}
	}
}

func TestABodyThatNeverComesEndsARead(t *testing.T) {
	routes, err := gateway.ReadRoutes(manifest)
	if err != nil {
		t.Fatal(err)
	}
	service := replica(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") })
	s := httptest.NewServer(web.Bounded(gateway.New(routes, fixed(service), slog.New(slog.DiscardHandler))))
	t.Cleanup(s.Close)
	conn, err := net.Dial("tcp", parse(t, s.URL).Host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	fmt.Fprint(conn, "GET /api/tickets HTTP/1.1\r\nHost: test\r\nContent-Length: 9\r\n\r\n")
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	if !response.Close {
		t.Errorf("%s leaves the connection open, with a body that may still come", response.Status)
	}
}

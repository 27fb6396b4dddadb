package gateway_test

import (
	"bufio"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"ticketing.dev/common/web"
	"ticketing.dev/local/gateway"
)

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

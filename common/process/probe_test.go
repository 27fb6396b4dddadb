package process

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestReadyAndConnected(t *testing.T) {
	for _, test := range []struct {
		name             string
		status           int
		broker           string
		ready, connected bool
	}{
		{"without a broker", 200, "", true, true},
		{"connected", 200, "connected", true, true},
		{"broker away", 200, "away", true, false},
		{"store away", 503, "connected", false, false},
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/readyz" {
				t.Errorf("asked for %s", r.URL)
			}
			w.Header().Set("Broker", test.broker)
			w.WriteHeader(test.status)
		}))
		defer s.Close()
		addr := s.Listener.Addr().String()
		if err := Ready(addr)(t.Context()); (err == nil) != test.ready {
			t.Errorf("%s: Ready: %v", test.name, err)
		}
		if err := Connected(addr)(t.Context()); (err == nil) != test.connected {
			t.Errorf("%s: Connected: %v", test.name, err)
		}
	}
}

func TestAnswers(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Write([]byte("+PONG\r\n"))
			c.Close()
		}
	}()
	addr := l.Addr().String()
	if err := Answers(addr, "", "")(t.Context()); err != nil {
		t.Error(err)
	}
	if err := Answers(addr, "PING\r\n", "+PONG")(t.Context()); err != nil {
		t.Error(err)
	}
	if err := Answers(addr, "PING\r\n", "INFO")(t.Context()); err == nil || !strings.Contains(err.Error(), "PONG") {
		t.Errorf("another answer than the expected one: %v", err)
	}
	l.Close()
	if err := Answers(addr, "", "")(t.Context()); err == nil {
		t.Error("a closed port accepts connections")
	}
}

func TestAwaitReportsTheLastAnswer(t *testing.T) {
	cause, answer := errors.New("too slow"), errors.New("not yet")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, cause)
	defer cancel()
	err := Probe(func(context.Context) error { return answer }).Await(ctx)
	if !errors.Is(err, cause) || !errors.Is(err, answer) {
		t.Errorf("error %v", err)
	}
}

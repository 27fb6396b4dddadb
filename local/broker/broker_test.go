package broker_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/stan.go"

	"ticketing.dev/local/broker"
)

const patience = time.Minute // before a test that hangs fails

func start(t *testing.T, addr, dir string) *broker.Server {
	t.Helper()
	s, err := broker.Start(broker.Options{Addr: addr, Dir: dir, ClusterID: "ticketing"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func connect(t *testing.T, url, client string) stan.Conn {
	t.Helper()
	conn, err := stan.Connect("ticketing", client, stan.NatsURL(url), stan.ConnectWait(patience))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// received returns the first n messages of a channel, from its beginning.
func received(t *testing.T, conn stan.Conn, channel string, n int) []string {
	t.Helper()
	messages := make(chan string, n)
	_, err := conn.Subscribe(channel, func(m *stan.Msg) { messages <- string(m.Data) }, stan.DeliverAllAvailable())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for range n {
		select {
		case m := <-messages:
			got = append(got, m)
		case <-time.After(patience):
			t.Fatalf("received %v; want %d messages", got, n)
		}
	}
	return got
}

func TestMessagesSurviveRestart(t *testing.T) {
	dir := t.TempDir()
	first := start(t, "127.0.0.1:0", dir)
	publisher := connect(t, first.URL(), "publisher")
	for _, m := range []string{"one", "two"} {
		if err := publisher.Publish("order:created", []byte(m)); err != nil {
			t.Fatal(err)
		}
	}
	addr := hostPort(t, first.URL())
	first.Close()

	again := start(t, addr, dir)
	if again.URL() != first.URL() {
		t.Errorf("restarted at %s; want %s", again.URL(), first.URL())
	}
	got := received(t, connect(t, again.URL(), "reader"), "order:created", 2)
	if got[0] != "one" || got[1] != "two" {
		t.Errorf("received %v; want one two", got)
	}
}

// The default is a hundred channels.
func TestChannelsHaveNoLimit(t *testing.T) {
	conn := connect(t, start(t, "127.0.0.1:0", t.TempDir()).URL(), "publisher")
	for i := range 101 {
		if err := conn.Publish(fmt.Sprint("channel", i), []byte("one")); err != nil {
			t.Fatal(err)
		}
	}
}

// What a crashed member of a queue group has not acknowledged goes to another one
// long before its time for acknowledging is over.
func TestCrashedClientIsReplaced(t *testing.T) {
	url := start(t, "127.0.0.1:0", t.TempDir()).URL()
	conn, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	join := func(member stan.Conn, handle func(*stan.Msg)) {
		t.Helper()
		_, err := member.QueueSubscribe("order:created", "payments", handle,
			stan.SetManualAckMode(), stan.MaxInflight(1), stan.AckWait(10*patience))
		if err != nil {
			t.Fatal(err)
		}
	}
	crashing, err := stan.Connect("ticketing", "crashing", stan.NatsConn(conn))
	if err != nil {
		t.Fatal(err)
	}
	taken := make(chan string, 1)
	join(crashing, func(m *stan.Msg) { taken <- string(m.Data) })
	survivor := connect(t, url, "survivor")
	if err := survivor.Publish("order:created", []byte("one")); err != nil {
		t.Fatal(err)
	}
	<-taken
	conn.Close()

	passedOn := make(chan string, 1)
	join(survivor, func(m *stan.Msg) { passedOn <- string(m.Data) })
	select {
	case <-passedOn:
	case <-time.After(patience):
		t.Error("the message of the crashed client is still its own")
	}
}

func TestStartRefusesTakenAddress(t *testing.T) {
	addr := hostPort(t, start(t, "127.0.0.1:0", t.TempDir()).URL())
	s, err := broker.Start(broker.Options{Addr: addr, Dir: t.TempDir(), ClusterID: "ticketing"})
	if err == nil {
		s.Close()
		t.Fatal("two brokers on one address")
	}
	if !strings.Contains(err.Error(), addr) {
		t.Errorf("error %q does not name the address %s", err, addr)
	}
}

func TestLogger(t *testing.T) {
	var log bytes.Buffer
	s, err := broker.Start(broker.Options{
		Addr: "127.0.0.1:0", Dir: t.TempDir(), ClusterID: "ticketing",
		Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	if !strings.Contains(log.String(), "Starting nats-streaming-server[ticketing]") {
		t.Errorf("log without the start of the server:\n%s", &log)
	}
}

func hostPort(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

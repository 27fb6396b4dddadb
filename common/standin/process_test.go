package standin

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
)

const patience = time.Minute // before a test that hangs fails

func TestRestartKeepsAddressAndData(t *testing.T) {
	for name, end := range map[string]func(*Process){
		"after a crash":    (*Process).Kill,
		"after a stop":     (*Process).Stop,
		"while it is up":   func(*Process) {},
		"while it is hung": (*Process).Pause,
	} {
		t.Run(name, func(t *testing.T) {
			p := Start(t, "mongo")
			things := connect(t, p.URL).Database("test").Collection("things")
			if _, err := things.InsertOne(t.Context(), bson.M{"_id": "a"}); err != nil {
				t.Fatal(err)
			}
			end(p)
			p.Restart()
			if n, err := things.CountDocuments(t.Context(), bson.M{}); n != 1 || err != nil {
				t.Errorf("count after the restart = %d, %v; want 1", n, err)
			}
		})
	}
}

func TestEndedStandInsRefuseConnections(t *testing.T) {
	for name, end := range map[string]func(*Process){
		"kill": (*Process).Kill,
		"stop": (*Process).Stop,
	} {
		t.Run(name, func(t *testing.T) {
			p := Start(t, "redis")
			end(p)
			if conn, err := net.Dial("tcp", p.Addr()); err == nil {
				_ = conn.Close()
				t.Error("still taking connections")
			}
		})
	}
}

func TestPausedAnswersWhenResumed(t *testing.T) {
	p := Start(t, "redis")
	conn := dial(t, p.Addr())
	answers := bufio.NewReader(conn)
	ping := func(wait time.Duration) (string, error) {
		t.Helper()
		if _, err := io.WriteString(conn, "*1\r\n$4\r\nPING\r\n"); err != nil {
			t.Fatal(err)
		}
		_ = conn.SetReadDeadline(time.Now().Add(wait))
		return answers.ReadString('\n')
	}

	p.Pause()
	if got, err := ping(200 * time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("paused, it answered %q, %v", got, err)
	}
	p.Resume()
	if got, err := ping(patience); got != "+PONG\r\n" {
		t.Errorf("resumed, it answered %q, %v", got, err)
	}
}

func TestFailureToStartSaysWhy(t *testing.T) {
	_, err := launch("redis", "-addr", Start(t, "redis").Addr())
	if err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("error %v does not quote the stand-in", err)
	}
}

// parent makes this test binary play the parent in the test below.
const parent = "STANDIN_TEST_PARENT"

func TestMain(m *testing.M) {
	if os.Getenv(parent) == "" {
		os.Exit(m.Run())
	}
	c, err := launch("redis")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(strings.TrimPrefix(c.url, "redis://"))
	<-c.Done()
}

func TestEndsWithItsParent(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), parent+"=1")
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	addr, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err, cmd.Wait())
	}
	conn := dial(t, strings.TrimSpace(addr))

	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	if _, err := io.ReadAll(conn); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the stand-in outlives its parent")
	}
}

func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func connect(t *testing.T, uri string) *mongo.Client {
	t.Helper()
	client, err := mongo.Connect(t.Context(), options.Client().ApplyURI(uri).SetTimeout(patience))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Disconnect(context.Background()) })
	return client
}

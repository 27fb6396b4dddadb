package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"net"
	"net/url"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ticketing.dev/common/bus"
	"ticketing.dev/common/bus/stan"
	"ticketing.dev/common/deadletters"
	"ticketing.dev/common/events"
	"ticketing.dev/common/mongodb"
	"ticketing.dev/common/service/servicetest"
	"ticketing.dev/local/api"
	"ticketing.dev/orders"
)

// command runs a service's program as an operator does, with the service's environment.
func command(service, nats string, args ...string) *exec.Cmd {
	parts := shared.Run()
	broker, _ := url.Parse(nats) // which the system wrote
	broker.User = nil            // the service has its own
	c := exec.Command(filepath.Join(programs, service), args...)
	c.Env = append(storeVariables(service),
		"MONGO_URI="+parts.Mongo.URL,
		"NATS_URL="+broker.String(),
		"STRIPE_KEY=sk_test_123", "STRIPE_WEBHOOK_SECRET=whsec_123", "STRIPE_API_URL="+parts.Stripe.URL,
		"JWT_KEY=only for this test, and long enough",
		"USER=ada",
	)
	return c
}

// storeVariables are how the system's own replicas of a service use Redis and the broker.
func storeVariables(service string) []string {
	return slices.DeleteFunc(shared.Settings().Environ(service, service, "0"), func(variable string) bool {
		return !strings.HasPrefix(variable, "REDIS_") && !strings.HasPrefix(variable, "EVENT_") && !strings.HasPrefix(variable, "NATS_")
	})
}

// operate runs a program and returns its output and status.
func operate(t *testing.T, service string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	c := command(service, shared.Run().NATS.URL, args...)
	var out, complaints bytes.Buffer
	c.Stdout, c.Stderr = &out, &complaints
	if err := c.Run(); err != nil {
		if _, exited := errors.AsType[*exec.ExitError](err); !exited {
			t.Fatal(err)
		}
	}
	return out.String(), complaints.String(), c.ProcessState.ExitCode()
}

// operated runs a program that must succeed.
func operated(t *testing.T, service string, args ...string) (stdout string) {
	t.Helper()
	out, complaints, status := operate(t, service, args...)
	if status != 0 || complaints != "" {
		t.Fatalf("%s %s: status %d, %s%s", service, args, status, out, complaints)
	}
	return out
}

// letters waits for a number of open dead letters of orders.
func letters(t *testing.T, want int) (open []deadletters.Letter) {
	t.Helper()
	servicetest.Eventually(t, "the dead letters", func() bool {
		if err := json.Unmarshal([]byte(operated(t, "orders", "deadletters", "list", "-json")), &open); err != nil {
			t.Fatal(err)
		}
		return len(open) == want
	})
	return open
}

// connect connects to the broker as the operator. Events are signed as a service's own.
func connect(t *testing.T, service string) *stan.Bus {
	t.Helper()
	broker, err := stan.Open(stan.Config{
		URL: shared.Run().NATS.URL, ClusterID: "ticketing", ClientID: "e2e",
		Keys: events.KeyConfig{Key: shared.Settings().EventKeys[service]},
	}, servicetest.Log(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { broker.Close() })
	servicetest.Eventually(t, "the broker", broker.Connected)
	return broker
}

func TestEveryProgramHasOperatorCommands(t *testing.T) {
	for _, service := range []string{"auth", "tickets", "orders", "expiration", "payments"} {
		if out := operated(t, service, "deadletters", "list"); out != "no dead letters\n" {
			t.Errorf("%s: %s", service, out)
		}
		if out := operated(t, service, "-h"); !strings.Contains(out, service+" deadletters redrive") {
			t.Errorf("%s -h: %s", service, out)
		}
	}
	if out := operated(t, "payments", "stuck", "list"); out != "no charge waits for a person\n" {
		t.Errorf("payments: %s", out)
	}
	if _, complaints, status := operate(t, "auth", "stuck", "list"); status != 2 || !strings.Contains(complaints, "unknown command") {
		t.Errorf("auth: status %d, %s", status, complaints)
	}
}

// A database restored from a backup lacks an order, so its events become dead letters. Once the order is back,
// they can be redriven.
func TestADeadLetterIsRedrivenOnceItsCauseIsGone(t *testing.T) {
	seller, buyer := newUser(t, shared), newUser(t, shared)
	ticket := list(t, seller, 1999)
	o := order(t, buyer, ticket)
	if _, err := buyer.AwaitTicket(bounded(t), ticket.ID, api.Reserved); err != nil {
		t.Fatal(err)
	}
	db, err := mongodb.Connect(t.Context(), mongodb.Config{URI: shared.Run().Mongo.URL}, "orders", servicetest.Log(t))
	if err != nil {
		t.Fatal(err)
	}
	defer mongodb.Disconnect(db)
	var lost orders.Order
	if err := db.Collection("orders").FindOneAndDelete(t.Context(), map[string]any{"_id": o.ID}).Decode(&lost); err != nil {
		t.Fatal(err)
	}
	failed := events.PaymentFailed{Payment: events.Payment{ID: o.ID, OrderID: o.ID}, Reason: "declined"}
	if err := bus.Send(t.Context(), connect(t, "payments"), "payments", failed, time.Now()); err != nil {
		t.Fatal(err)
	}
	id := letters(t, 1)[0].ID
	if out := operated(t, "orders", "deadletters", "list"); !strings.Contains(out, id) || !strings.Contains(out, "payment:failed") {
		t.Errorf("the list is %s", out)
	}
	if out := operated(t, "orders", "deadletters", "show", id); !strings.Contains(out, o.ID) || !strings.Contains(out, "Not found") {
		t.Errorf("it is shown as %s", out)
	}
	out, complaints, status := operate(t, "orders", "deadletters", "redrive", id)
	if status != 1 || !strings.Contains(out, "stays: Not found") || complaints != "orders: 1 of 1 dead letters cannot be handled\n" {
		t.Errorf("redriven with status %d, %s%s", status, out, complaints)
	}

	if _, err := db.Collection("orders").InsertOne(t.Context(), &lost); err != nil {
		t.Fatal(err)
	}
	redriveAndDie(t, id)
	ended, err := buyer.AwaitOrder(bounded(t), o.ID, api.Cancelled)
	if err != nil {
		t.Fatal(err)
	}
	letters(t, 1)
	if out := operated(t, "orders", "deadletters", "redrive", "-all"); out != id+" redriven\n" {
		t.Errorf("it printed %s", out)
	}
	letters(t, 0)
	// Redriving it again changed nothing, and the first decision is published with the service's next start.
	if again, err := buyer.Order(t.Context(), o.ID); err != nil || again != ended {
		t.Errorf("the order is %+v, was %+v, %v", again, ended, err)
	}
	if _, err := buyer.AwaitTicket(bounded(t), ticket.ID, api.Available); err != nil {
		t.Error(err)
	}
	if out := operated(t, "orders", "deadletters", "show", id); !strings.Contains(out, "redriven at") || !strings.Contains(out, "by ada@") {
		t.Errorf("it is shown as %s", out)
	}
}

// redriveAndDie kills the program after it handled the letter and before it records that.
func redriveAndDie(t *testing.T, id string) {
	t.Helper()
	nats, reached := untilDecision(t)
	c := command("orders", nats, "deadletters", "redrive", id)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-reached:
	case <-time.After(patience):
		t.Error("no decision was written")
	}
	_ = c.Process.Kill()
	_ = c.Wait() // it was killed
}

// untilDecision is a proxy of the broker that loses decisions and signals the first.
func untilDecision(t *testing.T) (broker string, reached <-chan struct{}) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	at, err := url.Parse(shared.Run().NATS.URL)
	if err != nil {
		t.Fatal(err)
	}
	swallowed := make(chan struct{})
	tell := sync.OnceFunc(func() { close(swallowed) })
	go func() {
		for {
			operator, err := l.Accept()
			if err != nil {
				return // the test has ended
			}
			upstream, err := net.Dial("tcp", at.Host)
			if err != nil {
				t.Error(err)
				return
			}
			go passOn(operator, upstream, nil, nil)
			go passOn(upstream, operator, []byte(`"decision"`), tell)
		}
	}()
	near := *at
	near.Host = l.Addr().String()
	return near.String(), swallowed
}

// passOn copies from one end to the other, except what contains a word, which it signals.
func passOn(to, from net.Conn, word []byte, tell func()) {
	defer to.Close()
	chunk := make([]byte, 64<<10)
	for {
		n, err := from.Read(chunk)
		if err != nil {
			return
		}
		if word != nil && bytes.Contains(chunk[:n], word) {
			tell()
			continue
		}
		if _, err := to.Write(chunk[:n]); err != nil {
			return
		}
	}
}

func TestADeadLetterCanBeDropped(t *testing.T) {
	if err := connect(t, "expiration").Publish(t.Context(), "expiration:complete", []byte("no JSON")); err != nil {
		t.Fatal(err)
	}
	letter := letters(t, 1)[0]
	if string(letter.Raw) != "no JSON" || letter.Channel != "expiration:complete" {
		t.Errorf("the letter is %+v", letter)
	}
	if _, _, status := operate(t, "orders", "deadletters", "redrive", letter.ID); status != 1 {
		t.Errorf("redriven with status %d", status)
	}
	letters(t, 1)
	operated(t, "orders", "deadletters", "drop", letter.ID)
	letters(t, 0)
}

func TestCommandsFailWithoutABroker(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	c := command("expiration", "nats://"+l.Addr().String(), "deadletters", "list")
	var complaints bytes.Buffer
	c.Stderr = &complaints
	_ = c.Run() // the status says more
	if c.ProcessState.ExitCode() != 1 || !strings.Contains(complaints.String(), "not connected to the broker") {
		t.Errorf("status %d: %s", c.ProcessState.ExitCode(), &complaints)
	}
}

package broker_test

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/stan.go"

	"ticketing.dev/common/bus"
	"ticketing.dev/common/events"
	"ticketing.dev/local/broker"
)

// guarded starts a broker with a user for each service. Their passwords are their names.
func guarded(t *testing.T) *broker.Server {
	t.Helper()
	users := map[string]string{broker.Operator: broker.Operator}
	for _, service := range events.Services() {
		users[service] = service
	}
	s, err := broker.Start(broker.Options{Addr: "127.0.0.1:0", Dir: t.TempDir(), ClusterID: "ticketing", Users: users})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// as connects as a user. The broker drops what a client isn't allowed to publish, so a refused message is never
// acknowledged: errs has the reason.
func as(t *testing.T, url, user string) (stan.Conn, <-chan error) {
	t.Helper()
	errs := make(chan error, 10)
	nc, err := nats.Connect(url, nats.UserInfo(user, user),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { errs <- err }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	conn, err := stan.Connect("ticketing", user, stan.NatsConn(nc), stan.ConnectWait(patience), stan.PubAckWait(patience))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn, errs
}

// publishes reports whether the broker takes a message.
func publishes(t *testing.T, conn stan.Conn, errs <-chan error, channel string) bool {
	t.Helper()
	stored := make(chan error, 1)
	if _, err := conn.PublishAsync(channel, []byte("one"), func(_ string, err error) { stored <- err }); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-stored:
		if err != nil {
			t.Fatal(err)
		}
		return true
	case err := <-errs:
		t.Log(err)
		return false
	case <-time.After(patience):
		t.Fatal("neither stored nor refused")
		return false
	}
}

func TestAServicePublishesItsOwnChannelsOnly(t *testing.T) {
	s := guarded(t)
	var channels []string
	for _, service := range events.Services() {
		channels = append(channels, bus.DeadLetters(service))
		channels = append(channels, events.Owned(service)...)
	}
	channels = append(channels, "made:up", "order:created.more")
	for _, service := range events.Services() {
		conn, errs := as(t, s.URL(), service)
		for _, channel := range channels {
			own := events.Owner(channel) == service || channel == bus.DeadLetters(service)
			if got := publishes(t, conn, errs, channel); got != own {
				t.Errorf("%s publishes %s: %v, want %v", service, channel, got, own)
			}
		}
	}
}

func TestTheOperatorPublishesEverything(t *testing.T) {
	conn, errs := as(t, guarded(t).URL(), broker.Operator)
	for _, channel := range []string{"order:created", "payment:created", bus.DeadLetters("orders")} {
		if !publishes(t, conn, errs, channel) {
			t.Errorf("the operator may not publish %s", channel)
		}
	}
}

func TestNobodyConnectsWithoutThePassword(t *testing.T) {
	s := guarded(t)
	for name, option := range map[string]nats.Option{
		"no user":          func(*nats.Options) error { return nil },
		"wrong password":   nats.UserInfo("orders", "payments"),
		"unknown user":     nats.UserInfo("refunds", "refunds"),
		"streaming itself": nats.UserInfo("streaming", "streaming"),
	} {
		if conn, err := nats.Connect(s.URL(), option); err == nil {
			conn.Close()
			t.Errorf("%s: connected", name)
		}
	}
}

// Raw NATS would bypass NATS Streaming: these are the subjects of its answers and of its own traffic.
func TestAServiceCannotReadOrAnswerForTheBroker(t *testing.T) {
	s := guarded(t)
	errs := make(chan error, 10)
	conn, err := nats.Connect(s.URL(), nats.UserInfo("orders", "orders"),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { errs <- err }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	refused := func(what string, try func() error) {
		t.Helper()
		if err := try(); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-errs:
			t.Log(err)
		case <-time.After(patience):
			t.Errorf("%s isn't refused", what)
		}
	}
	for _, subject := range []string{">", "_STAN.>", "_STAN.pub.ticketing.>", "_STAN.discover.ticketing"} {
		refused("subscribing to "+subject, func() error { _, err := conn.SubscribeSync(subject); return err })
	}
	for _, subject := range []string{"_STAN.pub.ticketing.payment:created", "_STAN.snap.ticketing.x", "anything"} {
		refused("publishing to "+subject, func() error { return conn.Publish(subject, nil) })
	}
}

// Heartbeats are a second apart, and the third that is missed ends a client.
func TestARestrictedClientStaysAliveAndAcknowledges(t *testing.T) {
	s := guarded(t)
	orders, errs := as(t, s.URL(), "orders")
	messages := make(chan *stan.Msg, 10)
	_, err := orders.QueueSubscribe("payment:created", "orders", func(m *stan.Msg) { messages <- m },
		stan.DurableName("orders"), stan.SetManualAckMode(), stan.AckWait(time.Second), stan.DeliverAllAvailable())
	if err != nil {
		t.Fatal(err)
	}
	payments, refusals := as(t, s.URL(), "payments")
	if !publishes(t, payments, refusals, "payment:created") {
		t.Fatal("refused")
	}
	select {
	case m := <-messages:
		if err := m.Ack(); err != nil {
			t.Fatal(err)
		}
	case <-time.After(patience):
		t.Fatal("nothing arrives")
	}
	select { // longer than it takes to lose a client or to redeliver
	case m := <-messages:
		t.Errorf("message %d comes again, so it wasn't acknowledged", m.Sequence)
	case err := <-errs:
		t.Error(err)
	case <-time.After(8 * time.Second):
	}
	if !publishes(t, orders, errs, "order:created") {
		t.Error("the client was lost")
	}
}

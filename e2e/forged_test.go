package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/stan.go/pb"

	"ticketing.dev/common/bus"
	"ticketing.dev/common/bus/stan"
	"ticketing.dev/common/deadletters"
	"ticketing.dev/common/events"
	"ticketing.dev/common/service/servicetest"
	"ticketing.dev/local/api"
)

// as connects with a service's own user and key, as an attacker does who has taken over the service.
func as(t *testing.T, service string) stan.Config {
	t.Helper()
	s := shared.Settings()
	login := s.NATSLogins[service]
	return stan.Config{
		URL: s.NATSURL, ClusterID: s.ClusterID, ClientID: "attacker", User: login.User, Password: login.Password,
		Keys: events.KeyConfig{Key: s.EventKeys[service]},
	}
}

func paid(o api.Order) events.PaymentCreated {
	return events.PaymentCreated{Payment: events.Payment{ID: o.ID, OrderID: o.ID}, StripeID: "pi_forged", Amount: 1999}
}

func TestATakenOverServiceCannotPublishForAnother(t *testing.T) {
	ticket := list(t, newUser(t, shared), 1999)
	o := order(t, newUser(t, shared), ticket)
	broker, err := stan.Open(as(t, "tickets"), servicetest.Log(t))
	if err != nil {
		t.Fatal(err)
	}
	defer broker.Close()
	servicetest.Eventually(t, "the broker", broker.Connected)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := bus.Send(ctx, broker, "payments", paid(o), time.Now()); err == nil {
		t.Error("tickets published payment:created")
	}
}

// NATS Streaming takes the channel from inside of a message, so its permissions can be bypassed. The signature can't.
func TestAnEventSmuggledPastTheBrokerIsADeadLetter(t *testing.T) {
	buyer := newUser(t, shared)
	o := order(t, buyer, list(t, newUser(t, shared), 1999))
	m, err1 := events.NewMessage("payments", paid(o), time.Now())
	forged, err2 := json.Marshal(m)
	k, err3 := events.NewKeys(as(t, "tickets").Keys)
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	smuggle(t, "tickets", "ticket:created", "payment:created", k.Sign(forged))

	letter := forgedLetter(t, o.ID)
	if !strings.Contains(letter.Cause, "without the signature of payments") {
		t.Errorf("the cause is %s", letter.Cause)
	}
	if _, complaints, status := operate(t, "orders", "deadletters", "redrive", letter.ID); status != 1 {
		t.Errorf("redriven with status %d, %s", status, complaints)
	}
	operated(t, "orders", "deadletters", "drop", letter.ID)
	if o, err := buyer.Order(t.Context(), o.ID); err != nil || o.Status != api.Created {
		t.Errorf("the order is %+v, %v", o, err)
	}
}

// forgedLetter waits for the dead letter of an order.
func forgedLetter(t *testing.T, order string) (letter deadletters.Letter) {
	t.Helper()
	servicetest.Eventually(t, "the dead letter", func() bool {
		var open []deadletters.Letter
		if err := json.Unmarshal([]byte(operated(t, "orders", "deadletters", "list", "-json")), &open); err != nil {
			t.Fatal(err)
		}
		for _, l := range open {
			if bytes.Contains(l.Content(), []byte(order)) {
				letter = l
				return true
			}
		}
		return false
	})
	return letter
}

// smuggle publishes to one channel on a NATS subject of another.
func smuggle(t *testing.T, service, allowed, channel string, message []byte) {
	t.Helper()
	config := as(t, service)
	at, err := url.Parse(config.URL)
	if err != nil {
		t.Fatal(err)
	}
	at.User = url.UserPassword(config.User, config.Password)
	conn, err := nats.Connect(at.String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	request := func(subject string, m interface{ Marshal() ([]byte, error) }) []byte {
		t.Helper()
		encoded, err := m.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		answer, err := conn.Request(subject, encoded, patience)
		if err != nil {
			t.Fatalf("%s: %v", subject, err)
		}
		return answer.Data
	}
	heartbeats := nats.NewInbox()
	id := []byte(nats.NewInbox()[len("_INBOX."):])
	var opened pb.ConnectResponse
	if err := opened.Unmarshal(request("_STAN.discover."+config.ClusterID, &pb.ConnectRequest{
		ClientID: string(id), HeartbeatInbox: heartbeats, ConnID: id, Protocol: 1, PingInterval: 5, PingMaxOut: 3,
	})); err != nil || opened.Error != "" {
		t.Fatal(opened.Error, err)
	}
	var stored pb.PubAck
	if err := stored.Unmarshal(request(opened.PubPrefix+"."+allowed, &pb.PubMsg{
		ClientID: string(id), Guid: nats.NewInbox(), Subject: channel, Data: message, ConnID: id,
	})); err != nil || stored.Error != "" {
		t.Fatal(stored.Error, err)
	}
}

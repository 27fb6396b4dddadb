package stan_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ticketing.dev/common/bus"
	"ticketing.dev/common/bus/stan"
	"ticketing.dev/common/events"
	"ticketing.dev/common/service/servicetest"
	"ticketing.dev/common/standin"
)

// guarded starts a broker that asks for passwords.
func guarded(t *testing.T, users map[string]string) *standin.Process {
	t.Helper()
	text, err := json.Marshal(users)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "users.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return standin.Start(t, "nats", "-users", file)
}

func TestConnectsAsAUserAndPublishesWhatItMay(t *testing.T) {
	nats := guarded(t, map[string]string{"orders": "a secret"})
	b, logged := openWith(t, stan.Config{URL: nats.URL, User: "orders", Password: "a secret"})
	logged.await(t, "broker connected")
	got := subscribe(t, b, "order:created", accept)
	publish(t, b, "order:created", "one")
	expect(t, got, "one")

	if err := b.Publish(t.Context(), "payment:created", []byte("forged")); err == nil {
		t.Error("orders published payment:created")
	}
	logged.await(t, "broker connection error")
	publish(t, b, "order:created", "two")
	expect(t, got, "two")
}

func TestARefusedPasswordIsLoggedAndTriedAgain(t *testing.T) {
	nats := guarded(t, map[string]string{"orders": "a secret"})
	_, logged := openWith(t, stan.Config{URL: nats.URL, User: "orders", Password: "another"})
	logged.await(t, "broker unreachable")
	logged.await(t, "broker unreachable")
}

func TestTheURLMayNameTheUser(t *testing.T) {
	nats := guarded(t, map[string]string{"orders": "secret"})
	b, err := stan.Open(stan.Config{URL: "nats://orders:secret@" + nats.Addr(), ClusterID: "ticketing", ClientID: "orders"}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	servicetest.Eventually(t, "the broker", b.Connected)
}

func TestAForgedEventIsADeadLetterAndAnAlarm(t *testing.T) {
	nats := standin.NATS(t)
	own, other := events.NewKey(), events.NewKey()
	public, err := events.PublicKey("orders", own)
	if err != nil {
		t.Fatal(err)
	}
	reader, logged := openWith(t, stan.Config{URL: nats.URL, Keys: events.KeyConfig{Public: []string{public}}})
	logged.await(t, "broker connected")
	handled := make(chan string, 10)
	listening, err := bus.Listen(reader, "payments", []bus.Listener{bus.On(func(_ context.Context, e events.OrderCreated) error {
		handled <- e.ID
		return nil
	})}, slog.New(logged))
	if err != nil {
		t.Fatal(err)
	}
	defer listening.Close()
	letters := subscribe(t, reader, bus.DeadLetters("payments"), accept)

	for id, key := range map[string]string{"unsigned": "", "forged": other, "genuine": own} {
		b, connected := openWith(t, stan.Config{URL: nats.URL, Keys: events.KeyConfig{Key: key}})
		connected.await(t, "broker connected")
		if err := bus.Send(t.Context(), b, "orders", events.OrderCreated{Order: events.Order{ID: id}}, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		logged.await(t, "security")
		if letter := receive(t, letters); !strings.Contains(letter, events.ErrForged.Error()) || strings.Contains(letter, "genuine") {
			t.Errorf("the dead letter is %s", letter)
		}
	}
	expect(t, handled, "genuine")
	if len(handled) > 0 {
		t.Errorf("%s was handled", <-handled)
	}
}

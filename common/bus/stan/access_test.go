package stan_test

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"ticketing.dev/common/bus/stan"
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

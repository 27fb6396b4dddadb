package broker_test

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	nats "github.com/nats-io/nats-server/v2/server"
	streaming "github.com/nats-io/nats-streaming-server/server"
	"github.com/nats-io/nats-streaming-server/stores"

	"ticketing.dev/common/events"
	"ticketing.dev/local/broker"
)

const manifest = "../../infra/k8s/nats-depl.yaml"

// configuration is nats.conf of the manifest, as a file. Every user's password is the user's name.
func configuration(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(manifest)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "  nats.conf: |\n")
	conf, _, closed := strings.Cut(rest, "\n---\n")
	if !found || !closed {
		t.Fatalf("%s has no nats.conf", manifest)
	}
	for _, user := range append(events.Services(), "streaming") {
		t.Setenv(strings.ToUpper(user)+"_PASSWORD", user)
	}
	file := filepath.Join(t.TempDir(), "nats.conf")
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestTheManifestHasTheSamePermissions(t *testing.T) {
	options, err := nats.ProcessConfigFile(configuration(t))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, u := range options.Users {
		if u.Username == "streaming" {
			continue
		}
		names = append(names, u.Username)
		want := broker.Permissions(u.Username)
		slices.Sort(want.Publish.Allow)
		slices.Sort(u.Permissions.Publish.Allow)
		if !reflect.DeepEqual(u.Permissions, want) {
			t.Errorf("%s has\npublish %v\nsubscribe %v\nresponses %v\nwant\n%v\n%v\n%v", u.Username,
				u.Permissions.Publish, u.Permissions.Subscribe, u.Permissions.Response, want.Publish, want.Subscribe, want.Response)
		}
	}
	slices.Sort(names)
	if !slices.Equal(names, events.Services()) {
		t.Errorf("the users are %v, want %v", names, events.Services())
	}
}

// The server starts with the manifest's configuration, and a service connects to it.
func TestTheManifestsConfigurationWorks(t *testing.T) {
	file := configuration(t)
	options, natsOptions := streaming.GetDefaultOptions(), &nats.Options{}
	if err := natsOptions.ProcessConfigFile(file); err != nil {
		t.Fatal(err)
	}
	if err := streaming.ProcessConfigFile(file, options); err != nil {
		t.Fatal(err)
	}
	options.ID, options.StoreType = "ticketing", stores.TypeMemory
	natsOptions.Host, natsOptions.Port, natsOptions.NoSigs = "127.0.0.1", nats.RANDOM_PORT, true
	s, err := streaming.RunServerWithOpts(options, natsOptions)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Shutdown)
	conn, errs := as(t, s.ClientURL(), "orders")
	for channel, want := range map[string]bool{"order:created": true, "payment:created": false} {
		if got := publishes(t, conn, errs, channel); got != want {
			t.Errorf("orders publishes %s: %v, want %v", channel, got, want)
		}
	}
}

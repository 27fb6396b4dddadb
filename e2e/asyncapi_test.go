package e2e

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"go.yaml.in/yaml/v3"

	"ticketing.dev/auth"
	"ticketing.dev/auth/mail"
	"ticketing.dev/common/bus"
	"ticketing.dev/common/bus/memory"
	"ticketing.dev/common/events"
	"ticketing.dev/common/service/servicetest"
	"ticketing.dev/expiration"
	"ticketing.dev/orders"
	"ticketing.dev/payments"
	"ticketing.dev/tickets"
)

// published has one event of each type.
var published = []events.Event{
	events.TicketCreated{}, events.TicketUpdated{},
	events.OrderCreated{}, events.OrderCancelled{}, events.OrderCompleted{},
	events.ExpirationComplete{},
	events.PaymentStarted{}, events.PaymentCreated{}, events.PaymentFailed{}, events.PaymentRefunded{},
	events.SessionEnded{}, events.UserRenamed{},
}

// asyncAPI is docs/asyncapi.yaml.
type asyncAPI struct {
	Operations map[string]struct {
		Action  string
		Channel reference
	}
	Channels   map[string]struct{ Address string }
	Components struct {
		Messages map[string]struct {
			Name    string
			Payload reference
		}
	}
	schemas openapi3.Schemas
}

type reference struct {
	Ref string `yaml:"$ref"`
}

func (r reference) name() string { return r.Ref[strings.LastIndex(r.Ref, "/")+1:] }

func readAsyncAPI(t *testing.T) *asyncAPI {
	t.Helper()
	text, err := os.ReadFile("../docs/asyncapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var a asyncAPI
	var all struct {
		Components struct {
			Schemas map[string]any `json:"schemas"`
		} `json:"components"`
	}
	for _, into := range []any{&a, &all} {
		if err := yaml.Unmarshal(text, into); err != nil {
			t.Fatal(err)
		}
	}
	// The schemas are JSON Schema in both specifications.
	document, err := json.Marshal(map[string]any{
		"openapi": "3.1.0", "info": map[string]any{"title": "events", "version": "1"}, "paths": map[string]any{}, "components": all.Components,
	})
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(document)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.WalkSchemas(closeSchema); err != nil {
		t.Fatal(err)
	}
	a.schemas = doc.Components.Schemas
	return &a
}

// payload is the schema of an event.
func (a *asyncAPI) payload(t *testing.T, channel string) *openapi3.Schema {
	t.Helper()
	m, known := a.Components.Messages[key(channel)]
	if !known || m.Name != channel || a.Channels[key(channel)].Address != channel {
		t.Fatalf("%s isn't described", channel)
	}
	return a.schemas[m.Payload.name()].Value
}

// key is a channel's name in the document.
func key(channel string) string { return strings.ReplaceAll(channel, ":", "-") }

func TestEveryEventIsDescribed(t *testing.T) {
	a := readAsyncAPI(t)
	if len(a.Channels) != len(published) {
		t.Errorf("%d channels are described, but there are %d kinds of events", len(a.Channels), len(published))
	}
	for _, e := range published {
		wantSameFields(t, e.Subject(), reflect.TypeOf(e), a.payload(t, e.Subject()))
	}
}

// wantSameFields compares the JSON fields of a Go type with the properties of a schema.
func wantSameFields(t *testing.T, at string, of reflect.Type, schema *openapi3.Schema) {
	t.Helper()
	fields := map[string]reflect.Type{}
	var required []string
	for _, f := range reflect.VisibleFields(of) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" { // embedded
			continue
		}
		fields[name] = f.Type
		if !strings.Contains(options, "omit") {
			required = append(required, name)
		}
	}
	if got, want := slices.Sorted(maps.Keys(schema.Properties)), slices.Sorted(maps.Keys(fields)); !slices.Equal(got, want) {
		t.Errorf("%s is described with %v, but has %v", at, got, want)
		return
	}
	if got := slices.Sorted(slices.Values(schema.Required)); !slices.Equal(got, slices.Sorted(slices.Values(required))) {
		t.Errorf("%s is described as always having %v, but it's %v", at, got, required)
	}
	for name, field := range fields {
		if field.Kind() == reflect.Pointer {
			field = field.Elem()
		}
		if field.Kind() == reflect.Struct && field != reflect.TypeFor[time.Time]() {
			wantSameFields(t, at+"."+name, field, schema.Properties[name].Value)
		}
	}
}

func TestGoldenFilesAgreeWithTheDescribedEvents(t *testing.T) {
	a := readAsyncAPI(t)
	files, err := filepath.Glob("../common/events/testdata/*.json")
	if err != nil || len(files) < len(published) {
		t.Fatalf("%d golden files for %d kinds of events: %v", len(files), len(published), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var message map[string]any
		if err := json.Unmarshal(text, &message); err != nil {
			t.Fatal(err)
		}
		channel, _ := message["type"].(string)
		if err := a.schemas["Envelope"].Value.VisitJSON(message, openapi3.EnableJSONSchema2020()); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		if err := a.payload(t, channel).VisitJSON(message["data"], openapi3.EnableJSONSchema2020()); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		if sender := a.operations("send")[channel]; !slices.Equal(sender, []string{message["source"].(string)}) {
			t.Errorf("%s is from %s, but %v is described as sending it", file, message["source"], sender)
		}
	}
}

// operations are the services that send or receive, by channel.
func (a *asyncAPI) operations(action string) map[string][]string {
	found := map[string][]string{}
	for name, o := range a.Operations {
		service, _, _ := strings.Cut(name, ".")
		if o.Action == action {
			channel := a.Channels[o.Channel.name()].Address
			found[channel] = append(found[channel], service)
		}
	}
	for _, services := range found {
		slices.Sort(services)
	}
	return found
}

// mailing is an auth that sends mail. Without, it listens to less.
func mailing(t *testing.T) *auth.Service {
	t.Helper()
	s, err := auth.New(t.Context(), auth.Options{
		DB: servicetest.Database(t), Bus: memory.New(), Sessions: servicetest.Sessions(t), Mail: discarded{}, Log: servicetest.Log(t),
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// discarded is mail that goes nowhere.
type discarded struct{}

func (discarded) Send(context.Context, mail.Message) error { return nil }

func TestListenersAreTheDescribedOnes(t *testing.T) {
	listening := map[string][]string{}
	for name, s := range map[string]interface{ Listeners() []bus.Listener }{
		"auth": mailing(t), "tickets": new(tickets.Service), "orders": new(orders.Service),
		"payments": new(payments.Service), "expiration": new(expiration.Service),
	} {
		for _, l := range s.Listeners() {
			listening[l.Channel] = append(listening[l.Channel], name)
		}
	}
	described := readAsyncAPI(t).operations("receive")
	for _, e := range published {
		slices.Sort(listening[e.Subject()])
		if !slices.Equal(listening[e.Subject()], described[e.Subject()]) {
			t.Errorf("%s is described for %v, but %v listen", e.Subject(), described[e.Subject()], listening[e.Subject()])
		}
	}
}

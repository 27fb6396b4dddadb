package system

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"
)

func TestRunRoundTrip(t *testing.T) {
	want := Run{
		Gateway: "http://127.0.0.1:8080",
		Services: map[string]Service{
			"auth":   {Part: Part{"http://127.0.0.1:1", 11}},
			"orders": {Part{"http://127.0.0.1:2", 12}, []Part{{"http://127.0.0.1:2", 12}, {"http://127.0.0.1:3", 13}}},
		},
		Mongo:    Part{"mongodb://127.0.0.1:4", 14},
		NATS:     Part{"nats://127.0.0.1:5", 15},
		Redis:    Part{"redis://127.0.0.1:6", 16},
		Stripe:   Part{URL: "https://api.stripe.com"},
		Mail:     Part{"smtp://127.0.0.1:7", 17},
		OrderTTL: Duration{15 * time.Minute},
	}
	dir := t.TempDir()
	path := filepath.Join(dir, runFile)
	if err := want.write(path); err != nil {
		t.Fatal(err)
	}
	got, err := ReadRun(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read %+v; want %+v", got, want)
	}

	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	golden, err := os.ReadFile("testdata/run.json")
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != string(golden) {
		t.Errorf("the form of run.json, which other programs read, has changed:\n%s", text)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
}

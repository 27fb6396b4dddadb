package events

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// No message makes reading an event panic, and an event that is read can be written.
func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		f.Fatalf("%d golden events: %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`{"data":{"price":1e999}}`))
	f.Fuzz(func(t *testing.T, message []byte) {
		if e, err := Decode[TicketUpdated](message); err == nil {
			if _, err := json.Marshal(e); err != nil {
				t.Errorf("%s can't be written: %v", message, err)
			}
		}
		_, _ = Decode[OrderCreated](message)
		_, _ = Decode[PaymentCreated](message)
	})
}

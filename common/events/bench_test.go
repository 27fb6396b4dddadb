package events_test

import (
	"encoding/json"
	"testing"
	"time"

	"ticketing.dev/common/events"
)

var created = events.OrderCreated{Order: order(events.StatusCreated)}

func BenchmarkEncode(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		m, err := events.NewMessage("orders", created, time.Now())
		if err != nil {
			b.Fatal(err)
		}
		if _, err := json.Marshal(m); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	m, err := events.NewMessage("orders", created, time.Now())
	if err != nil {
		b.Fatal(err)
	}
	encoded, err := json.Marshal(m)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := events.Decode[events.OrderCreated](encoded); err != nil {
			b.Fatal(err)
		}
	}
}

package aggregate_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"

	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/bus/memory"
	"ticketing.dev/common/mongodb"
	"ticketing.dev/common/standin"
)

func benchmarked(b *testing.B) (*mongo.Database, *memory.Bus, *aggregate.Store[*counter], *aggregate.Relay) {
	db, err := mongodb.Connect(b.Context(), mongodb.Config{URI: standin.Mongo(b)}, "", slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = mongodb.Disconnect(db) })
	bus := memory.New()
	relay := aggregate.NewRelay(bus, slog.New(slog.DiscardHandler))
	store, err := aggregate.Open(b.Context(), db.Collection("counters"), "counting", relay, func() *counter { return new(counter) })
	if err != nil {
		b.Fatal(err)
	}
	return db, bus, store, relay
}

// BenchmarkInsert commits an aggregate with an event in its outbox.
func BenchmarkInsert(b *testing.B) {
	_, _, store, _ := benchmarked(b)
	b.ReportAllocs()
	b.SetParallelism(4)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := store.Insert(b.Context(), newCounter("one")); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

// BenchmarkRelay also publishes the event and removes it from the outbox.
func BenchmarkRelay(b *testing.B) {
	db, bus, store, relay := benchmarked(b)
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- relay.Run(ctx) }()
	b.ReportAllocs()
	b.SetParallelism(4)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := store.Insert(b.Context(), newCounter("one")); err != nil {
				b.Error(err)
				return
			}
		}
	})
	for {
		n, err := db.Collection("counters").CountDocuments(b.Context(), bson.M{"outbox.0.id": bson.M{"$gt": ""}})
		if err != nil {
			b.Fatal(err)
		}
		if n == 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := <-ended; err != nil {
		b.Error(err)
	}
	if n := len(bus.Messages("counter:stepped")); n != b.N {
		b.Errorf("%d messages for %d events", n, b.N)
	}
}

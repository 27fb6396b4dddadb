package aggregate_test

import (
	"testing"
	"time"

	"ticketing.dev/common/bus/memory"
)

// InsertAndPublish waits until the broker has the event, with or without a relay.
func TestAnInsertionMayWaitForItsEvent(t *testing.T) {
	db, b := database(t), memory.New()
	store, relay := process(t, db, b)
	if ok, err := store.InsertAndPublish(t.Context(), newCounter("there"), patience); !ok || err != nil {
		t.Fatalf("published: %v (%v)", ok, err)
	}
	if n := len(b.Messages("counter:stepped")); n != 1 {
		t.Fatalf("%d events with the broker when the insertion returned", n)
	}
	emptied(t, db)

	b.Stop()
	c := newCounter("away")
	if ok, err := store.InsertAndPublish(t.Context(), c, 50*time.Millisecond); ok || err != nil {
		t.Fatalf("published without a broker: %v (%v)", ok, err)
	}
	b.Start()
	run(t, relay)
	published(t, b, 2)
	emptied(t, db)

	read, err := store.Get(t.Context(), c.ID)
	if err != nil || !store.Publish(t.Context(), read, patience) {
		t.Errorf("an empty outbox is not published (%v)", err)
	}
}

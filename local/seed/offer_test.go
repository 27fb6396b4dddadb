package seed

import (
	"testing"
	"time"

	"ticketing.dev/tickets"
)

func TestOffersAreAllowed(t *testing.T) {
	today := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	for i := range 20_000 {
		o := offer(today, i)
		if got, err := tickets.NewOffer(o); err != nil || got != o {
			t.Fatalf("%+v: %v", o, err)
		}
		if o.Event.Started(today.AddDate(0, 0, 1)) || o.Event.City == "" || o.Description == "" || o.Seat == "" {
			t.Fatalf("%+v lacks a detail, or is of the past", o)
		}
	}
}

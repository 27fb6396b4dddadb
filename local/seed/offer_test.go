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
	}
}

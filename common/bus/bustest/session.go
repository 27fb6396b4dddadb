package bustest

import (
	"testing"
	"time"

	"ticketing.dev/common/bus"
)

func sessionKnown(t *testing.T, broker Broker) {
	b := broker.Connect(t)
	if _, ok := b.(interface{ Session() bus.Session }); !ok {
		t.Fatal("the connection doesn't tell its session")
	}
	if s := bus.SessionOf(b); !s.Connected || s.AwayFor() != 0 {
		t.Fatalf("a connection that is ready has the session %+v", s)
	}
	restarted := time.Now()
	broker.Restart(t)
	deadline := time.Now().Add(patience)
	for {
		switch s := bus.SessionOf(b); {
		case s.Connected && s.Since.After(restarted):
			if s.SteadyFor(time.Hour) || !s.SteadyFor(0) {
				t.Errorf("a session that began just now is %+v", s)
			}
			return
		case !s.Connected && s.Since.Before(restarted):
			t.Fatalf("away since before the broker was: %+v", s)
		case time.Now().After(deadline):
			t.Fatalf("no new session: %+v", s)
		}
		time.Sleep(time.Millisecond)
	}
}

package check

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
)

// An order is answered as paid in its time, expires all the same, and the money goes back. That is the
// broker's fault only if nothing else was.
func TestAPaidOrderThatExpires(t *testing.T) {
	for _, c := range []struct {
		fault  history.Fault
		broken bool
	}{
		{history.Fault{Kind: "cut", Target: "orders-1→nats", End: time.Minute}, true},
		{history.Fault{Kind: "pause", Target: "nats", End: time.Minute}, true},
		{history.Fault{Kind: "kill", Target: "nats", Recovered: time.Minute}, true},
		{history.Fault{Kind: "pause", Target: "orders-2", End: time.Minute}, false},
		{history.Fault{Kind: "cut", Target: "orders-1→mongo", End: time.Minute}, false},
		{history.Fault{Kind: "kill", Target: "mongo", Recovered: time.Minute}, false},
	} {
		w := newWriter()
		w.list("T1", "Row 1", 1999)
		w.place("O1", "ann", "T1")
		w.add(history.Op{User: "ann", Kind: history.Pay, Order: "O1", Token: "tok_visa", Status: http.StatusCreated, ChargeState: w.charge("O1", api.Succeeded, "")})
		w.order("O1", "ann", "T1", api.Cancelled, api.Expired, 1)
		w.charge("O1", api.Refunded, "re_O1")
		w.capture("O1", "re_O1")
		w.h.Faults = []history.Fault{c.fault}
		broken := slices.ContainsFunc(Judge(w.h).Violations, func(v Violation) bool { return v.Promise == P5b })
		if broken != c.broken {
			t.Errorf("%s of %s: broken is %v", c.fault.Kind, c.fault.Target, broken)
		}
	}
}

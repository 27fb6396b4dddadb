package check

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
)

func TestFindsOrdersThatDoNotEndInTime(t *testing.T) { testFinds(t, P5, wrongTimes) }

var wrongTimes = []mistake{
	{"an order that never ends", func(h *history.History) {
		revive(h, "O3", "T2")
	}},
	{"a payment that never ends", func(h *history.History) {
		change(h.Final.Charges, "O5", func(c *api.Charge) { c.Status, c.StripeRefundID = api.Pending, "" })
		find(h, history.ReadCharge, "O5", 1).ChargeState.Status = api.Pending
		*find(h, history.ReadCharge, "O5", 2).ChargeState = h.Final.Charges["O5"]
		h.Final.Ledger.Entries = h.Final.Ledger.Entries[:1]
		h.Final.Ledger.Captured, h.Final.Ledger.Refunded = h.Final.Ledger.Entries[0].Amount, 0
	}},
	{"an order that expired early", func(h *history.History) {
		early := find(h, history.ReadOrder, "O3", 1)
		early.Call, early.Return = early.Call-3*time.Second, early.Return-3*time.Second
	}},
	{"an order that was given less time than orders have", func(h *history.History) {
		everyOrder(h, "O2", func(o *api.Order) { o.ExpiresAt = o.ExpiresAt.Add(-3 * time.Second) })
	}},
	{"an order that was given more time than orders have", func(h *history.History) {
		everyOrder(h, "O2", func(o *api.Order) { o.ExpiresAt = o.ExpiresAt.Add(3 * time.Second) })
	}},
	{"an order that outlives its failed payment", func(h *history.History) {
		open, failed := *find(h, history.Place, "O4", 0).OrderState, find(h, history.ReadCharge, "O4", 1).Return
		h.Healed = 0
		for i := range h.Ops {
			if h.Ops[i].Call > failed {
				h.Ops[i].Call += time.Minute
				h.Ops[i].Return += time.Minute
			}
		}
		h.Final.At += time.Minute
		everyOrder(h, "O5", func(o *api.Order) { o.ExpiresAt = o.ExpiresAt.Add(time.Minute) })
		h.Ops = append(h.Ops, history.Op{ID: len(h.Ops), User: "dan", Kind: history.ReadOrder, Order: "O4", OrderState: &open,
			Outcome: history.OK, Status: http.StatusOK, Call: failed + 30*time.Second, Return: failed + 30*time.Second})
	}},
	{"an order that outlives its time", func(h *history.History) {
		read := find(h, history.ReadOrder, "O3", 0)
		h.Healed = 0
		for i := range h.Ops {
			if h.Ops[i].Call > storyTTL {
				h.Ops[i].Call += time.Minute
				h.Ops[i].Return += time.Minute
			}
		}
		h.Final.At += time.Minute
		read.Call, read.Return = read.Call+storyTTL+20*time.Second, read.Return+storyTTL+20*time.Second
	}},
	{"a payment refused before its time", func(h *history.History) {
		op := find(h, history.Pay, "O1", 0)
		early := *op
		early.ID, early.Call, early.Return = len(h.Ops), op.Call-5*time.Millisecond, op.Call-time.Millisecond
		early.Outcome, early.Status, early.Message, early.ChargeState = history.Refused, 400, "The order has expired", nil
		h.Ops = append(h.Ops, early)
	}},
	{"a charge that waits for an operator", func(h *history.History) { h.Final.Stuck = []string{"O5 succeeded"} }},
}

// An order was paid in time, but expired and was refunded. That breaks P5b unless another fault than the
// broker's explains it.
func TestAPaidOrderMayExpireOnlyBecauseOfAnotherFault(t *testing.T) {
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

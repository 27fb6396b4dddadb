package workload_test

import (
	"context"
	"testing"
	"time"

	"ticketing.dev/e2e/chaos/check"
	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/e2e/chaos/workload"
	"ticketing.dev/local/api"
	"ticketing.dev/local/system"
)

const (
	orderTTL = 3 * time.Second
	// loadTimeout is for everything to have happened once, on a machine that is busy with other tests.
	loadTimeout = 2 * time.Minute
	// settleTimeout is longer than anything takes without a fault in a round whose seed lets no bank wait.
	settleTimeout = time.Minute
)

// wanted are the kinds and outcomes of requests that must happen.
var wanted = []string{
	"list ok", "edit ok", "edit refused", "place ok", "place refused", "cancel ok", "pay ok", "pay refused", "decide ok",
	"read-ticket ok", "read-order ok", "read-charge ok", "my-tickets ok", "market ok", "pry refused",
}

// Without faults, the load makes everything happen that a round judges, comes to rest, and breaks no promise. A
// campaign judges the same load, so -short leaves this test out.
func TestALoadWithoutFaultsBreaksNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("part of make test-thorough")
	}
	s, err := system.Start(t.Context(), system.Config{Dir: t.TempDir(), OrderTTL: orderTTL, Errors: t.Output(),
		Replicas: map[string]int{"tickets": 2, "orders": 2, "payments": 2}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	record := history.NewRecorder()
	l, err := workload.New(t.Context(), workload.Config{
		Gateway: s.Run().Gateway, Stripe: s.Run().Stripe.URL, Seed: 1, Record: record, OrderTTL: orderTTL,
		Sellers: 2, Buyers: 6, Propagation: time.Second, // nothing is hurt
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), loadTimeout)
	defer cancel()
	go func() {
		defer cancel()
		for len(missing(record.Ops())) > 0 && ctx.Err() == nil {
			time.Sleep(100 * time.Millisecond)
		}
	}()
	l.Run(ctx)
	h := history.History{Began: record.Began(), OrderTTL: orderTTL, Healed: record.Now()}
	h.Final = l.Settle(t.Context(), settleTimeout)
	h.Ops = record.Ops()

	if !h.Final.Quiet || len(h.Final.Missing) > 0 {
		t.Errorf("quiet: %v, missing: %v", h.Final.Quiet, h.Final.Missing)
	}
	for _, v := range check.Judge(h).Violations {
		t.Errorf("%s: %s", v.Promise, v.What)
		for _, op := range v.Ops {
			t.Logf("%+v", op)
		}
	}
	if not := missing(h.Ops); len(not) > 0 {
		t.Errorf("of %d requests there was no %v", len(h.Ops), not)
	}
	ends := make(map[string]int)
	for _, o := range h.Final.Orders {
		ends[o.Status]++
	}
	t.Log(len(h.Ops), "requests, orders:", ends)
	if ends[api.Complete] == 0 || ends[api.Cancelled] == 0 {
		t.Errorf("the orders ended so: %v", ends)
	}
}

// missing are the wanted requests that haven't happened yet.
func missing(ops []history.Op) (not []string) {
	happened := make(map[string]bool)
	for _, op := range ops {
		happened[string(op.Kind)+" "+string(op.Outcome)] = true
	}
	for _, kind := range wanted {
		if !happened[kind] {
			not = append(not, kind)
		}
	}
	return not
}

package check

import (
	"fmt"
	"testing"
	"time"

	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
)

const ms = time.Millisecond

// placed is an order that was placed and seen live, and ended if that is a time.
func placed(w *writer, id string, from, live, ended time.Duration) {
	o := w.order(id, "ann", "T1", api.Created, "", 0)
	w.h.Ops = append(w.h.Ops,
		history.Op{ID: len(w.h.Ops), User: "ann", Kind: history.Place, Ticket: "T1", Order: id, OrderState: o, Outcome: history.OK, Call: from, Return: from + 5*ms},
		history.Op{ID: len(w.h.Ops) + 1, User: "ann", Kind: history.ReadOrder, Order: id, OrderState: o, Outcome: history.OK, Call: live, Return: live + 5*ms})
	if ended > 0 {
		w.h.Ops = append(w.h.Ops, history.Op{ID: len(w.h.Ops), User: "ann", Kind: history.Cancel, Order: id, Outcome: history.OK, Call: ended, Return: ended + 5*ms})
		w.order(id, "ann", "T1", api.Cancelled, api.ByUser, 1)
	}
}

func p1(h history.History) (found []Violation) {
	for _, v := range Judge(h).Violations {
		if v.Promise == P1 {
			found = append(found, v)
		}
	}
	return found
}

// Of ten orders two overlap, and what is shown is of those two alone.
func TestTheOrdersThatOverlapAreShownAlone(t *testing.T) {
	w := newWriter()
	w.list("T1", "Row 1", 50)
	for i := range 10 {
		at := time.Duration(1+i) * 100 * ms
		ended := at + 90*ms
		if i == 4 {
			ended += 60 * ms // into the time of the next
		}
		placed(w, fmt.Sprintf("O%d", i), at, ended-10*ms, ended)
	}
	found := p1(w.h)
	if len(found) != 1 {
		t.Fatalf("found %d violations of P1, want one: %+v", len(found), found)
	}
	seen := make(map[string]bool)
	for i, op := range found[0].Ops {
		seen[op.Order] = true
		if i > 0 && op.Call < found[0].Ops[i-1].Call {
			t.Error("not in the order of Call")
		}
	}
	if len(seen) != 2 || !seen["O4"] || !seen["O5"] || len(found[0].Ops) > 8 {
		t.Errorf("%d requests of %v are shown, want few, of O4 and O5: %s", len(found[0].Ops), seen, found[0].What)
	}
}

// A burst of buyers is refused at the same moment, which must not make the search long.
func TestABurstOfRefusalsIsJudgedAtOnce(t *testing.T) {
	w := newWriter()
	w.list("T1", "Row 1", 50)
	placed(w, "O1", 100*ms, 200*ms, 300*ms)
	burst := func(from, to time.Duration) {
		for range 60 {
			w.h.Ops = append(w.h.Ops, history.Op{ID: len(w.h.Ops), User: "bob", Kind: history.Place, Ticket: "T1",
				Outcome: history.Refused, Status: 400, Message: "Ticket is already reserved", Call: from, Return: to})
		}
	}
	burst(110*ms, 150*ms)
	v := Judge(w.h)
	if len(v.Violations) > 0 || len(v.Undecided) > 0 {
		t.Errorf("%+v", v)
	}
	burst(400*ms, 450*ms) // when nobody has it any more
	if found := p1(w.h); len(found) != 1 || len(found[0].Ops) == 0 {
		t.Errorf("found %+v", found)
	}
}

// A refusal may be right because of an order of which its buyer was told nothing, and which ended before
// anybody saw it live.
func TestUnannouncedOrdersRefuse(t *testing.T) {
	w := newWriter()
	w.list("T1", "Row 1", 50)
	refused := func(at time.Duration) {
		w.h.Ops = append(w.h.Ops, history.Op{ID: len(w.h.Ops), User: "bob", Kind: history.Place, Ticket: "T1",
			Outcome: history.Refused, Status: 400, Message: "Ticket is already reserved", Call: at, Return: at + 10*ms})
	}
	w.h.Ops = append(w.h.Ops, history.Op{ID: len(w.h.Ops), User: "ann", Kind: history.Place, Ticket: "T1", Outcome: history.Unknown, Call: 100 * ms, Return: 110 * ms})
	refused(500 * ms)
	if found := p1(w.h); len(found) != 1 {
		t.Errorf("without an order the refusal is wrong; found %+v", found)
	}
	w.order("O1", "ann", "T1", api.Cancelled, api.Expired, 1)
	if found := p1(w.h); len(found) != 0 {
		t.Errorf("found %+v", found)
	}
}

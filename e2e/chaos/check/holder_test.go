package check

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"ticketing.dev/common/money"
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
func TestAViolationShowsOnlyTheOverlappingOrders(t *testing.T) {
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
func TestABurstOfRefusalsDoesNotSlowTheSearch(t *testing.T) {
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
	burst(400*ms, 450*ms) // after the order ended
	if found := p1(w.h); len(found) != 1 || len(found[0].Ops) == 0 {
		t.Errorf("found %+v", found)
	}
}

// The reason of a refusal may be an order whose buyer got no response, and which ended before any user saw it live.
func TestAnOrderWithoutAResponseExplainsARefusal(t *testing.T) {
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

func TestFindsTwoLiveOrdersOfATicket(t *testing.T) { testFinds(t, P1, twoHolders) }

var twoHolders = []mistake{
	{"a second order while one is live", func(h *history.History) {
		find(h, history.Cancel, "O2", 0).Outcome = history.Unknown // and takes effect late
		o := *order(h, "O2")
		o.Status, o.Reason, o.Version = api.Created, "", 0
		read, other := find(h, history.ReadOrder, "O2", 0), find(h, history.ReadOrder, "O3", 0)
		read.OrderState, read.Call, read.Return = &o, other.Return+time.Millisecond, other.Return+2*time.Millisecond
	}},
	{"a second order while one is live that expires later", func(h *history.History) {
		o := *order(h, "O3")
		o.ID, o.UserID, o.ExpiresAt = "O9", "ann", o.ExpiresAt.Add(time.Second)
		h.Final.Orders["O9"] = o
		first := find(h, history.ReadOrder, "O3", 0)
		o.Status, o.Reason, o.Version = api.Created, "", 0
		h.Ops = append(h.Ops, history.Op{ID: len(h.Ops), User: "ann", Kind: history.Place, Ticket: "T2", Order: "O9", OrderState: &o,
			Outcome: history.OK, Status: http.StatusCreated, Call: first.Return + time.Second, Return: first.Return + time.Second + time.Millisecond})
	}},
	{"a second order while one is live that was asked for before", func(h *history.History) {
		first := find(h, history.Place, "O1", 0)
		o := *order(h, "O1") // its time shows that it was placed a second after the first
		o.ID, o.UserID, o.Status, o.Reason, o.Version, o.ExpiresAt = "O9", "dan", api.Cancelled, api.ByUser, 1, o.ExpiresAt.Add(time.Second)
		h.Final.Orders["O9"] = o
		asked := history.Op{ID: len(h.Ops), User: "dan", Kind: history.Place, Ticket: "T1", Outcome: history.Unknown, Call: first.Call - 8, Return: first.Call - 6}
		given := history.Op{ID: len(h.Ops) + 1, User: "dan", Kind: history.Cancel, Order: "O9", Outcome: history.Unknown, Call: first.Call - 4, Return: first.Call - 2}
		h.Ops = append(h.Ops, asked, given)
	}},
	{"two sales of a ticket", func(h *history.History) {
		o := *order(h, "O1")
		o.ID, o.ExpiresAt = "O9", expiryOfNow(h)
		h.Final.Orders["O9"] = o
		late(h, history.Op{User: "ann", Kind: history.Place, Ticket: "T1", Order: "O9", OrderState: &o})
		late(h, history.Op{User: "ann", Kind: history.Pay, Order: "O9", Outcome: history.Unknown})
		h.Final.Charges["O9"] = api.Charge{ID: "O9", OrderID: "O9", Status: api.Succeeded, Amount: o.Ticket.Price, StripeID: "pi_O9"}
		take(h, "O9", int64(o.Ticket.Price.Cents))
		find(h, history.MyOrders, "bob", 0).User = "other"
		find(h, history.MyOrders, "other", 0).OrderStates = nil
	}},
	{"a refusal for a ticket without an order", func(h *history.History) {
		late(h, history.Op{User: "ann", Kind: history.Place, Ticket: "T4", Outcome: history.Refused, Status: 400, Message: "Ticket is already reserved"})
	}},
}

func TestFindsImpossibleSteps(t *testing.T) { testFinds(t, P3, impossibleSteps) }

var impossibleSteps = []mistake{
	{"an event that counted twice", func(h *history.History) {
		change(h.Final.Tickets, "T4", func(t *api.Ticket) { t.Version = 2 })
	}},
	{"a step that there is not", func(h *history.History) {
		change(h.Final.Orders, "O3", func(o *api.Order) { o.Version = 3 })
	}},
	{"a reserved ticket without an order", func(h *history.History) { find(h, history.ReadTicket, "T2", 0).TicketState.OrderID = "" }},
	{"a price that a reservation changes", func(h *history.History) {
		late(h, history.Op{User: "ann", Kind: history.Place, Ticket: "T4", Outcome: history.Unknown})
		t := ticket(h, "T4")
		h.Final.Orders["O9"] = api.Order{ID: "O9", UserID: "ann", Status: api.Cancelled, Reason: api.ByUser, Version: 1,
			Ticket: api.OrderedTicket{ID: t.ID, Title: t.Title, Price: t.Price}, ExpiresAt: expiryOfNow(h)}
		late(h, history.Op{User: "ann", Kind: history.Cancel, Order: "O9", Outcome: history.Unknown})
		late(h, history.Op{User: "seller", Kind: history.Edit, Ticket: "T4", Title: "Row 4, perhaps", Price: 903, Outcome: history.Unknown})
		late(h, history.Op{User: "ann", Kind: history.ReadTicket, Ticket: "T4", TicketState: &api.Ticket{ID: "T4", UserID: "seller",
			Title: "Row 4, perhaps", Price: money.Cents(903).Dollars(), OrderID: "O9", Status: api.Reserved, Version: 2}})
		change(h.Final.Tickets, "T4", func(t *api.Ticket) { t.Title, t.Price, t.Version = "Row 4, perhaps", money.Cents(903).Dollars(), 3 })
	}},
}

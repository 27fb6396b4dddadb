package check

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"ticketing.dev/common/money"
	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
	"ticketing.dev/local/sandbox"
)

func TestACorrectHistoryBreaksNothing(t *testing.T) {
	for _, v := range Judge(story()).Violations {
		t.Errorf("%s: %s %+v", v.Promise, v.What, v.Ops)
	}
}

// change changes one value of a map.
func change[T any](in map[string]T, key string, how func(*T)) {
	v := in[key]
	how(&v)
	in[key] = v
}

// late adds a request after all others.
func late(h *history.History, op history.Op) {
	var last time.Duration
	for _, other := range h.Ops {
		last = max(last, other.Return)
	}
	op.ID, op.Call, op.Return = len(h.Ops), last+10*time.Millisecond, last+20*time.Millisecond
	if op.Outcome == "" {
		op.Outcome, op.Status = history.OK, http.StatusOK
	}
	h.Ops = append(h.Ops, op)
}

func order(h *history.History, id string) *api.Order {
	o := h.Final.Orders[id]
	return &o
}

func ticket(h *history.History, id string) *api.Ticket {
	t := h.Final.Tickets[id]
	return &t
}

// mistake adds one mistake to the correct history.
type mistake struct {
	name string
	make func(h *history.History)
}

// testFinds makes each mistake, which must violate its promise and no other.
func testFinds(t *testing.T, promise string, mistakes []mistake) {
	for _, m := range mistakes {
		t.Run(m.name, func(t *testing.T) {
			h := story()
			m.make(&h)
			found := Judge(h).Violations
			if !slices.ContainsFunc(found, func(v Violation) bool { return v.Promise == promise }) {
				t.Errorf("not found under %s", promise)
			}
			for _, v := range found {
				if v.Promise != promise {
					t.Errorf("also found %s: %s", v.Promise, v.What)
				}
			}
		})
	}
}

// sellAs gives ann's purchase, O1 of T1, another title and price everywhere.
func sellAs(h *history.History, title string, cents int64) {
	price := money.Cents(cents).Dollars()
	everyOrder(h, "O1", func(o *api.Order) { o.Ticket.Title, o.Ticket.Price = title, price })
	sold := find(h, history.ReadTicket, "T1", 1).TicketState
	sold.Title, sold.Price = title, price
	h.Final.Tickets["T1"] = *sold
	find(h, history.Pay, "O1", 0).ChargeState.Amount = price
	find(h, history.MyCharges, "ann", 0).ChargeStates[0].Amount = price
	change(h.Final.Charges, "O1", func(c *api.Charge) { c.Amount = price })
	h.Final.Ledger.Captured += cents - h.Final.Ledger.Entries[0].Amount
	h.Final.Ledger.Entries[0].Amount = cents
}

// everyOrder changes an order wherever the history has it.
func everyOrder(h *history.History, id string, how func(*api.Order)) {
	changed := make(map[*api.Order]bool) // more than one request may share a state
	for i := range h.Ops {
		if o := h.Ops[i].OrderState; o != nil && o.ID == id && !changed[o] {
			changed[o] = true
			how(o)
		}
		for k := range h.Ops[i].OrderStates {
			if o := &h.Ops[i].OrderStates[k]; o.ID == id {
				how(o)
			}
		}
	}
	change(h.Final.Orders, id, how)
}

// expiryOfNow is the time of an order that is placed after all other requests.
func expiryOfNow(h *history.History) time.Time {
	var last time.Duration
	for _, op := range h.Ops {
		last = max(last, op.Return)
	}
	return h.Began.Add(last + h.OrderTTL)
}

// take adds a captured payment of an order to the ledger.
func take(h *history.History, order string, amount int64) {
	h.Final.Ledger.Captured += amount
	h.Final.Ledger.Entries = append(h.Final.Ledger.Entries,
		sandbox.LedgerEntry{PaymentIntent: "pi_" + order, OrderID: order, Status: "succeeded", Amount: amount, CapturedTimes: 1})
}

// revive leaves an expired order open at the end, and its ticket reserved.
func revive(h *history.History, id, of string) {
	first := *find(h, history.ReadOrder, id, 0).OrderState
	h.Final.Orders[id] = first
	find(h, history.ReadOrder, id, 1).OrderState = &first
	reserved := *find(h, history.ReadTicket, of, 0).TicketState
	find(h, history.ReadTicket, of, 1).TicketState = &reserved
	h.Final.Tickets[of] = reserved
	find(h, history.Market, "watcher", 0).TicketStates = nil
}

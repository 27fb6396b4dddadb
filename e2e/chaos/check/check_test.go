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

// change replaces one thing in a map.
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

// Each case changes the correct history in one way, and only the promise that this breaks is named.
func TestEachViolationIsFoundUnderItsPromise(t *testing.T) {
	for _, c := range []struct {
		name    string
		promise string
		ruin    func(h *history.History)
	}{
		{"a second order while one is live", P1, func(h *history.History) {
			find(h, history.Cancel, "O2", 0).Outcome = history.Unknown // and takes effect late
			o := *order(h, "O2")
			o.Status, o.Reason, o.Version = api.Created, "", 0
			read, other := find(h, history.ReadOrder, "O2", 0), find(h, history.ReadOrder, "O3", 0)
			read.OrderState, read.Call, read.Return = &o, other.Return+time.Millisecond, other.Return+2*time.Millisecond
		}},
		{"a second order while one is live that expires later", P1, func(h *history.History) {
			o := *order(h, "O3")
			o.ID, o.UserID, o.ExpiresAt = "O9", "ann", o.ExpiresAt.Add(time.Second)
			h.Final.Orders["O9"] = o
			first := find(h, history.ReadOrder, "O3", 0)
			o.Status, o.Reason, o.Version = api.Created, "", 0
			h.Ops = append(h.Ops, history.Op{ID: len(h.Ops), User: "ann", Kind: history.Place, Ticket: "T2", Order: "O9", OrderState: &o,
				Outcome: history.OK, Status: http.StatusCreated, Call: first.Return + time.Second, Return: first.Return + time.Second + time.Millisecond})
		}},
		{"a second order while one is live that was asked for before", P1, func(h *history.History) {
			first := find(h, history.Place, "O1", 0)
			o := *order(h, "O1") // was placed a second after the first, as its time tells
			o.ID, o.UserID, o.Status, o.Reason, o.Version, o.ExpiresAt = "O9", "dan", api.Cancelled, api.ByUser, 1, o.ExpiresAt.Add(time.Second)
			h.Final.Orders["O9"] = o
			asked := history.Op{ID: len(h.Ops), User: "dan", Kind: history.Place, Ticket: "T1", Outcome: history.Unknown, Call: first.Call - 8, Return: first.Call - 6}
			given := history.Op{ID: len(h.Ops) + 1, User: "dan", Kind: history.Cancel, Order: "O9", Outcome: history.Unknown, Call: first.Call - 4, Return: first.Call - 2}
			h.Ops = append(h.Ops, asked, given)
		}},
		{"two sales of a ticket", P1, func(h *history.History) {
			o := *order(h, "O1")
			o.ID, o.ExpiresAt = "O9", expiryOfNow(h)
			h.Final.Orders["O9"] = o
			late(h, history.Op{User: "ann", Kind: history.Place, Ticket: "T1", Order: "O9", OrderState: &o})
			late(h, history.Op{User: "ann", Kind: history.Pay, Order: "O9", Outcome: history.Unknown})
			h.Final.Charges["O9"] = api.Charge{ID: "O9", OrderID: "O9", Status: api.Succeeded, Amount: o.Ticket.Price, StripeID: "pi_O9"}
			take(h, "O9", int64(o.Ticket.Price.Cents))
			find(h, history.MyOrders, "bob", 0).User = "nobody"
			find(h, history.MyOrders, "nobody", 0).OrderStates = nil
		}},
		{"a refusal for a ticket that nobody can have", P1, func(h *history.History) {
			late(h, history.Op{User: "ann", Kind: history.Place, Ticket: "T4", Outcome: history.Refused, Status: 400, Message: "Ticket is already reserved"})
		}},
		{"a lost ticket", P2, func(h *history.History) { delete(h.Final.Tickets, "T4") }},
		{"a ticket that is missing once", P2, func(h *history.History) {
			late(h, history.Op{User: "ann", Kind: history.ReadTicket, Ticket: "T4", Outcome: history.Refused, Status: 404})
		}},
		{"a lost order", P2, func(h *history.History) {
			delete(h.Final.Orders, "O2")
			find(h, history.MyOrders, "bob", 0).OrderStates = nil
		}},
		{"an order that its list leaves out", P2, func(h *history.History) { find(h, history.MyOrders, "bob", 0).OrderStates = nil }},
		{"a ticket that its seller's list leaves out", P2, func(h *history.History) {
			late(h, history.Op{User: "seller", Kind: history.MyTickets, TicketStates: []api.Ticket{*ticket(h, "T1"), *ticket(h, "T2"), *ticket(h, "T3")}})
		}},
		{"an acknowledged edit that is undone", P2, func(h *history.History) {
			late(h, history.Op{User: "seller", Kind: history.Edit, Ticket: "T4", Title: "Row 4, last", Price: 902,
				TicketState: &api.Ticket{ID: "T4", Title: "Row 4, last", Price: money.Cents(902).Dollars(), UserID: "seller", Status: api.Available, Version: 2}})
			change(h.Final.Tickets, "T4", func(t *api.Ticket) { t.Version = 3 })
			late(h, history.Op{User: "seller", Kind: history.Edit, Ticket: "T4", Title: "Row 4, perhaps", Price: 903, Outcome: history.Unknown})
		}},
		{"an acknowledged edit that is not there", P2, func(h *history.History) {
			late(h, history.Op{User: "seller", Kind: history.Edit, Ticket: "T4", Title: "Row 4, last", Price: 902,
				TicketState: &api.Ticket{ID: "T4", Title: "Row 4, last", Price: money.Cents(902).Dollars(), UserID: "seller", Status: api.Available, Version: 2}})
		}},
		{"an edit that was refused and is there", P2, func(h *history.History) {
			op := find(h, history.Edit, "T4", 0)
			op.Outcome, op.Status = history.Refused, 400
			late(h, history.Op{User: "seller", Kind: history.Edit, Ticket: "T4", Title: "Row 4, perhaps", Price: 903, Outcome: history.Unknown})
		}},
		{"an order at a price that nobody asked for", P2, func(h *history.History) {
			sellAs(h, "Row 1, changed", 2049)
		}},
		{"an order that says what another ticket says", P2, func(h *history.History) { sellAs(h, "Row 2", 50) }},
		{"an order of another ticket than was asked for", P2, func(h *history.History) { find(h, history.Place, "O4", 0).Ticket = "T4" }},
		{"another ticket than was asked for", P2, func(h *history.History) {
			late(h, history.Op{User: "ann", Kind: history.ReadTicket, Ticket: "T4", TicketState: ticket(h, "T3")})
		}},
		{"another order than was asked for", P2, func(h *history.History) { find(h, history.ReadOrder, "O2", 0).Order = "O3" }},
		{"a version that is two things", P2, func(h *history.History) {
			find(h, history.ReadTicket, "T4", 0).TicketState.Price = money.Cents(1).Dollars()
		}},
		{"a ticket that goes back", P2, func(h *history.History) {
			late(h, history.Op{User: "ann", Kind: history.ReadTicket, Ticket: "T4", TicketState: find(h, history.ReadTicket, "T4", 0).TicketState})
		}},
		{"an order that goes back", P2, func(h *history.History) {
			late(h, history.Op{User: "cat", Kind: history.ReadOrder, Order: "O3", OrderState: find(h, history.ReadOrder, "O3", 0).OrderState})
		}},
		{"a cancellation that is undone", P2, func(h *history.History) {
			o := order(h, "O2")
			o.Status, o.Reason, o.Version = api.Created, "", 0
			find(h, history.ReadOrder, "O2", 0).OrderState = o
		}},
		{"a charge that goes back", P2, func(h *history.History) {
			c := h.Final.Charges["O5"]
			c.Status, c.StripeRefundID = api.Pending, ""
			late(h, history.Op{User: "eve", Kind: history.ReadCharge, Order: "O5", ChargeState: &c})
		}},
		{"a charge that is gone", P2, func(h *history.History) {
			late(h, history.Op{User: "eve", Kind: history.ReadCharge, Order: "O5"})
		}},
		{"an order that nobody placed", P2, func(h *history.History) {
			op := find(h, history.Place, "cat", 1)
			op.Outcome, op.Status, op.Message = history.Refused, 404, "Not Found"
		}},
		{"two orders of one request", P2, func(h *history.History) {
			o := *order(h, "O3")
			o.ID = "O9"
			h.Final.Orders["O9"] = o
		}},
		{"a cancellation that nobody asked for", P2, func(h *history.History) {
			op := find(h, history.Cancel, "O2", 0)
			op.Outcome, op.Status = history.Refused, 400
		}},
		{"a refusal as complete that was not", P2, func(h *history.History) {
			late(h, history.Op{User: "cat", Kind: history.Cancel, Order: "O3", Outcome: history.Refused, Status: 400, Message: "A complete order cannot be cancelled"})
		}},
		{"a ticket that stays reserved", P2, func(h *history.History) {
			change(h.Final.Tickets, "T2", func(t *api.Ticket) { *t = *find(h, history.ReadTicket, "T2", 0).TicketState })
			find(h, history.ReadTicket, "T2", 1).Outcome = history.Unknown
			find(h, history.ReadTicket, "T2", 1).TicketState = nil
			find(h, history.Market, "watcher", 0).TicketStates = nil
		}},
		{"a dead letter", P2, func(h *history.History) { h.Final.DeadLetters["orders"] = []string{"6501 order:created"} }},
		{"something missing", P2, func(h *history.History) {
			h.Final.Missing = []string{"user friend@example.com: cannot sign in"}
		}},
		{"an event that counted twice", P3, func(h *history.History) {
			change(h.Final.Tickets, "T4", func(t *api.Ticket) { t.Version = 2 })
		}},
		{"a step that there is not", P3, func(h *history.History) {
			change(h.Final.Orders, "O3", func(o *api.Order) { o.Version = 3 })
		}},
		{"a ticket that is held by nobody", P3, func(h *history.History) { find(h, history.ReadTicket, "T2", 0).TicketState.OrderID = "" }},
		{"a price that a reservation changes", P3, func(h *history.History) {
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
		{"a card charged twice", P4, func(h *history.History) {
			h.Final.Ledger.Entries[0].CapturedTimes = 2
			h.Final.Ledger.Captured += h.Final.Ledger.Entries[0].Amount
		}},
		{"a complete order that nobody paid", P4, func(h *history.History) {
			h.Final.Ledger.Captured -= h.Final.Ledger.Entries[0].Amount
			h.Final.Ledger.Entries = h.Final.Ledger.Entries[1:]
		}},
		{"another amount than the price", P4, func(h *history.History) {
			h.Final.Ledger.Entries[0].Amount--
			h.Final.Ledger.Captured--
		}},
		{"a cancelled order whose money was kept", P4, func(h *history.History) {
			e := &h.Final.Ledger.Entries[1]
			h.Final.Ledger.Refunded -= e.Refunded
			e.Refunded, e.Refunds = 0, nil
		}},
		{"a complete order that was refunded", P4, func(h *history.History) {
			e := &h.Final.Ledger.Entries[0]
			e.Refunded, e.Refunds = e.Amount, []sandbox.LedgerRefund{{ID: "re_O1", Amount: e.Amount, Status: "succeeded"}}
			h.Final.Ledger.Refunded += e.Amount
		}},
		{"money for an order that nobody has", P4, func(h *history.History) { take(h, "O8", 100) }},
		{"a charge of another amount", P4, func(h *history.History) {
			find(h, history.Pay, "O1", 0).ChargeState.Amount = money.Cents(1).Dollars()
			find(h, history.MyCharges, "ann", 0).ChargeStates[0].Amount = money.Cents(1).Dollars()
			change(h.Final.Charges, "O1", func(c *api.Charge) { c.Amount = money.Cents(1).Dollars() })
		}},
		{"a decline that took money", P4, func(h *history.History) { take(h, "O4", 700) }},
		{"a decline that can still be paid", P4, func(h *history.History) {
			h.Final.Ledger.Entries = append(h.Final.Ledger.Entries,
				sandbox.LedgerEntry{PaymentIntent: "pi_O4", OrderID: "O4", Status: "requires_payment_method", Amount: 700})
		}},
		{"a success that ends as a failure", P4, func(h *history.History) {
			c := h.Final.Charges["O4"]
			c.Status = api.Succeeded
			find(h, history.Pay, "O4", 0).Outcome, find(h, history.Pay, "O4", 0).ChargeState = history.OK, &c
		}},
		{"a charge that nobody paid", P4, func(h *history.History) {
			op := find(h, history.Pay, "O5", 0)
			op.Outcome, op.Status = history.Refused, 400
		}},
		{"a refund that Stripe does not know", P4, func(h *history.History) {
			change(h.Final.Charges, "O5", func(c *api.Charge) { c.StripeRefundID = "re_other" })
		}},
		{"an order that never ends", P5, func(h *history.History) {
			revive(h, "O3", "T2")
		}},
		{"a payment that never ends", P5, func(h *history.History) {
			change(h.Final.Charges, "O5", func(c *api.Charge) { c.Status, c.StripeRefundID = api.Pending, "" })
			find(h, history.ReadCharge, "O5", 1).ChargeState.Status = api.Pending
			*find(h, history.ReadCharge, "O5", 2).ChargeState = h.Final.Charges["O5"]
			h.Final.Ledger.Entries = h.Final.Ledger.Entries[:1]
			h.Final.Ledger.Captured, h.Final.Ledger.Refunded = h.Final.Ledger.Entries[0].Amount, 0
		}},
		{"an order that expired early", P5, func(h *history.History) {
			early := find(h, history.ReadOrder, "O3", 1)
			early.Call, early.Return = early.Call-3*time.Second, early.Return-3*time.Second
		}},
		{"an order that was given less time than orders have", P5, func(h *history.History) {
			everyOrder(h, "O2", func(o *api.Order) { o.ExpiresAt = o.ExpiresAt.Add(-3 * time.Second) })
		}},
		{"an order that was given more time than orders have", P5, func(h *history.History) {
			everyOrder(h, "O2", func(o *api.Order) { o.ExpiresAt = o.ExpiresAt.Add(3 * time.Second) })
		}},
		{"an order that outlives its failed payment", P5, func(h *history.History) {
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
		{"an order that outlives its time", P5, func(h *history.History) {
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
		{"a payment refused before its time", P5, func(h *history.History) {
			op := find(h, history.Pay, "O1", 0)
			early := *op
			early.ID, early.Call, early.Return = len(h.Ops), op.Call-5*time.Millisecond, op.Call-time.Millisecond
			early.Outcome, early.Status, early.Message, early.ChargeState = history.Refused, 400, "The order has expired", nil
			h.Ops = append(h.Ops, early)
		}},
		{"a charge that waits for a person", P5, func(h *history.History) { h.Final.Stuck = []string{"O5 succeeded"} }},
		{"a stranger who reads an order", P6, func(h *history.History) {
			op := find(h, history.Pry, "O3", 0)
			op.Outcome, op.Status, op.OrderState = history.OK, 200, order(h, "O3")
		}},
		{"a stranger who learns of a state", P6, func(h *history.History) { find(h, history.Pry, "O3", 0).Status = 400 }},
		{"a stranger who sees a charge", P6, func(h *history.History) {
			find(h, history.Pry, "O1", 0).ChargeStates = []api.Charge{h.Final.Charges["O1"]}
		}},
		{"an order in somebody else's list", P6, func(h *history.History) {
			op := find(h, history.MyOrders, "bob", 0)
			op.OrderStates = append(op.OrderStates, *order(h, "O1"))
		}},
		{"a charge in somebody else's list", P6, func(h *history.History) {
			op := find(h, history.MyCharges, "ann", 0)
			op.ChargeStates = append(op.ChargeStates, h.Final.Charges["O5"])
		}},
		{"a ticket in somebody else's list", P6, func(h *history.History) {
			late(h, history.Op{User: "other", Kind: history.MyTickets, TicketStates: []api.Ticket{*ticket(h, "T4")}})
		}},
		{"a secret that is shown too long", P6, func(h *history.History) { find(h, history.Pay, "O1", 0).ChargeState.ClientSecret = "s" }},
		{"somebody who is kept from the own order", P6, func(h *history.History) {
			late(h, history.Op{User: "ann", Kind: history.ReadOrder, Order: "O1", Outcome: history.Refused, Status: 401})
		}},
		{"a stranger's edit that took effect", P6, func(h *history.History) {
			late(h, history.Op{User: "watcher", Kind: history.Pry, Tried: history.Edit, Ticket: "T4", Title: "Taken", Price: 1, Outcome: history.Unknown})
			late(h, history.Op{User: "seller", Kind: history.Edit, Ticket: "T4", Title: "Row 4, perhaps", Price: 903, Outcome: history.Unknown})
			change(h.Final.Tickets, "T4", func(t *api.Ticket) { t.Title, t.Version = "Taken", 2 })
		}},
		{"a stranger's cancellation that took effect", P6, func(h *history.History) {
			op := find(h, history.Cancel, "O2", 0)
			op.Kind, op.Tried, op.User, op.Outcome = history.Pry, history.Cancel, "watcher", history.Unknown
		}},
		{"a refusal as sold that was not", P7, func(h *history.History) {
			late(h, history.Op{User: "seller", Kind: history.Edit, Ticket: "T4", Title: "Row 4, never", Outcome: history.Refused, Status: 400, Message: "A sold ticket cannot be changed"})
		}},
		{"a ticket that does not say what was sold", P7, func(h *history.History) {
			find(h, history.ReadTicket, "T1", 1).TicketState.Title = "Row 1"
			change(h.Final.Tickets, "T1", func(t *api.Ticket) { t.Title = "Row 1" })
		}},
		{"an edit after the sale", P7, func(h *history.History) {
			op := find(h, history.Edit, "T1", 2)
			op.Outcome, op.Status, op.Price = history.OK, 200, 1
			op.TicketState = &api.Ticket{ID: "T1", Title: op.Title, Price: money.Cents(1).Dollars(), UserID: "seller", Status: api.Available, Version: 4}
			h.Final.Tickets["T1"] = *op.TicketState
		}},
		{"a complete order whose ticket is free", P7, func(h *history.History) {
			op := find(h, history.ReadTicket, "T1", 1)
			op.TicketState, op.Outcome = nil, history.Unknown
			change(h.Final.Tickets, "T1", func(t *api.Ticket) { *t = *find(h, history.ReadTicket, "T1", 0).TicketState })
		}},
		{"a ticket sold to an order that is not complete", P7, func(h *history.History) {
			change(h.Final.Tickets, "T3", func(t *api.Ticket) { t.Status, t.OrderID, t.Version = api.Sold, "O5", 5 })
			h.Ops = append(h.Ops, history.Op{ID: len(h.Ops), User: "seller", Kind: history.Edit, Ticket: "T3", Title: "x", Outcome: history.Unknown})
		}},
		{"a process that does not end well", Exit, func(h *history.History) { h.Final.Processes[0].Exit = "killed after 40s" }},
		{"a process that died by itself", Exit, func(h *history.History) { h.Final.Processes[0].Deaths = []string{"exit status 2"} }},
		{"goroutines that leak", Leak, func(h *history.History) { h.Final.Processes[0].Goroutines += 100 }},
		{"goroutines that leak, among those that serve", Leak, func(h *history.History) {
			h.Final.Processes[0].Goroutines, h.Final.Processes[0].Stacks = 340, map[string]int{serve: 200, "ticketing.dev/common/web.handle": 80}
		}},
		{"connections that leak", Leak, func(h *history.History) { h.Final.Processes[0].Links["nats"] = 7 }},
		{"memory that leaks", Leak, func(h *history.History) { h.Final.Processes[1].Resident = 900 << 20 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := story()
			c.ruin(&h)
			found := Judge(h).Violations
			if !slices.ContainsFunc(found, func(v Violation) bool { return v.Promise == c.promise }) {
				t.Errorf("not found under %s", c.promise)
			}
			for _, v := range found {
				if v.Promise != c.promise {
					t.Errorf("also found %s: %s", v.Promise, v.What)
				}
				t.Logf("%s: %s (%d requests)", v.Promise, v.What, len(v.Ops))
			}
		})
	}
}

// sellAs has all that tells of ann's purchase, O1 of T1, tell another title and price.
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

// everyOrder changes an order wherever it is told of.
func everyOrder(h *history.History, id string, how func(*api.Order)) {
	told := make(map[*api.Order]bool) // more than one request may share a state
	for i := range h.Ops {
		if o := h.Ops[i].OrderState; o != nil && o.ID == id && !told[o] {
			told[o] = true
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

// take books money for an order.
func take(h *history.History, order string, amount int64) {
	h.Final.Ledger.Captured += amount
	h.Final.Ledger.Entries = append(h.Final.Ledger.Entries,
		sandbox.LedgerEntry{PaymentIntent: "pi_" + order, OrderID: order, Status: "succeeded", Amount: amount, CapturedTimes: 1})
}

// revive makes an order that expired one that is still open at the end, and its ticket reserved.
func revive(h *history.History, id, of string) {
	first := *find(h, history.ReadOrder, id, 0).OrderState
	h.Final.Orders[id] = first
	find(h, history.ReadOrder, id, 1).OrderState = &first
	reserved := *find(h, history.ReadTicket, of, 0).TicketState
	find(h, history.ReadTicket, of, 1).TicketState = &reserved
	h.Final.Tickets[of] = reserved
	find(h, history.Market, "watcher", 0).TicketStates = nil
}

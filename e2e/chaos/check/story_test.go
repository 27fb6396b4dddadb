package check

import (
	"fmt"
	"net/http"
	"time"

	"ticketing.dev/common/money"
	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
	"ticketing.dev/local/sandbox"
)

const storyTTL = 8 * time.Second

// writer makes up a history, one request after the other, each 10 ms long and 10 ms after the last.
type writer struct {
	h   history.History
	now time.Duration
}

func newWriter() *writer {
	return &writer{h: history.History{
		OrderTTL: storyTTL,
		Began:    time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC),
		Skew:     100 * time.Millisecond,
		Final: history.Final{
			Quiet:   true,
			Tickets: map[string]api.Ticket{}, Orders: map[string]api.Order{}, Charges: map[string]api.Charge{},
			DeadLetters: map[string][]string{"orders": {}},
			Processes: []history.Process{
				{Name: "orders-1", Goroutines: 80, Resident: 40 << 20, Links: map[string]int{"mongo": 9, "nats": 1}},
				{Name: "orders-2", Goroutines: 90, Resident: 45 << 20, Restarts: 1, Links: map[string]int{"mongo": 9, "nats": 1}},
			},
		},
		Faults: []history.Fault{{Kind: "kill", Target: "orders-2", Begin: time.Second, End: time.Second}},
	}}
}

// add writes a request that was carried out, or one with another outcome.
func (w *writer) add(op history.Op) int {
	w.now += 10 * time.Millisecond
	op.ID, op.Call, op.Return = len(w.h.Ops), w.now, w.now+10*time.Millisecond
	if op.Outcome == "" {
		op.Outcome = history.OK
	}
	if op.Status == 0 && op.Outcome == history.OK {
		op.Status = http.StatusOK
	}
	w.now = op.Return
	w.h.Ops = append(w.h.Ops, op)
	return op.ID
}

func (w *writer) ticket(id, title string, price int64, status, order string, version int64) *api.Ticket {
	t := api.Ticket{ID: id, Title: title, Price: money.Cents(price).Dollars(), UserID: "seller", OrderID: order, Status: status, Version: version}
	w.h.Final.Tickets[id] = t
	return &t
}

// order is an order of a ticket as it now is.
func (w *writer) order(id, buyer, ticket, status, reason string, version int64) *api.Order {
	o, known := w.h.Final.Orders[id]
	if !known {
		t := w.h.Final.Tickets[ticket]
		o = api.Order{ID: id, UserID: buyer, Ticket: api.OrderedTicket{ID: t.ID, Title: t.Title, Price: t.Price},
			ExpiresAt: w.h.Began.Add(w.now + 5*time.Millisecond + storyTTL)}
	}
	o.Status, o.Reason, o.Version = status, reason, version
	w.h.Final.Orders[id] = o
	return &o
}

func (w *writer) charge(order, status, refund string) *api.Charge {
	c := api.Charge{ID: order, OrderID: order, Status: status, Amount: w.h.Final.Orders[order].Ticket.Price, StripeID: "pi_" + order, StripeRefundID: refund}
	if status == api.Refunded {
		c.RefundedAmount = c.Amount
	}
	w.h.Final.Charges[order] = c
	return &c
}

func (w *writer) list(id, title string, price int64) {
	w.add(history.Op{User: "seller", Kind: history.List, Ticket: id, Title: title, Price: price,
		TicketState: w.ticket(id, title, price, api.Available, "", 0)})
}

func (w *writer) place(id, buyer, ticket string) {
	w.add(history.Op{User: buyer, Kind: history.Place, Ticket: ticket, Order: id,
		OrderState: w.order(id, buyer, ticket, api.Created, "", 0)})
}

func (w *writer) refuse(buyer, ticket string) {
	w.add(history.Op{User: buyer, Kind: history.Place, Ticket: ticket, Outcome: history.Refused,
		Status: http.StatusBadRequest, Message: "Ticket is already reserved"})
}

func (w *writer) readTicket(t *api.Ticket) {
	w.add(history.Op{User: "watcher", Kind: history.ReadTicket, Ticket: t.ID, TicketState: t})
}

func (w *writer) readOrder(o *api.Order) {
	w.add(history.Op{User: o.UserID, Kind: history.ReadOrder, Order: o.ID, OrderState: o})
}

func (w *writer) readCharge(order, user string, c *api.Charge) {
	w.add(history.Op{User: user, Kind: history.ReadCharge, Order: order, ChargeState: c})
}

// capture books what was taken for an order, and what was given back.
func (w *writer) capture(order string, refund string) {
	amount := int64(w.h.Final.Orders[order].Ticket.Price.Cents)
	e := sandbox.LedgerEntry{PaymentIntent: "pi_" + order, OrderID: order, Status: "succeeded", Amount: amount, CapturedTimes: 1}
	w.h.Final.Ledger.Captured += amount
	if refund != "" {
		e.Refunded = amount
		e.Refunds = []sandbox.LedgerRefund{{ID: refund, Amount: amount, Status: "succeeded"}}
		w.h.Final.Ledger.Refunded += amount
	}
	w.h.Final.Ledger.Entries = append(w.h.Final.Ledger.Entries, e)
}

// story is a correct history in which much happens: ann buys a ticket; bob cancels, and cat, whose
// request got no response, lets the next order expire; dan's card is declined; eve pays too late and gets
// the money back; a watcher's requests for other users' objects are refused; an edit without a response takes effect late.
func story() history.History {
	w := newWriter()
	w.sale()
	w.cancellation()
	w.decline()
	w.end()
	return w.h
}

// sale sells T1 to ann as order O1.
func (w *writer) sale() {
	w.list("T1", "Row 1", 1999)
	edited := w.ticket("T1", "Row 1, changed", 2050, api.Available, "", 1)
	w.add(history.Op{User: "seller", Kind: history.Edit, Ticket: "T1", Title: "Row 1, changed", Price: 2050, TicketState: edited})
	w.place("O1", "ann", "T1")
	w.refuse("bob", "T1")
	w.readTicket(w.ticket("T1", "Row 1, changed", 2050, api.Reserved, "O1", 2))
	w.add(history.Op{User: "seller", Kind: history.Edit, Ticket: "T1", Title: "Row 1, refused", Price: 1, Outcome: history.Refused,
		Status: http.StatusBadRequest, Message: "A reserved ticket can't be changed"})
	w.readOrder(w.order("O1", "ann", "T1", api.AwaitingPayment, "", 1))
	w.add(history.Op{User: "ann", Kind: history.Pay, Order: "O1", Token: "tok_visa", Status: http.StatusCreated, ChargeState: w.charge("O1", api.Succeeded, "")})
	w.capture("O1", "")
	w.readOrder(w.order("O1", "ann", "T1", api.Complete, "", 2))
	w.readTicket(w.ticket("T1", "Row 1, changed", 2050, api.Sold, "O1", 3))
	w.add(history.Op{User: "seller", Kind: history.Edit, Ticket: "T1", Title: "Row 1, too late", Price: 1, Outcome: history.Refused,
		Status: http.StatusBadRequest, Message: "A sold ticket can't be changed"})
	w.refuse("cat", "T1")
}

// cancellation has bob cancel O2 of T2, and cat order it again as O3.
func (w *writer) cancellation() {
	w.list("T2", "Row 2", 50)
	w.place("O2", "bob", "T2")
	w.add(history.Op{User: "bob", Kind: history.Cancel, Order: "O2", Status: http.StatusNoContent})
	w.readOrder(w.order("O2", "bob", "T2", api.Cancelled, api.ByUser, 1))
	w.ticket("T2", "Row 2", 50, api.Available, "", 2)
	w.add(history.Op{User: "cat", Kind: history.Place, Ticket: "T2", Outcome: history.Unknown})
	w.readOrder(w.order("O3", "cat", "T2", api.Created, "", 0))
	w.refuse("dan", "T2")
	w.readTicket(w.ticket("T2", "Row 2", 50, api.Reserved, "O3", 3))
	w.add(history.Op{User: "watcher", Kind: history.Pry, Tried: history.ReadOrder, Order: "O3", Outcome: history.Refused, Status: http.StatusUnauthorized})
	w.add(history.Op{User: "watcher", Kind: history.Pry, Tried: history.ReadCharge, Order: "O1"})
}

// decline declines dan's payment of O4 of T3. Then eve orders it as O5, and T4 is listed.
func (w *writer) decline() {
	w.list("T3", "Row 3", 700)
	w.place("O4", "dan", "T3")
	w.readCharge("O4", "dan", nil)
	w.add(history.Op{User: "dan", Kind: history.Pay, Order: "O4", Token: "tok_chargeDeclined", Outcome: history.Refused,
		Status: http.StatusPaymentRequired, Message: "Your card was declined."})
	w.readCharge("O4", "dan", w.charge("O4", api.Failed, ""))
	w.readOrder(w.order("O4", "dan", "T3", api.Cancelled, api.PaymentFailed, 2))
	w.ticket("T3", "Row 3", 700, api.Available, "", 2)
	w.place("O5", "eve", "T3")
	w.readTicket(w.ticket("T3", "Row 3", 700, api.Reserved, "O5", 3))

	w.list("T4", "Row 4", 900)
	w.add(history.Op{User: "seller", Kind: history.Edit, Ticket: "T4", Title: "Row 4, late", Price: 901, Outcome: history.Unknown})
	w.readTicket(w.ticket("T4", "Row 4", 900, api.Available, "", 0))
}

// end lets O3 and O5 expire. O5 was paid too late, and is refunded.
func (w *writer) end() {
	w.now += storyTTL
	w.add(history.Op{User: "eve", Kind: history.Pay, Order: "O5", Token: "tok_visa", Outcome: history.Unknown})
	w.readOrder(w.order("O3", "cat", "T2", api.Cancelled, api.Expired, 1))
	w.readTicket(w.ticket("T2", "Row 2", 50, api.Available, "", 4))
	w.readOrder(w.order("O5", "eve", "T3", api.Cancelled, api.Expired, 1))
	w.readTicket(w.ticket("T3", "Row 3", 700, api.Available, "", 4))
	w.readCharge("O5", "eve", w.charge("O5", api.Pending, ""))
	w.readCharge("O5", "eve", w.charge("O5", api.Succeeded, ""))
	w.readCharge("O5", "eve", w.charge("O5", api.Refunded, "re_O5"))
	w.capture("O5", "re_O5")
	w.readTicket(w.ticket("T4", "Row 4, late", 901, api.Available, "", 1))
	w.add(history.Op{User: "dan", Kind: history.Place, Ticket: "T4", Outcome: history.Unknown}) // never took effect

	w.h.Healed, w.h.Final.At = w.now, w.now+time.Second
	w.add(history.Op{User: "bob", Kind: history.MyOrders, OrderStates: []api.Order{w.h.Final.Orders["O2"]}})
	w.add(history.Op{User: "ann", Kind: history.MyCharges, ChargeStates: []api.Charge{w.h.Final.Charges["O1"]}})
	w.add(history.Op{User: "watcher", Kind: history.Market, TicketStates: []api.Ticket{w.h.Final.Tickets["T2"], w.h.Final.Tickets["T3"]}})
}

// find is a request of the story, by what it is and about.
func find(h *history.History, kind history.Kind, about string, n int) *history.Op {
	for i := range h.Ops {
		op := &h.Ops[i]
		if op.Kind == kind && (op.Ticket == about || op.Order == about || op.User == about) {
			if n--; n < 0 {
				return op
			}
		}
	}
	panic(fmt.Sprintf("no %s of %s", kind, about))
}

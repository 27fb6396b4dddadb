package check

import (
	"net/http"
	"testing"
	"time"

	"ticketing.dev/common/money"
	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
)

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
		o := *order(h, "O1") // was placed a second after the first, as its time tells
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
		find(h, history.MyOrders, "bob", 0).User = "nobody"
		find(h, history.MyOrders, "nobody", 0).OrderStates = nil
	}},
	{"a refusal for a ticket that nobody can have", func(h *history.History) {
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
	{"a ticket that is held by nobody", func(h *history.History) { find(h, history.ReadTicket, "T2", 0).TicketState.OrderID = "" }},
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

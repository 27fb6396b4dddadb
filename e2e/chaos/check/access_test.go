package check

import (
	"testing"

	"ticketing.dev/common/money"
	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
)

func TestFindsAccessToOtherUsersObjects(t *testing.T) { testFinds(t, P6, othersThings) }

var othersThings = []mistake{
	{"a stranger who reads an order", func(h *history.History) {
		op := find(h, history.Pry, "O3", 0)
		op.Outcome, op.Status, op.OrderState = history.OK, 200, order(h, "O3")
	}},
	{"a stranger who learns an order's state", func(h *history.History) { find(h, history.Pry, "O3", 0).Status = 400 }},
	{"a stranger who sees a charge", func(h *history.History) {
		find(h, history.Pry, "O1", 0).ChargeStates = []api.Charge{h.Final.Charges["O1"]}
	}},
	{"an order in another user's list", func(h *history.History) {
		op := find(h, history.MyOrders, "bob", 0)
		op.OrderStates = append(op.OrderStates, *order(h, "O1"))
	}},
	{"a charge in another user's list", func(h *history.History) {
		op := find(h, history.MyCharges, "ann", 0)
		op.ChargeStates = append(op.ChargeStates, h.Final.Charges["O5"])
	}},
	{"a ticket in another user's list", func(h *history.History) {
		late(h, history.Op{User: "other", Kind: history.MyTickets, TicketStates: []api.Ticket{*ticket(h, "T4")}})
	}},
	{"a client secret that is shown too long", func(h *history.History) { find(h, history.Pay, "O1", 0).ChargeState.ClientSecret = "s" }},
	{"a buyer who is refused their own order", func(h *history.History) {
		late(h, history.Op{User: "ann", Kind: history.ReadOrder, Order: "O1", Outcome: history.Refused, Status: 401})
	}},
	{"a session that goes on after the sign-out", func(h *history.History) {
		late(h, history.Op{User: "guest", Kind: history.ComeBack, Tried: history.MyOrders, Outcome: history.OK, Status: 200})
	}},
	{"a stranger's edit that took effect", func(h *history.History) {
		late(h, history.Op{User: "watcher", Kind: history.Pry, Tried: history.Edit, Ticket: "T4", Title: "Taken", Price: 1, Outcome: history.Unknown})
		late(h, history.Op{User: "seller", Kind: history.Edit, Ticket: "T4", Title: "Row 4, perhaps", Price: 903, Outcome: history.Unknown})
		change(h.Final.Tickets, "T4", func(t *api.Ticket) { t.Title, t.Version = "Taken", 2 })
	}},
	{"a stranger's cancellation that took effect", func(h *history.History) {
		op := find(h, history.Cancel, "O2", 0)
		op.Kind, op.Tried, op.User, op.Outcome = history.Pry, history.Cancel, "watcher", history.Unknown
	}},
}

func TestFindsChangedSales(t *testing.T) { testFinds(t, P7, changedSales) }

var changedSales = []mistake{
	{"a refusal as sold for a ticket that isn't", func(h *history.History) {
		late(h, history.Op{User: "seller", Kind: history.Edit, Ticket: "T4", Title: "Row 4, never", Outcome: history.Refused, Status: 400, Message: "A sold ticket can't be changed"})
	}},
	{"a sold ticket with another title", func(h *history.History) {
		find(h, history.ReadTicket, "T1", 1).TicketState.Title = "Row 1"
		change(h.Final.Tickets, "T1", func(t *api.Ticket) { t.Title = "Row 1" })
	}},
	{"an edit after the sale", func(h *history.History) {
		op := find(h, history.Edit, "T1", 2)
		op.Outcome, op.Status, op.Price = history.OK, 200, 1
		op.TicketState = &api.Ticket{ID: "T1", Title: op.Title, Price: money.Cents(1).Dollars(), UserID: "seller", Status: api.Available, Version: 4}
		h.Final.Tickets["T1"] = *op.TicketState
	}},
	{"a complete order whose ticket is free", func(h *history.History) {
		op := find(h, history.ReadTicket, "T1", 1)
		op.TicketState, op.Outcome = nil, history.Unknown
		change(h.Final.Tickets, "T1", func(t *api.Ticket) { *t = *find(h, history.ReadTicket, "T1", 0).TicketState })
	}},
	{"a ticket sold to an order that is not complete", func(h *history.History) {
		change(h.Final.Tickets, "T3", func(t *api.Ticket) { t.Status, t.OrderID, t.Version = api.Sold, "O5", 5 })
		h.Ops = append(h.Ops, history.Op{ID: len(h.Ops), User: "seller", Kind: history.Edit, Ticket: "T3", Title: "x", Outcome: history.Unknown})
	}},
}

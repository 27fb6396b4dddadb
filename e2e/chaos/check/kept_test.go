package check

import (
	"testing"

	"ticketing.dev/common/money"
	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
)

func TestFindsLostChanges(t *testing.T) { testFinds(t, P2, lostChanges) }

var lostChanges = []mistake{
	{"a lost ticket", func(h *history.History) { delete(h.Final.Tickets, "T4") }},
	{"a ticket that is missing once", func(h *history.History) {
		late(h, history.Op{User: "ann", Kind: history.ReadTicket, Ticket: "T4", Outcome: history.Refused, Status: 404})
	}},
	{"a lost order", func(h *history.History) {
		delete(h.Final.Orders, "O2")
		find(h, history.MyOrders, "bob", 0).OrderStates = nil
	}},
	{"an order that its list leaves out", func(h *history.History) { find(h, history.MyOrders, "bob", 0).OrderStates = nil }},
	{"a ticket that its seller's list leaves out", func(h *history.History) {
		late(h, history.Op{User: "seller", Kind: history.MyTickets, TicketStates: []api.Ticket{*ticket(h, "T1"), *ticket(h, "T2"), *ticket(h, "T3")}})
	}},
	{"an acknowledged edit that is undone", func(h *history.History) {
		late(h, history.Op{User: "seller", Kind: history.Edit, Ticket: "T4", Title: "Row 4, last", Price: 902,
			TicketState: &api.Ticket{ID: "T4", Title: "Row 4, last", Price: money.Cents(902).Dollars(), UserID: "seller", Status: api.Available, Version: 2}})
		change(h.Final.Tickets, "T4", func(t *api.Ticket) { t.Version = 3 })
		late(h, history.Op{User: "seller", Kind: history.Edit, Ticket: "T4", Title: "Row 4, perhaps", Price: 903, Outcome: history.Unknown})
	}},
	{"an acknowledged edit that is lost", func(h *history.History) {
		late(h, history.Op{User: "seller", Kind: history.Edit, Ticket: "T4", Title: "Row 4, last", Price: 902,
			TicketState: &api.Ticket{ID: "T4", Title: "Row 4, last", Price: money.Cents(902).Dollars(), UserID: "seller", Status: api.Available, Version: 2}})
	}},
	{"a refused edit that took effect", func(h *history.History) {
		op := find(h, history.Edit, "T4", 0)
		op.Outcome, op.Status = history.Refused, 400
		late(h, history.Op{User: "seller", Kind: history.Edit, Ticket: "T4", Title: "Row 4, perhaps", Price: 903, Outcome: history.Unknown})
	}},
	{"an order at a price that its seller never requested", func(h *history.History) {
		sellAs(h, "Row 1, changed", 2049)
	}},
	{"an order with the title of another ticket", func(h *history.History) { sellAs(h, "Row 2", 50) }},
	{"an order of a response with another ticket", func(h *history.History) { find(h, history.Place, "O4", 0).Ticket = "T4" }},
	{"a response with another ticket", func(h *history.History) {
		late(h, history.Op{User: "ann", Kind: history.ReadTicket, Ticket: "T4", TicketState: ticket(h, "T3")})
	}},
	{"a response with another order", func(h *history.History) { find(h, history.ReadOrder, "O2", 0).Order = "O3" }},
	{"a version with two states", func(h *history.History) {
		find(h, history.ReadTicket, "T4", 0).TicketState.Price = money.Cents(1).Dollars()
	}},
	{"a ticket that goes back", func(h *history.History) {
		late(h, history.Op{User: "ann", Kind: history.ReadTicket, Ticket: "T4", TicketState: find(h, history.ReadTicket, "T4", 0).TicketState})
	}},
	{"an order that goes back", func(h *history.History) {
		late(h, history.Op{User: "cat", Kind: history.ReadOrder, Order: "O3", OrderState: find(h, history.ReadOrder, "O3", 0).OrderState})
	}},
	{"a cancellation that is undone", func(h *history.History) {
		o := order(h, "O2")
		o.Status, o.Reason, o.Version = api.Created, "", 0
		find(h, history.ReadOrder, "O2", 0).OrderState = o
	}},
	{"a charge that goes back", func(h *history.History) {
		c := h.Final.Charges["O5"]
		c.Status, c.StripeRefundID = api.Pending, ""
		late(h, history.Op{User: "eve", Kind: history.ReadCharge, Order: "O5", ChargeState: &c})
	}},
	{"a charge that is gone", func(h *history.History) {
		late(h, history.Op{User: "eve", Kind: history.ReadCharge, Order: "O5"})
	}},
	{"an order that no request placed", func(h *history.History) {
		op := find(h, history.Place, "cat", 1)
		op.Outcome, op.Status, op.Message = history.Refused, 404, "Not Found"
	}},
	{"two orders of one request", func(h *history.History) {
		o := *order(h, "O3")
		o.ID = "O9"
		h.Final.Orders["O9"] = o
	}},
	{"a cancellation that no request made", func(h *history.History) {
		op := find(h, history.Cancel, "O2", 0)
		op.Outcome, op.Status = history.Refused, 400
	}},
	{"a refusal as complete that was not", func(h *history.History) {
		late(h, history.Op{User: "cat", Kind: history.Cancel, Order: "O3", Outcome: history.Refused, Status: 400, Message: "A completed order can't be cancelled"})
	}},
	{"a ticket that stays reserved", func(h *history.History) {
		change(h.Final.Tickets, "T2", func(t *api.Ticket) { *t = *find(h, history.ReadTicket, "T2", 0).TicketState })
		find(h, history.ReadTicket, "T2", 1).Outcome = history.Unknown
		find(h, history.ReadTicket, "T2", 1).TicketState = nil
		find(h, history.Market, "watcher", 0).TicketStates = nil
	}},
	{"a dead letter", func(h *history.History) { h.Final.DeadLetters["orders"] = []string{"6501 order:created"} }},
	{"a user who can't sign in", func(h *history.History) {
		h.Final.Missing = []string{"user friend@example.com: cannot sign in"}
	}},
}

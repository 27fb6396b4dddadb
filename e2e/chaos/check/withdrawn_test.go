package check

import (
	"net/http"
	"testing"
	"time"

	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
)

// withdraw lets a seller withdraw a ticket. Buyers may order it until orders hears of it.
func (s *simulation) withdraw(seller, ticket string) {
	s.request(history.Op{User: seller, Kind: history.Withdraw, Ticket: ticket}, func(op *history.Op) {
		t := s.tickets[ticket]
		switch t.Status {
		case api.Available:
			t.Status, t.Version = api.Withdrawn, t.Version+1
			s.sayWithdrawn(ticket)
		case api.Reserved, api.Sold:
			refuse(op, http.StatusBadRequest, "A "+t.Status+" ticket can't be changed")
			return
		}
		done(op, http.StatusNoContent)
	}, func(history.Op) {})
}

// sayWithdrawn lets orders hear that a ticket is withdrawn.
func (s *simulation) sayWithdrawn(ticket string) {
	s.after(s.up(2*time.Second), func() {
		s.gone[ticket] = true
		if o := s.orders[s.live[ticket]]; o != nil && !isComplete(*o) {
			s.end(o, api.TicketWithdrawn)
		}
	})
}

func TestFindsLostWithdrawals(t *testing.T) { testFinds(t, P2, lostWithdrawals) }

// lateWithdrawal withdraws T4, which is free at the end.
func lateWithdrawal(h *history.History) {
	late(h, history.Op{User: "seller", Kind: history.Withdraw, Ticket: "T4", Status: http.StatusNoContent})
	change(h.Final.Tickets, "T4", func(t *api.Ticket) { t.Status, t.Version = api.Withdrawn, t.Version+1 })
}

// foundWithdrawn shows T4 as withdrawn at the end. An edit without an answer explains the version.
func foundWithdrawn(h *history.History) {
	t := h.Final.Tickets["T4"]
	late(h, history.Op{User: "seller", Kind: history.Edit, Ticket: "T4", Title: t.Title, Price: int64(t.Price.Cents), Outcome: history.Unknown})
	change(h.Final.Tickets, "T4", func(t *api.Ticket) { t.Status, t.Version = api.Withdrawn, t.Version+1 })
}

var lostWithdrawals = []mistake{
	{"a withdrawn ticket that is free again", func(h *history.History) {
		lateWithdrawal(h)
		change(h.Final.Tickets, "T4", func(t *api.Ticket) { t.Status = api.Available })
	}},
	{"a ticket withdrawn without a request", func(h *history.History) {
		foundWithdrawn(h)
	}},
	{"a refusal as withdrawn of a ticket that is not", func(h *history.History) {
		late(h, history.Op{User: "ann", Kind: history.Place, Ticket: "T4", Outcome: history.Refused, Status: http.StatusBadRequest, Message: "The seller has withdrawn this ticket"})
	}},
	{"an order cancelled as of a withdrawn ticket that is not", func(h *history.History) {
		o := h.Final.Orders["O2"]
		o.Reason = api.TicketWithdrawn
		h.Final.Orders["O2"] = o
		find(h, history.ReadOrder, "O2", 0).OrderState = &o
	}},
}

func TestFindsAWithdrawalByAStranger(t *testing.T) {
	testFinds(t, P6, []mistake{{"a stranger withdraws a ticket", func(h *history.History) {
		late(h, history.Op{User: "bob", Kind: history.Pry, Tried: history.Withdraw, Ticket: "T4", Outcome: history.Unknown})
		foundWithdrawn(h)
	}}})
}

func TestAKeptWithdrawalIsFine(t *testing.T) {
	h := story()
	lateWithdrawal(&h)
	if v := Judge(h).Violations; len(v) != 0 {
		t.Errorf("found %+v", v)
	}
}

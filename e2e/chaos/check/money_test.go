package check

import (
	"testing"

	"ticketing.dev/common/money"
	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
	"ticketing.dev/local/sandbox"
)

func TestFindsWrongMoney(t *testing.T) { testFinds(t, P4, wrongMoney) }

var wrongMoney = []mistake{
	{"a card charged twice", func(h *history.History) {
		h.Final.Ledger.Entries[0].CapturedTimes = 2
		h.Final.Ledger.Captured += h.Final.Ledger.Entries[0].Amount
	}},
	{"a complete order that nobody paid", func(h *history.History) {
		h.Final.Ledger.Captured -= h.Final.Ledger.Entries[0].Amount
		h.Final.Ledger.Entries = h.Final.Ledger.Entries[1:]
	}},
	{"another amount than the price", func(h *history.History) {
		h.Final.Ledger.Entries[0].Amount--
		h.Final.Ledger.Captured--
	}},
	{"a cancelled order whose money was kept", func(h *history.History) {
		e := &h.Final.Ledger.Entries[1]
		h.Final.Ledger.Refunded -= e.Refunded
		e.Refunded, e.Refunds = 0, nil
	}},
	{"a complete order that was refunded", func(h *history.History) {
		e := &h.Final.Ledger.Entries[0]
		e.Refunded, e.Refunds = e.Amount, []sandbox.LedgerRefund{{ID: "re_O1", Amount: e.Amount, Status: "succeeded"}}
		h.Final.Ledger.Refunded += e.Amount
	}},
	{"money for an order that nobody has", func(h *history.History) { take(h, "O8", 100) }},
	{"a charge of another amount", func(h *history.History) {
		find(h, history.Pay, "O1", 0).ChargeState.Amount = money.Cents(1).Dollars()
		find(h, history.MyCharges, "ann", 0).ChargeStates[0].Amount = money.Cents(1).Dollars()
		change(h.Final.Charges, "O1", func(c *api.Charge) { c.Amount = money.Cents(1).Dollars() })
	}},
	{"a decline that took money", func(h *history.History) { take(h, "O4", 700) }},
	{"a decline that can still be paid", func(h *history.History) {
		h.Final.Ledger.Entries = append(h.Final.Ledger.Entries,
			sandbox.LedgerEntry{PaymentIntent: "pi_O4", OrderID: "O4", Status: "requires_payment_method", Amount: 700})
	}},
	{"a success that ends as a failure", func(h *history.History) {
		c := h.Final.Charges["O4"]
		c.Status = api.Succeeded
		find(h, history.Pay, "O4", 0).Outcome, find(h, history.Pay, "O4", 0).ChargeState = history.OK, &c
	}},
	{"a charge that nobody paid", func(h *history.History) {
		op := find(h, history.Pay, "O5", 0)
		op.Outcome, op.Status = history.Refused, 400
	}},
	{"a refund that Stripe does not know", func(h *history.History) {
		change(h.Final.Charges, "O5", func(c *api.Charge) { c.StripeRefundID = "re_other" })
	}},
}

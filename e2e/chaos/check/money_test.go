package check

import (
	"slices"
	"testing"

	"ticketing.dev/common/money"
	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
	"ticketing.dev/local/sandbox"
	"ticketing.dev/local/sandbox/remote"
)

func TestFindsWrongMoney(t *testing.T) { testFinds(t, P4, wrongMoney) }

var wrongMoney = []mistake{
	{"a card charged twice", func(h *history.History) {
		h.Final.Ledger.Entries[0].CapturedTimes = 2
		h.Final.Ledger.Captured += h.Final.Ledger.Entries[0].Amount
	}},
	{"a complete order without a payment", func(h *history.History) {
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
	{"money for an order that doesn't exist", func(h *history.History) { take(h, "O8", 100) }},
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
	{"a charge without an accepted payment", func(h *history.History) {
		op := find(h, history.Pay, "O5", 0)
		op.Outcome, op.Status = history.Refused, 400
	}},
	{"a refund that Stripe does not know", func(h *history.History) {
		change(h.Final.Charges, "O5", func(c *api.Charge) { c.StripeRefundID = "re_other" })
	}},
}

// giveBack refunds some of ann's complete order O1 in the dashboard, and lets payments notice.
func giveBack(h *history.History, cents int64) {
	e := &h.Final.Ledger.Entries[0]
	e.Refunded += cents
	e.Refunds = append(e.Refunds, sandbox.LedgerRefund{ID: "re_hand", Amount: cents, Status: "succeeded", Reason: remote.ByOperator})
	h.Final.Ledger.Refunded += cents
	change(h.Final.Charges, "O1", func(c *api.Charge) {
		c.RefundedAmount = money.Cents(e.Refunded).Dollars()
		if e.Refunded == e.Amount {
			c.Status, c.StripeRefundID = api.Refunded, "re_hand"
		}
	})
	h.Final.Stuck = []string{`{"orderId":"O1"}`}
}

func TestRefundsByHandBreakNothing(t *testing.T) {
	all := story().Final.Ledger.Entries[0].Amount
	for _, parts := range [][]int64{{all}, {all / 2}, {all / 2, all - all/2}} {
		h := story()
		for _, part := range parts {
			giveBack(&h, part)
		}
		for _, v := range Judge(h).Violations {
			t.Errorf("%v: %s: %s", parts, v.Promise, v.What)
		}
	}
}

func TestFindsRefundsByHandThatNoOperatorSees(t *testing.T) {
	all := story().Final.Ledger.Entries[0].Amount
	for name, c := range map[string]struct {
		part    int64
		promise string
		ruin    func(h *history.History)
	}{
		"the charge says succeeded": {all, P4, func(h *history.History) {
			change(h.Final.Charges, "O1", func(c *api.Charge) { c.Status, c.StripeRefundID = api.Succeeded, "" })
		}},
		"the charge shows no refund": {all / 2, P4, func(h *history.History) {
			change(h.Final.Charges, "O1", func(c *api.Charge) { c.RefundedAmount = money.Dollars{} })
		}},
		"the charge shows twice the refund": {all / 2, P4, func(h *history.History) {
			change(h.Final.Charges, "O1", func(c *api.Charge) { c.RefundedAmount.Cents *= 2 })
		}},
		"no operator is asked":                             {all, P4, func(h *history.History) { h.Final.Stuck = nil }},
		"an order on the operator's list without a refund": {all, P5, func(h *history.History) { h.Final.Stuck = append(h.Final.Stuck, `{"orderId":"O4"}`) }},
		"payments has done it":                             {all, P4, func(h *history.History) { h.Final.Ledger.Entries[0].Refunds[0].Reason = "" }},
	} {
		t.Run(name, func(t *testing.T) {
			h := story()
			giveBack(&h, c.part)
			c.ruin(&h)
			found := Judge(h).Violations
			if !slices.ContainsFunc(found, func(v Violation) bool { return v.Promise == c.promise }) {
				t.Errorf("not found under %s: %+v", c.promise, found)
			}
		})
	}
}

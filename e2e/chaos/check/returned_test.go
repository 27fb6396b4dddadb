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

func TestRefundsByHandThatNobodyNotices(t *testing.T) {
	all := story().Final.Ledger.Entries[0].Amount
	for name, c := range map[string]struct {
		part    int64
		promise string
		ruin    func(h *history.History)
	}{
		"the charge says succeeded": {all, P4, func(h *history.History) {
			change(h.Final.Charges, "O1", func(c *api.Charge) { c.Status, c.StripeRefundID = api.Succeeded, "" })
		}},
		"the charge tells no part": {all / 2, P4, func(h *history.History) {
			change(h.Final.Charges, "O1", func(c *api.Charge) { c.RefundedAmount = money.Dollars{} })
		}},
		"the charge tells twice the part": {all / 2, P4, func(h *history.History) {
			change(h.Final.Charges, "O1", func(c *api.Charge) { c.RefundedAmount.Cents *= 2 })
		}},
		"no operator is asked":         {all, P4, func(h *history.History) { h.Final.Stuck = nil }},
		"an operator is asked in vain": {all, P5, func(h *history.History) { h.Final.Stuck = append(h.Final.Stuck, `{"orderId":"O4"}`) }},
		"payments has done it":         {all, P4, func(h *history.History) { h.Final.Ledger.Entries[0].Refunds[0].Reason = "" }},
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

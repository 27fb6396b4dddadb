package check

import (
	"fmt"
	"strings"

	"ticketing.dev/local/api"
	"ticketing.dev/local/sandbox"
	"ticketing.dev/local/sandbox/remote"
)

// byHand is how much of a payment was refunded in Stripe's dashboard, in cents.
func byHand(e sandbox.LedgerEntry) (sum int64) {
	for _, r := range e.Refunds {
		if r.Reason == remote.ByOperator && r.Status == "succeeded" {
			sum += r.Amount
		}
	}
	return sum
}

// returned says what is wrong with a charge's refunds, or nothing.
func returned(c api.Charge, o api.Order, a account) string {
	whole := a.captured > 0 && a.refunded == a.captured
	switch {
	case c.Status == api.Refunded && o.Status == api.Complete && a.byHand != a.captured:
		return "is refunded, and the order is complete"
	case c.Status == api.Refunded && o.Status != api.Cancelled && o.Status != api.Complete:
		return "is refunded, and the order is " + o.Status
	case c.Status == api.Succeeded && whole:
		return "succeeded, and all of its money was given back at Stripe"
	case int64(c.RefundedAmount.Cents) != a.refunded && (c.Status == api.Succeeded || c.Status == api.Refunded):
		return fmt.Sprintf("tells that %d cents were given back, and at Stripe it is %d cents", c.RefundedAmount.Cents, a.refunded)
	}
	return ""
}

// decisions judges the operator's list: it has each complete order with a refund by hand, and nothing else.
func (j *judge) decisions(accounts map[string]account) {
	waiting := make(map[string]bool)
	for _, line := range j.h.Final.Stuck {
		asked := false
		for id, a := range accounts {
			if a.byHand > 0 && strings.Contains(line, id) {
				waiting[id], asked = true, true
			}
		}
		if !asked {
			j.broken(P5, "a charge waits for a person: "+line)
		}
	}
	for _, id := range sorted(accounts) {
		o := j.h.Final.Orders[id]
		if o.Status == api.Complete && accounts[id].byHand > 0 && !waiting[id] {
			j.broken(P4, fmt.Sprintf("somebody refunded complete order %s, and no operator is asked what becomes of it", id), j.about(id)...)
		}
	}
}

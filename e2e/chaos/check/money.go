package check

import (
	"fmt"
	"strings"

	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
	"ticketing.dev/local/sandbox"
	"ticketing.dev/local/sandbox/remote"
)

// account is an order's money at Stripe, in cents.
type account struct {
	captures           int
	captured, refunded int64
	byHand             int64                          // the part of refunded that an operator refunded in Stripe's dashboard
	intents            map[string]sandbox.LedgerEntry // by their id
}

// money judges P4, order by order and to the cent.
func (j *judge) money() {
	accounts := j.accounts()
	var kept, owed int64
	ended := true
	for _, id := range sorted(accounts) {
		a := accounts[id]
		kept += a.captured - a.refunded
		if _, there := j.h.Final.Orders[id]; !there && a.captures > 0 {
			j.broken(P4, fmt.Sprintf("%d cents were captured for order %q, which doesn't exist", a.captured, id), j.pays[id]...)
		}
		if a.captures > 1 {
			j.broken(P4, fmt.Sprintf("order %[2]s was charged %[1]d times", a.captures, id), j.about(id)...)
		}
	}
	for _, id := range sorted(j.h.Final.Orders) {
		o := j.h.Final.Orders[id]
		if o.Status == api.Complete {
			owed += int64(o.Ticket.Price.Cents) - accounts[id].byHand
		}
		ended = ended && (isComplete(o) || isCancelled(o))
		j.orderMoney(o, accounts[id])
	}
	for _, id := range sorted(j.h.Final.Charges) {
		j.chargeMoney(j.h.Final.Charges[id], accounts[id])
	}
	j.decisions(accounts)
	ledger := j.h.Final.Ledger
	if kept != ledger.Captured-ledger.Refunded {
		j.broken(P4, fmt.Sprintf("the sandbox keeps %d cents, but its PaymentIntents add up to %d", ledger.Captured-ledger.Refunded, kept))
	}
	if ended && kept != owed && !j.mentioned("cents") {
		j.broken(P4, fmt.Sprintf("%d cents are kept, but the complete orders cost %d cents", kept, owed))
	}
}

func (j *judge) accounts() map[string]account {
	accounts := make(map[string]account)
	for _, e := range j.h.Final.Ledger.Entries {
		a := accounts[e.OrderID]
		if a.intents == nil {
			a.intents = make(map[string]sandbox.LedgerEntry)
		}
		a.intents[e.PaymentIntent] = e
		a.captures += e.CapturedTimes
		a.captured += e.Amount * int64(e.CapturedTimes)
		a.refunded += e.Refunded
		a.byHand += byHand(e)
		accounts[e.OrderID] = a
	}
	return accounts
}

func (j *judge) orderMoney(o api.Order, a account) {
	price, kept := int64(o.Ticket.Price.Cents), a.captured-a.refunded
	switch {
	case o.Status == api.Complete && a.captures == 0:
		j.broken(P4, fmt.Sprintf("order %s is complete, but its %d cents weren't captured", o.ID, price), j.about(o.ID)...)
	case o.Status == api.Complete && a.captures == 1 && (kept != price-a.byHand || a.refunded != a.byHand):
		j.broken(P4, fmt.Sprintf("order %s is complete and costs %d cents, but %d were captured and %d refunded", o.ID, price, a.captured, a.refunded), j.about(o.ID)...)
	case o.Status == api.Cancelled && kept != 0:
		j.broken(P4, fmt.Sprintf("order %s is cancelled, but %d cents were captured and %d refunded", o.ID, a.captured, a.refunded), j.about(o.ID)...)
	}
	if _, there := j.h.Final.Charges[o.ID]; !there && (a.captures > 0 || o.Status == api.Complete) {
		j.broken(P4, fmt.Sprintf("order %s has no charge, but it is %s and %d cents were captured", o.ID, o.Status, a.captured), j.about(o.ID)...)
	}
}

// chargeMoney compares a charge with its order and with Stripe.
func (j *judge) chargeMoney(c api.Charge, a account) {
	o, there := j.h.Final.Orders[c.OrderID]
	if !there {
		j.broken(P4, fmt.Sprintf("a charge is of order %s, which doesn't exist", c.OrderID), j.about(c.OrderID)...)
		return
	}
	wrong := ""
	switch {
	case c.Amount != o.Ticket.Price:
		wrong = fmt.Sprintf("is %d cents, but the price is %d cents", c.Amount.Cents, o.Ticket.Price.Cents)
	case c.Status == api.Succeeded && o.Status == api.Cancelled:
		wrong = "succeeded, but the order is cancelled"
	case returned(c, o, a) != "":
		wrong = returned(c, o, a)
	case c.Status == api.Failed && o.Status != api.Cancelled:
		wrong = "failed, but the order is " + o.Status
	case c.Status == api.Failed && a.captures > 0:
		wrong = "failed, but the money was captured"
	case c.Status == api.Failed && payable(a.intents[c.StripeID]):
		wrong = fmt.Sprintf("failed, but its PaymentIntent %q is %s and can still be paid", c.StripeID, a.intents[c.StripeID].Status)
	case (c.Status == api.Succeeded || c.Status == api.Refunded) && a.intents[c.StripeID].CapturedTimes == 0:
		wrong = fmt.Sprintf("is %s, but its PaymentIntent %q captured nothing", c.Status, c.StripeID)
	case c.Status == api.Refunded && !gaveBack(a.intents[c.StripeID], c.StripeRefundID):
		wrong = fmt.Sprintf("names the refund %q, which doesn't exist at Stripe", c.StripeRefundID)
	}
	if wrong != "" {
		j.broken(P4, fmt.Sprintf("the charge of order %s %s", c.OrderID, wrong), j.about(c.OrderID)...)
	}
}

// payable reports whether a payer could still confirm an intent.
func payable(e sandbox.LedgerEntry) bool { return e.PaymentIntent != "" && e.Status != "canceled" }

func gaveBack(e sandbox.LedgerEntry, refund string) bool {
	for _, r := range e.Refunds {
		if r.ID == refund && r.Status == "succeeded" {
			return true
		}
	}
	return false
}

// about returns the requests that concern an order's money.
func (j *judge) about(order string) []history.Op {
	var ops []history.Op
	for _, s := range j.orders[order] {
		if s.op.Kind == history.Place || s.op.Kind == Final {
			ops = append(ops, s.op)
		}
	}
	ops = append(ops, j.pays[order]...)
	ops = append(ops, j.decides[order]...)
	ops = append(ops, j.cancels[order]...)
	if s, found := earliest(j.orders[order], func(o api.Order) bool { return o.Status == api.Complete || o.Status == api.Cancelled }); found {
		ops = append(ops, s.op)
	}
	if len(j.charges[order]) > 0 {
		ops = append(ops, j.finalCharge(order))
	}
	return ops
}

// byHand is how much of a payment an operator refunded in Stripe's dashboard, in cents.
func byHand(e sandbox.LedgerEntry) (sum int64) {
	for _, r := range e.Refunds {
		if r.Reason == remote.ByOperator && r.Status == "succeeded" {
			sum += r.Amount
		}
	}
	return sum
}

// returned describes what is wrong with a charge's refunds, if anything.
func returned(c api.Charge, o api.Order, a account) string {
	whole := a.captured > 0 && a.refunded == a.captured
	switch {
	case c.Status == api.Refunded && o.Status == api.Complete && a.byHand != a.captured:
		return "is refunded, but the order is complete"
	case c.Status == api.Refunded && o.Status != api.Cancelled && o.Status != api.Complete:
		return "is refunded, but the order is " + o.Status
	case c.Status == api.Succeeded && whole:
		return "succeeded, but all of its money was refunded at Stripe"
	case int64(c.RefundedAmount.Cents) != a.refunded && (c.Status == api.Succeeded || c.Status == api.Refunded):
		return fmt.Sprintf("shows %d cents refunded, but Stripe refunded %d", c.RefundedAmount.Cents, a.refunded)
	}
	return ""
}

// decisions checks the operator's list: each complete order with a refund by hand, and no others.
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
			j.broken(P5, "a charge waits for an operator: "+line)
		}
	}
	for _, id := range sorted(accounts) {
		o := j.h.Final.Orders[id]
		if o.Status == api.Complete && accounts[id].byHand > 0 && !waiting[id] {
			j.broken(P4, fmt.Sprintf("complete order %s was refunded by hand, but isn't on the operator's list", id), j.about(id)...)
		}
	}
}

package check

import (
	"fmt"

	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
	"ticketing.dev/local/sandbox"
)

// account is what Stripe did for one order, in cents.
type account struct {
	captures           int
	captured, refunded int64
	byHand             int64                          // of what was refunded, in Stripe's dashboard
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
			j.broken(P4, fmt.Sprintf("%d cents were taken for order %q, which nobody has", a.captured, id), j.pays[id]...)
		}
		if a.captures > 1 {
			j.broken(P4, fmt.Sprintf("the card was charged %d times for order %s", a.captures, id), j.about(id)...)
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
		j.broken(P4, fmt.Sprintf("the sandbox keeps %d cents, and those of its intents are %d", ledger.Captured-ledger.Refunded, kept))
	}
	if ended && kept != owed && !j.mentioned("cents") {
		j.broken(P4, fmt.Sprintf("%d cents are kept, and the complete orders cost %d cents", kept, owed))
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
		j.broken(P4, fmt.Sprintf("order %s is complete, and none of its %d cents was taken", o.ID, price), j.about(o.ID)...)
	case o.Status == api.Complete && a.captures == 1 && (kept != price-a.byHand || a.refunded != a.byHand):
		j.broken(P4, fmt.Sprintf("order %s is complete and costs %d cents; %d cents were taken and %d given back", o.ID, price, a.captured, a.refunded), j.about(o.ID)...)
	case o.Status == api.Cancelled && kept != 0:
		j.broken(P4, fmt.Sprintf("order %s is cancelled; %d cents were taken and %d given back", o.ID, a.captured, a.refunded), j.about(o.ID)...)
	}
	if _, there := j.h.Final.Charges[o.ID]; !there && (a.captures > 0 || o.Status == api.Complete) {
		j.broken(P4, fmt.Sprintf("order %s has no charge; it is %s, and %d cents were taken", o.ID, o.Status, a.captured), j.about(o.ID)...)
	}
}

// chargeMoney compares a charge with its order and with Stripe.
func (j *judge) chargeMoney(c api.Charge, a account) {
	o, there := j.h.Final.Orders[c.OrderID]
	if !there {
		j.broken(P4, fmt.Sprintf("there is a charge of order %s, which nobody has", c.OrderID), j.about(c.OrderID)...)
		return
	}
	wrong := ""
	switch {
	case c.Amount != o.Ticket.Price:
		wrong = fmt.Sprintf("is of %d cents, and the price is %d cents", c.Amount.Cents, o.Ticket.Price.Cents)
	case c.Status == api.Succeeded && o.Status == api.Cancelled:
		wrong = "succeeded, and the order is cancelled"
	case returned(c, o, a) != "":
		wrong = returned(c, o, a)
	case c.Status == api.Failed && o.Status != api.Cancelled:
		wrong = "failed, and the order is " + o.Status
	case c.Status == api.Failed && a.captures > 0:
		wrong = "failed, and the money was taken"
	case c.Status == api.Failed && payable(a.intents[c.StripeID]):
		wrong = fmt.Sprintf("failed, and its PaymentIntent %q, which is %s, can still be paid", c.StripeID, a.intents[c.StripeID].Status)
	case (c.Status == api.Succeeded || c.Status == api.Refunded) && a.intents[c.StripeID].CapturedTimes == 0:
		wrong = fmt.Sprintf("is %s, and its PaymentIntent %q has taken nothing", c.Status, c.StripeID)
	case c.Status == api.Refunded && !gaveBack(a.intents[c.StripeID], c.StripeRefundID):
		wrong = fmt.Sprintf("names the refund %q, which Stripe does not know of", c.StripeRefundID)
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

// about are the requests that matter for an order's money.
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

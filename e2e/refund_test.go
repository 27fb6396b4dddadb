package e2e

import (
	"testing"

	"ticketing.dev/common/service/servicetest"
	"ticketing.dev/local/api"
)

// The refund is made in Stripe's dashboard, and webhooks tell payments.
func TestARefundInTheDashboardReachesTheBuyer(t *testing.T) {
	seller, buyer := newUser(t, shop), newUser(t, shop)
	ticket := list(t, seller, 1999)
	o := order(t, buyer, ticket)
	charge, err := buyer.Pay(t.Context(), o.ID, "tok_visa")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := buyer.AwaitOrder(bounded(t), o.ID, api.Complete); err != nil {
		t.Fatal(err)
	}
	await := func(what string, is func(api.Charge) bool) {
		t.Helper()
		servicetest.Eventually(t, what, func() bool {
			c, err := buyer.Charge(t.Context(), o.ID)
			return err == nil && is(c)
		})
	}
	stripe := stripeOf(t, shop)
	_, err = stripe.Refund(t.Context(), charge.StripeID, 500)
	stripe.done(err)
	await("the partial refund", func(c api.Charge) bool { return c.Status == api.Succeeded && c.RefundedAmount.Cents == 500 })
	refund, err := stripe.Refund(t.Context(), charge.StripeID, 0)
	stripe.done(err)
	await("the rest", func(c api.Charge) bool {
		return c.Status == api.Refunded && c.StripeRefundID == refund && c.RefundedAmount.Cents == 1999
	})
	if o, err := buyer.Order(t.Context(), o.ID); err != nil || o.Status != api.Complete {
		t.Errorf("the order is %+v, %v", o, err)
	}
	if sold, err := buyer.Ticket(t.Context(), ticket.ID); err != nil || sold.Status != api.Sold {
		t.Errorf("the ticket is %+v, %v", sold, err)
	}
}

func TestADisputeReachesTheBuyer(t *testing.T) {
	seller, buyer := newUser(t, shop), newUser(t, shop)
	o := order(t, buyer, list(t, seller, 1999))
	if _, err := buyer.Pay(t.Context(), o.ID, "tok_createDispute"); err != nil {
		t.Fatal(err)
	}
	servicetest.Eventually(t, "the dispute", func() bool {
		c, err := buyer.Charge(t.Context(), o.ID)
		return err == nil && c.Dispute != nil && c.Dispute.Status == "needs_response" && c.Dispute.Amount.Cents == 1999
	})
}

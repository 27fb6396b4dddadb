package api

import (
	"context"
	"net/http"
	"net/url"

	"ticketing.dev/common/money"
)

// The states of a charge.
const (
	Pending   = "pending"
	Succeeded = "succeeded"
	Failed    = "failed"
	Refunded  = "refunded"
)

// Charge is the payment of an order.
type Charge struct {
	ID      string `json:"id"`
	OrderID string `json:"orderId"`
	Status  string `json:"status"`
	// Reason explains to the payer why the charge failed.
	Reason         string        `json:"reason"`
	Amount         money.Dollars `json:"amount"`
	StripeID       string        `json:"stripeId"`
	StripeRefundID string        `json:"stripeRefundId"`
	// ClientSecret is there while the bank asks the payer.
	ClientSecret string `json:"clientSecret"`
	// RefundedAmount is the total refunded, RefundFailed whether a refund didn't reach the payer.
	RefundedAmount money.Dollars `json:"refundedAmount,omitzero"`
	RefundFailed   bool          `json:"refundFailed,omitempty"`
	// Dispute is the latest one, if the payer has asked the bank for the money back.
	Dispute *Dispute `json:"dispute,omitempty"`
}

// Dispute uses Stripe's terms.
type Dispute struct {
	Status string        `json:"status"`
	Reason string        `json:"reason"`
	Amount money.Dollars `json:"amount"`
}

// Pay pays an order with a token of Stripe's. An order that was placed just now may take a moment.
func (c *Client) Pay(ctx context.Context, orderID, token string) (charge Charge, err error) {
	body := struct {
		OrderID string `json:"orderId"`
		Token   string `json:"token"`
	}{orderID, token}
	err = c.doOnceKnown(ctx, http.MethodPost, "/api/payments", body, &charge)
	return charge, err
}

// Charges are the user's own payments, newest first.
func (c *Client) Charges(ctx context.Context, query url.Values) (charges []Charge, err error) {
	err = c.Do(ctx, http.MethodGet, withQuery("/api/payments", query), nil, &charges)
	return charges, err
}

// Charge reads the payment of an order. One that does not exist is the zero Charge.
func (c *Client) Charge(ctx context.Context, orderID string) (Charge, error) {
	charges, err := c.Charges(ctx, url.Values{"orderId": {orderID}})
	if err != nil || len(charges) == 0 {
		return Charge{}, err
	}
	return charges[0], nil
}

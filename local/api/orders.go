package api

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"ticketing.dev/common/money"
)

// The states of an order.
const (
	Created         = "created"
	AwaitingPayment = "awaiting:payment"
	Complete        = "complete"
	Cancelled       = "cancelled"
)

// Why an order was cancelled.
const (
	Expired         = "expired"
	ByUser          = "user"
	PaymentFailed   = "payment-failed"
	TicketWithdrawn = "ticket-withdrawn"
)

// Order is a buyer's claim on a ticket.
type Order struct {
	ID     string `json:"id"`
	UserID string `json:"userId"`
	Status string `json:"status"`
	// Reason is why the order was cancelled, if it was.
	Reason    string        `json:"reason"`
	ExpiresAt time.Time     `json:"expiresAt"`
	Ticket    OrderedTicket `json:"ticket"`
	Version   int64         `json:"version"`
}

// OrderedTicket is a ticket as it was ordered.
type OrderedTicket struct {
	ID    string        `json:"id"`
	Title string        `json:"title"`
	Price money.Dollars `json:"price"`
}

// Orders are the user's own, newest first.
func (c *Client) Orders(ctx context.Context, query url.Values) (orders []Order, err error) {
	err = c.Do(ctx, http.MethodGet, withQuery("/api/orders", query), nil, &orders)
	return orders, err
}

// Order reads one order.
func (c *Client) Order(ctx context.Context, id string) (o Order, err error) {
	err = c.Do(ctx, http.MethodGet, "/api/orders/"+url.PathEscape(id), nil, &o)
	return o, err
}

// PlaceOrder reserves a ticket. One that was listed just now may take a moment.
func (c *Client) PlaceOrder(ctx context.Context, ticketID string) (o Order, err error) {
	body := struct {
		TicketID string `json:"ticketId"`
	}{ticketID}
	err = c.doOnceKnown(ctx, http.MethodPost, "/api/orders", body, &o)
	return o, err
}

// CancelOrder releases the ticket of an order.
func (c *Client) CancelOrder(ctx context.Context, id string) error {
	return c.Do(ctx, http.MethodDelete, "/api/orders/"+url.PathEscape(id), nil, nil)
}

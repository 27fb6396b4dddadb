package api

import (
	"context"
	"net/http"
	"net/url"

	"ticketing.dev/common/money"
)

// The states of a ticket.
const (
	Available = "available"
	Reserved  = "reserved"
	Sold      = "sold"
	Withdrawn = "withdrawn"
)

// Ticket is something for sale, or sold.
type Ticket struct {
	ID      string        `json:"id"`
	Title   string        `json:"title"`
	Price   money.Dollars `json:"price"`
	UserID  string        `json:"userId"`
	OrderID string        `json:"orderId"`
	Status  string        `json:"status"`
	Version int64         `json:"version"`
}

type offer struct {
	Title string        `json:"title"`
	Price money.Dollars `json:"price"`
}

// Tickets are those that are free to order, or with a query such as seller=me others; see the API.
func (c *Client) Tickets(ctx context.Context, query url.Values) (tickets []Ticket, err error) {
	err = c.Do(ctx, http.MethodGet, withQuery("/api/tickets", query), nil, &tickets)
	return tickets, err
}

// Ticket reads one ticket.
func (c *Client) Ticket(ctx context.Context, id string) (t Ticket, err error) {
	err = c.Do(ctx, http.MethodGet, "/api/tickets/"+url.PathEscape(id), nil, &t)
	return t, err
}

// ListTicket puts a ticket up for sale.
func (c *Client) ListTicket(ctx context.Context, title string, price money.Cents) (t Ticket, err error) {
	err = c.Do(ctx, http.MethodPost, "/api/tickets", offer{title, price.Dollars()}, &t)
	return t, err
}

// EditTicket changes a ticket that is free.
func (c *Client) EditTicket(ctx context.Context, id, title string, price money.Cents) (t Ticket, err error) {
	err = c.Do(ctx, http.MethodPut, "/api/tickets/"+url.PathEscape(id), offer{title, price.Dollars()}, &t)
	return t, err
}

// WithdrawTicket takes a free ticket off the market.
func (c *Client) WithdrawTicket(ctx context.Context, id string) error {
	return c.Do(ctx, http.MethodDelete, "/api/tickets/"+url.PathEscape(id), nil, nil)
}

func withQuery(path string, query url.Values) string {
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

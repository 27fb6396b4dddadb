// Package events holds every event that the services exchange: one Go type for each, which declares
// the channel it travels on, so that publisher and listener cannot disagree.
//
// An event carries the whole state of its aggregate and its version. A service that keeps a copy
// writes it if it is newer, and needs no order of delivery. On the wire an event is a CloudEvents
// 1.0 message in JSON; testdata pins that form.
package events

import (
	"time"

	"ticketing.dev/common/money"
)

// Event is a fact about one aggregate.
type Event interface {
	// Subject is the channel of the bus that the event travels on, and its type in CloudEvents.
	Subject() string
	// Aggregate is the id of what the event is about: the subject in CloudEvents.
	Aggregate() string
}

// Ticket is the whole state of a ticket.
type Ticket struct {
	ID      string      `json:"id"`
	Version int64       `json:"version"`
	Title   string      `json:"title"`
	Price   money.Cents `json:"price"`
	UserID  string      `json:"userId"`
	// OrderID is the order that holds the ticket, reserved or sold; empty while it is free.
	OrderID string `json:"orderId,omitempty"`
}

func (t Ticket) Aggregate() string { return t.ID }

// TicketCreated says that a ticket is for sale.
type TicketCreated struct{ Ticket }

func (TicketCreated) Subject() string { return "ticket:created" }

// TicketUpdated says that a ticket has changed: edited, reserved, released or sold.
type TicketUpdated struct{ Ticket }

func (TicketUpdated) Subject() string { return "ticket:updated" }

// OrderStatus is the state of an order.
type OrderStatus string

const (
	StatusCreated         OrderStatus = "created"
	StatusAwaitingPayment OrderStatus = "awaiting:payment"
	StatusComplete        OrderStatus = "complete"
	StatusCancelled       OrderStatus = "cancelled"
)

// Order is the whole state of an order.
type Order struct {
	ID        string        `json:"id"`
	Version   int64         `json:"version"`
	Status    OrderStatus   `json:"status"`
	UserID    string        `json:"userId"`
	ExpiresAt time.Time     `json:"expiresAt"`
	Ticket    OrderedTicket `json:"ticket"`
}

func (o Order) Aggregate() string { return o.ID }

// OrderedTicket is a ticket as it was ordered.
type OrderedTicket struct {
	ID    string      `json:"id"`
	Title string      `json:"title"`
	Price money.Cents `json:"price"`
	// Reservation counts the orders of this ticket from 1. It is the fencing token: what belongs to a
	// lower number than the highest one seen is of the past.
	Reservation int64 `json:"reservation"`
}

// OrderCreated says that a ticket has been reserved.
type OrderCreated struct{ Order }

func (OrderCreated) Subject() string { return "order:created" }

// OrderCancelled says that a reservation has been released, and why: expired, user or payment-failed.
type OrderCancelled struct {
	Order
	Reason string `json:"reason"`
}

func (OrderCancelled) Subject() string { return "order:cancelled" }

// OrderCompleted says that an order has been paid and its ticket is sold.
type OrderCompleted struct{ Order }

func (OrderCompleted) Subject() string { return "order:completed" }

// ExpirationComplete says that the time of an order is up, whatever has become of it since.
type ExpirationComplete struct {
	OrderID string `json:"orderId"`
}

func (ExpirationComplete) Subject() string     { return "expiration:complete" }
func (e ExpirationComplete) Aggregate() string { return e.OrderID }

// Payment names a charge and its order.
type Payment struct {
	ID      string `json:"id"`
	OrderID string `json:"orderId"`
}

func (p Payment) Aggregate() string { return p.ID }

// PaymentStarted says that a payment is in flight. Its outcome follows.
type PaymentStarted struct{ Payment }

func (PaymentStarted) Subject() string { return "payment:started" }

// PaymentCreated says that money has been captured.
type PaymentCreated struct {
	Payment
	StripeID string      `json:"stripeId"`
	Amount   money.Cents `json:"amount"`
}

func (PaymentCreated) Subject() string { return "payment:created" }

// PaymentFailed says that a payment has ended without money.
type PaymentFailed struct {
	Payment
	Reason string `json:"reason"`
}

func (PaymentFailed) Subject() string { return "payment:failed" }

// PaymentRefunded says that captured money has been given back.
type PaymentRefunded struct {
	Payment
	StripeRefundID string      `json:"stripeRefundId"`
	Amount         money.Cents `json:"amount"`
}

func (PaymentRefunded) Subject() string { return "payment:refunded" }

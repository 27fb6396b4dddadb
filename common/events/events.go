// Package events holds the events that the services exchange. Each is a Go type that declares its channel, so that
// publisher and listener can't disagree.
//
// An event carries the full state of its aggregate and its version. A service that keeps a copy stores it if it's
// newer, so delivery order doesn't matter. On the wire an event is a CloudEvents 1.0 message in JSON, pinned by
// testdata.
package events

import (
	"time"

	"ticketing.dev/common/money"
)

// Event is a fact about one aggregate.
type Event interface {
	// Subject is the event's channel on the bus, and its CloudEvents type.
	Subject() string
	// Aggregate is the id of the aggregate: the CloudEvents subject.
	Aggregate() string
}

// Ticket is the state of a ticket.
type Ticket struct {
	ID      string      `json:"id"`
	Version int64       `json:"version"`
	Title   string      `json:"title"`
	Price   money.Cents `json:"price"`
	UserID  string      `json:"userId"`
	// OrderID is the order that holds the ticket, reserved or sold; empty while it is free.
	OrderID string `json:"orderId,omitempty"`
	// Withdrawn means that the seller took the ticket off the market.
	Withdrawn bool `json:"withdrawn,omitempty"`
	Details
}

func (t Ticket) Aggregate() string { return t.ID }

// TicketCreated: a ticket is for sale.
type TicketCreated struct{ Ticket }

func (TicketCreated) Subject() string { return "ticket:created" }

// TicketUpdated: a ticket was edited, reserved, released, sold or withdrawn, or an order of a withdrawn one was noticed.
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

// Order is the state of an order.
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
	// Reservation counts the orders of this ticket from 1. It's the fencing token: events with a number lower than
	// the highest one seen are outdated.
	Reservation int64 `json:"reservation"`
	// Details is nil in events of earlier releases, which don't know what the ticket said.
	Details *Details `json:"details,omitempty"`
}

// OrderCreated: a ticket was reserved.
type OrderCreated struct{ Order }

func (OrderCreated) Subject() string { return "order:created" }

// OrderCancelled: a reservation was released. Reason is expired, user, payment-failed or ticket-withdrawn.
type OrderCancelled struct {
	Order
	Reason string `json:"reason"`
}

func (OrderCancelled) Subject() string { return "order:cancelled" }

// OrderCompleted: an order was paid, and its ticket is sold.
type OrderCompleted struct{ Order }

func (OrderCompleted) Subject() string { return "order:completed" }

// ExpirationComplete: an order's time is up. The order may have ended already.
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

// PaymentStarted: a payment is in flight. Its outcome follows.
type PaymentStarted struct{ Payment }

func (PaymentStarted) Subject() string { return "payment:started" }

// PaymentCreated: money was captured.
type PaymentCreated struct {
	Payment
	StripeID string      `json:"stripeId"`
	Amount   money.Cents `json:"amount"`
}

func (PaymentCreated) Subject() string { return "payment:created" }

// PaymentFailed: a payment ended without money.
type PaymentFailed struct {
	Payment
	Reason string `json:"reason"`
}

func (PaymentFailed) Subject() string { return "payment:failed" }

// PaymentRefunded: captured money was refunded.
type PaymentRefunded struct {
	Payment
	StripeRefundID string      `json:"stripeRefundId"`
	Amount         money.Cents `json:"amount"`
}

func (PaymentRefunded) Subject() string { return "payment:refunded" }

// SessionEnded: sessions of a user have ended. It's the whole state of the user's sessions, which are numbered from 1.
type SessionEnded struct {
	UserID  string `json:"userId"`
	Version int64  `json:"version"`
	// Last is the highest number so far. Of the sessions up to it, only the Live ones go on.
	Last int64   `json:"last"`
	Live []int64 `json:"live"`
	// Before ends the sessions without a number that started before it.
	Before time.Time `json:"before,omitzero"`
}

func (SessionEnded) Subject() string     { return "session:ended" }
func (e SessionEnded) Aggregate() string { return e.UserID }

// UserRenamed: a user has another display name. It's empty if the user removed it.
type UserRenamed struct {
	UserID  string `json:"userId"`
	Version int64  `json:"version"`
	Name    string `json:"name"`
}

func (UserRenamed) Subject() string     { return "user:renamed" }
func (e UserRenamed) Aggregate() string { return e.UserID }

package orders

import (
	"errors"
	"fmt"
	"time"

	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/events"
	"ticketing.dev/common/money"
	"ticketing.dev/common/problem"
)

// Status is the state of an order. It moves from Created to Complete or Cancelled and never back.
type Status = events.OrderStatus

const (
	Created = events.StatusCreated
	// AwaitingPayment means that a payment is in flight. The order then waits for its outcome and doesn't expire.
	AwaitingPayment = events.StatusAwaitingPayment
	Complete        = events.StatusComplete
	Cancelled       = events.StatusCancelled
)

// Reason says why an order was cancelled.
type Reason string

const (
	Expired       Reason = "expired"
	ByUser        Reason = "user"
	PaymentFailed Reason = "payment-failed"
	// TicketWithdrawn means that the seller withdrew the ticket in the moment before the order.
	TicketWithdrawn Reason = "ticket-withdrawn"
)

var (
	ErrReserved        = problem.Named("ticket-reserved", "Ticket is already reserved")
	ErrComplete        = problem.Named("order-complete", "A completed order can't be cancelled")
	ErrPaymentInFlight = problem.Named("payment-in-progress", "A payment for this order is in progress")
	// ErrNotYet means that an order hasn't expired by this clock.
	ErrNotYet = errors.New("the order has not expired yet")
	// ErrAmount means that the amount paid isn't the price.
	ErrAmount = errors.New("the amount paid is not the price of the order")
)

// Order is a buyer's claim on a ticket: a reservation until ExpiresAt, a sale once it is complete.
type Order struct {
	aggregate.Root `bson:",inline"`

	UserID    string        `bson:"userId"`
	Status    Status        `bson:"status"`
	ExpiresAt time.Time     `bson:"expiresAt"`
	Ticket    OrderedTicket `bson:"ticket"`
	// Slot is "<ticket>/<reservation>". A unique index on it lets one order win a reservation.
	Slot string `bson:"slot"`
	// Hold is the user's hold, while the order is open (see Limits).
	Hold string `bson:"hold,omitempty"`
	// Reason is set when the order is cancelled.
	Reason Reason `bson:"reason,omitempty"`
}

// OrderedTicket is the ticket as it was when it was ordered.
type OrderedTicket struct {
	ID    string      `bson:"id"`
	Title string      `bson:"title"`
	Price money.Cents `bson:"price"`
	// Reservation counts the orders of this ticket, from 1.
	Reservation int64 `bson:"reservation"`
	// Details is nil in orders by earlier releases.
	Details *events.Details `bson:"details,omitempty"`
}

// Place returns an order that claims the ticket's next reservation. Its insertion decides whether it wins.
func Place(t *Ticket, buyer string, expiresAt time.Time) *Order {
	o := &Order{
		Root:      aggregate.Root{ID: aggregate.NewID()},
		UserID:    buyer,
		Status:    Created,
		ExpiresAt: expiresAt.UTC().Truncate(time.Millisecond), // what MongoDB keeps
		Ticket:    OrderedTicket{ID: t.ID, Title: t.Title, Price: t.Price, Reservation: t.reservation(), Details: t.Details},
		Slot:      t.slot(),
	}
	o.Record(events.OrderCreated{Order: o.event()})
	return o
}

// OwnedBy refuses everyone but the buyer.
func (o *Order) OwnedBy(user string) error {
	if o.UserID != user {
		return problem.ErrNotOwner
	}
	return nil
}

// Cancel cancels the order at the buyer's request. A cancelled order stays as it is.
func (o *Order) Cancel(user string) error {
	if err := o.OwnedBy(user); err != nil {
		return err
	}
	switch o.Status {
	case Complete:
		return ErrComplete
	case AwaitingPayment:
		return ErrPaymentInFlight
	case Created:
		o.cancel(ByUser)
	}
	return nil
}

// Expire cancels an unpaid order whose time is up. It leaves orders with a payment in flight alone.
func (o *Order) Expire(now time.Time) error {
	switch {
	case o.Status != Created:
		return nil
	case now.Before(o.ExpiresAt):
		return ErrNotYet
	}
	o.cancel(Expired)
	return nil
}

// StartPayment records that a payment is in flight.
func (o *Order) StartPayment() {
	if o.Status == Created {
		o.Status = AwaitingPayment
	}
}

// Pay completes the order. A payment that arrives after the cancellation changes nothing: payments refunds it.
func (o *Order) Pay(amount money.Cents) error {
	if amount != o.Ticket.Price {
		return fmt.Errorf("%w: %s for %s", ErrAmount, amount, o.Ticket.Price)
	}
	if o.open() {
		o.Status, o.Hold = Complete, ""
		o.Record(events.OrderCompleted{Order: o.event()})
	}
	return nil
}

// FailPayment cancels the order, since an order has only one payment.
func (o *Order) FailPayment() {
	if o.open() {
		o.cancel(PaymentFailed)
	}
}

// Withdraw cancels the order because its ticket was withdrawn before it. payments refunds a payment in flight.
func (o *Order) Withdraw() {
	if o.open() {
		o.cancel(TicketWithdrawn)
	}
}

func (o *Order) open() bool { return o.Status == Created || o.Status == AwaitingPayment }

func (o *Order) cancel(why Reason) {
	o.Status, o.Reason, o.Hold = Cancelled, why, ""
	o.Record(events.OrderCancelled{Order: o.event(), Reason: string(why)})
}

// event is the order as other services see it.
func (o *Order) event() events.Order {
	return events.Order{
		ID:        o.ID,
		Version:   o.Version,
		Status:    o.Status,
		UserID:    o.UserID,
		ExpiresAt: o.ExpiresAt,
		Ticket:    events.OrderedTicket(o.Ticket),
	}
}

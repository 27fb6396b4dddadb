package tickets

import (
	"errors"
	"time"

	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/events"
	"ticketing.dev/common/problem"
)

// Status says whether a ticket can be ordered.
type Status string

const (
	Available Status = "available"
	Reserved  Status = "reserved"
	// Sold is final: a sold ticket never changes.
	Sold Status = "sold"
	// Withdrawn means that the seller took the ticket back. It stays so, unless an order was paid before orders
	// heard of the withdrawal.
	Withdrawn Status = "withdrawn"
)

var (
	ErrReserved = problem.Named("ticket-reserved", "A reserved ticket can't be changed")
	ErrSold     = problem.Named("ticket-sold", "A sold ticket can't be changed")
	// ErrWithdrawn refuses edits.
	ErrWithdrawn = problem.Named("ticket-withdrawn", "A withdrawn ticket can't be changed")
	// ErrOvertaken means that an order completed although the ticket has a later one.
	ErrOvertaken = errors.New("the complete order is not the last one of its ticket")
)

// Ticket is a ticket for sale.
type Ticket struct {
	aggregate.Root `bson:",inline"`

	// UserID is the seller.
	UserID string `bson:"userId"`
	State  `bson:",inline"`
	// SoldAt is when tickets heard of the sale. Tickets that earlier releases sold lack it.
	SoldAt time.Time `bson:"soldAt,omitempty"`
	// Search is derived from the state by set. Tickets of earlier releases lack it until the service has added it.
	Search Search `bson:"search,omitempty"`
}

// State is the part of a ticket that changes.
type State struct {
	Offer  `bson:",inline"`
	Status Status `bson:"status"`
	// OrderID is the order that holds the ticket, reserved or sold.
	OrderID string `bson:"orderId,omitempty"`
	// Reservation is the highest order number seen: the fencing token. Events arrive late, twice and in any order;
	// those with a lower number are outdated.
	Reservation int64 `bson:"reservation"`
}

// List puts a ticket up for sale.
func List(seller string, offer Offer) *Ticket {
	t := &Ticket{
		Root:   aggregate.Root{ID: aggregate.NewID()},
		UserID: seller,
	}
	t.set(State{Offer: offer, Status: Available})
	t.Record(events.TicketCreated{Ticket: t.event()})
	return t
}

// Edit changes the offer for the seller. Only a free ticket can be edited.
func (t *Ticket) Edit(user string, edit Edit) error {
	switch {
	case t.UserID != user:
		return problem.ErrNotOwner
	case t.Status == Reserved:
		return ErrReserved
	case t.Status == Withdrawn:
		return ErrWithdrawn
	}
	return t.become(State{Offer: edit.apply(t.Offer), Status: Available, Reservation: t.Reservation})
}

// Withdraw takes the ticket off the market for the seller. Only a free ticket can be withdrawn; again changes nothing.
func (t *Ticket) Withdraw(user string) error {
	switch {
	case t.UserID != user:
		return problem.ErrNotOwner
	case t.Status == Reserved:
		return ErrReserved
	}
	return t.become(State{Offer: t.Offer, Status: Withdrawn, Reservation: t.Reservation})
}

// Reserve holds the ticket for a new order. It ignores known numbers, since that order's end may be known too. A
// withdrawn ticket stays withdrawn and says so again, and orders then cancels the order.
func (t *Ticket) Reserve(orderID string, reservation int64) error {
	switch {
	case reservation <= t.Reservation:
		return nil
	case t.Status == Withdrawn:
		return t.become(State{Offer: t.Offer, Status: Withdrawn, Reservation: reservation})
	}
	return t.become(State{Offer: t.Offer, Status: Reserved, OrderID: orderID, Reservation: reservation})
}

// Release frees the ticket from a cancelled order. It keeps the number even of an unknown order, so that a late
// order:created doesn't reserve the ticket. A withdrawn ticket stays withdrawn.
func (t *Ticket) Release(reservation int64) error {
	if reservation < t.Reservation {
		return nil
	}
	free := Available
	if t.Status == Withdrawn {
		free = Withdrawn
	}
	return t.become(State{Offer: t.Offer, Status: free, Reservation: reservation})
}

// Sell sells the ticket to a complete order, with the offer that was ordered: the seller may have edited the ticket
// before the order's event arrived. It sells a withdrawn ticket too, since the order was paid before orders heard of
// the withdrawal.
func (t *Ticket) Sell(now time.Time, orderID string, reservation int64, ordered Offer) error {
	if reservation < t.Reservation {
		return ErrOvertaken
	}
	if t.Status != Sold {
		t.SoldAt = now.UTC().Truncate(time.Millisecond) // MongoDB's precision
	}
	return t.become(State{Offer: ordered, Status: Sold, OrderID: orderID, Reservation: reservation})
}

// become changes the state. A sold ticket refuses: no order follows a complete one, and nothing cancels it.
func (t *Ticket) become(next State) error {
	switch {
	case t.State == next:
		return nil
	case t.Status == Sold:
		return ErrSold
	}
	t.set(next)
	t.Record(events.TicketUpdated{Ticket: t.event()})
	return nil
}

// set sets the state and what follows from it.
func (t *Ticket) set(s State) { t.State, t.Search = s, searchOf(s) }

// event is the ticket as other services see it.
func (t *Ticket) event() events.Ticket {
	return events.Ticket{
		ID:        t.ID,
		Version:   t.Version,
		Title:     t.Title,
		Price:     t.Price,
		UserID:    t.UserID,
		OrderID:   t.OrderID,
		Withdrawn: t.Status == Withdrawn,
		Details:   t.Details,
	}
}

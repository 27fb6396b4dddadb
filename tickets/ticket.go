package tickets

import (
	"errors"
	"strings"
	"unicode/utf8"

	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/events"
	"ticketing.dev/common/money"
	"ticketing.dev/common/problem"
	"ticketing.dev/common/text"
)

// Status says whether a ticket can be ordered.
type Status string

const (
	Available Status = "available"
	Reserved  Status = "reserved"
	// Sold is final: a sold ticket never changes.
	Sold Status = "sold"
)

const (
	// maxTitle is the length of the longest title, in characters.
	maxTitle = 200
	// minPrice and maxPrice are what Stripe charges in US dollars
	// (https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts).
	minPrice money.Cents = 50
	maxPrice money.Cents = 999_999_99
)

const (
	titleMessage = "Title must have 1 to 200 characters"
	priceMessage = "Price must be between $0.50 and $999999.99 with at most two decimals"
)

var (
	ErrReserved = problem.Named("ticket-reserved", "A reserved ticket can't be changed")
	ErrSold     = problem.Named("ticket-sold", "A sold ticket can't be changed")
	// ErrOvertaken means that an order completed although the ticket has a later one.
	ErrOvertaken = errors.New("the complete order is not the last one of its ticket")
)

// Ticket is a ticket for sale.
type Ticket struct {
	aggregate.Root `bson:",inline"`

	// UserID is the seller.
	UserID string `bson:"userId"`
	State  `bson:",inline"`
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

// Offer is a title and a price. NewOffer checks them.
type Offer struct {
	Title string      `bson:"title"`
	Price money.Cents `bson:"price"`
}

// NewOffer trims the title and checks both. Its error lists every wrong field.
func NewOffer(title string, price money.Cents) (Offer, error) {
	title = strings.TrimSpace(title)
	wrong := &problem.Error{Kind: problem.Invalid}
	if message := checkTitle(title); message != "" {
		wrong.Details = append(wrong.Details, problem.Detail{Field: "title", Message: message})
	}
	if price < minPrice || price > maxPrice {
		wrong.Details = append(wrong.Details, problem.Detail{Field: "price", Message: priceMessage})
	}
	if len(wrong.Details) > 0 {
		return Offer{}, wrong
	}
	return Offer{Title: title, Price: price}, nil
}

// checkTitle returns what's wrong with a title, or "". Stored titles aren't rechecked, so existing tickets
// can still be read and bought.
func checkTitle(title string) string {
	if n := utf8.RuneCountInString(title); n < 1 || n > maxTitle {
		return titleMessage
	}
	if fault := text.Line(title); fault != "" {
		return "Title " + string(fault)
	}
	return ""
}

// List puts a ticket up for sale.
func List(seller string, offer Offer) *Ticket {
	t := &Ticket{
		Root:   aggregate.Root{ID: aggregate.NewID()},
		UserID: seller,
		State:  State{Offer: offer, Status: Available},
	}
	t.Record(events.TicketCreated{Ticket: t.event()})
	return t
}

// Edit changes the offer for the seller. A reserved or sold ticket refuses.
func (t *Ticket) Edit(user string, offer Offer) error {
	switch {
	case t.UserID != user:
		return problem.ErrNotOwner
	case t.Status == Reserved:
		return ErrReserved
	}
	return t.become(State{Offer: offer, Status: Available, Reservation: t.Reservation})
}

// Reserve holds the ticket for a new order. It ignores known numbers, since that order's end may be known too.
func (t *Ticket) Reserve(orderID string, reservation int64) error {
	if reservation <= t.Reservation {
		return nil
	}
	return t.become(State{Offer: t.Offer, Status: Reserved, OrderID: orderID, Reservation: reservation})
}

// Release frees the ticket from a cancelled order. It keeps the number even of an unknown order, so that a late
// order:created doesn't reserve the ticket.
func (t *Ticket) Release(reservation int64) error {
	if reservation < t.Reservation {
		return nil
	}
	return t.become(State{Offer: t.Offer, Status: Available, Reservation: reservation})
}

// Sell sells the ticket to a complete order, with the title and price that were ordered: the seller may have edited
// the ticket before the order's event arrived.
func (t *Ticket) Sell(orderID string, reservation int64, ordered Offer) error {
	if reservation < t.Reservation {
		return ErrOvertaken
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
	t.State = next
	t.Record(events.TicketUpdated{Ticket: t.event()})
	return nil
}

// event is the ticket as other services see it.
func (t *Ticket) event() events.Ticket {
	return events.Ticket{
		ID:      t.ID,
		Version: t.Version,
		Title:   t.Title,
		Price:   t.Price,
		UserID:  t.UserID,
		OrderID: t.OrderID,
	}
}

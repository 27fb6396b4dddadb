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
	// Sold is the end: a sold ticket never changes.
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

// What is said of an offer that is not allowed.
const (
	titleMessage = "Title must have 1 to 200 characters"
	priceMessage = "Price must be between $0.50 and $999999.99 with at most two decimals"
)

// What a ticket refuses.
var (
	ErrReserved = problem.New(problem.Refused, "A reserved ticket cannot be changed")
	ErrSold     = problem.New(problem.Refused, "A sold ticket cannot be changed")
	// ErrOvertaken says that an order is complete, and yet a later one of its ticket is known.
	ErrOvertaken = errors.New("the complete order is not the last one of its ticket")
)

// Ticket is what a seller has for sale.
type Ticket struct {
	aggregate.Root `bson:",inline"`

	// UserID is the seller.
	UserID string `bson:"userId"`
	State  `bson:",inline"`
}

// State is what changes of a ticket.
type State struct {
	Offer  `bson:",inline"`
	Status Status `bson:"status"`
	// OrderID is the order that holds the ticket, reserved or sold.
	OrderID string `bson:"orderId,omitempty"`
	// Reservation is the highest number of an order that has been heard of: the fencing token. Events
	// come late, twice and in any order; what bears a lower number is of the past.
	Reservation int64 `bson:"reservation"`
}

// Offer is what a seller asks for a ticket. NewOffer makes one that is allowed.
type Offer struct {
	Title string      `bson:"title"`
	Price money.Cents `bson:"price"`
}

// NewOffer trims the title and checks both. The problem names each field that is wrong.
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
	return Offer{title, price}, nil
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

// Edit changes the offer at the seller's wish, as long as no order of the ticket is known.
func (t *Ticket) Edit(user string, offer Offer) error {
	switch {
	case t.UserID != user:
		return problem.ErrNotOwner
	case t.Status == Reserved:
		return ErrReserved
	}
	return t.become(State{offer, Available, "", t.Reservation})
}

// Reserve holds the ticket for an order that was made. A number that is known already tells nothing
// new: how that order ended may be known too.
func (t *Ticket) Reserve(orderID string, reservation int64) error {
	if reservation <= t.Reservation {
		return nil
	}
	return t.become(State{t.Offer, Reserved, orderID, reservation})
}

// Release frees the ticket from an order that was cancelled. It keeps the number even of one that it
// has not heard of before, so that the news of its making, coming late, reserves nothing.
func (t *Ticket) Release(reservation int64) error {
	if reservation < t.Reservation {
		return nil
	}
	return t.become(State{t.Offer, Available, "", reservation})
}

// Sell ends the sale with an order that is complete. The ticket then says what was sold at which
// price: the seller may have edited it after the order and before the news of it.
func (t *Ticket) Sell(orderID string, reservation int64, ordered Offer) error {
	if reservation < t.Reservation {
		return ErrOvertaken
	}
	return t.become(State{ordered, Sold, orderID, reservation})
}

// become changes the ticket, unless it is so already. A sold ticket refuses: no order follows a
// complete one and nothing cancels it, so whoever tells otherwise is wrong.
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

// event is the ticket as other services are told of it.
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

package orders

import (
	"fmt"
	"time"

	"ticketing.dev/common/events"
	"ticketing.dev/common/money"
	"ticketing.dev/common/problem"
)

// Ticket is a copy of a ticket, with a count that orders keeps itself.
type Ticket struct {
	ID      string      `bson:"_id"`
	Version int64       `bson:"version"`
	Title   string      `bson:"title"`
	Price   money.Cents `bson:"price"`
	// Released is the number of cancelled reservations. It may lag behind the orders; claim corrects it.
	Released int64 `bson:"released"`
	// Details is nil in copies by earlier releases.
	Details *events.Details `bson:"details,omitempty"`
	// Withdrawn means that the seller took the ticket off the market.
	Withdrawn bool `bson:"withdrawn"`
}

// reservation is the number of the ticket's next reservation.
func (t *Ticket) reservation() int64 { return t.Released + 1 }

// slot is the Slot of the order that wins the next reservation.
func (t *Ticket) slot() string { return fmt.Sprintf("%s/%d", t.ID, t.reservation()) }

var (
	ErrStarted   = problem.Named("event-started", "The event has already started")
	ErrWithdrawn = problem.Named("ticket-withdrawn", "The seller has withdrawn this ticket")
)

// OnSale refuses a ticket that the seller has withdrawn or whose event has started.
func (t *Ticket) OnSale(now time.Time) error {
	if t.Withdrawn {
		return ErrWithdrawn
	}
	if t.Details != nil && t.Details.Event.Started(now) {
		return ErrStarted
	}
	return nil
}

// Wish is a buyer's request: a ticket, and optionally the title and price the buyer saw.
type Wish struct {
	TicketID string         `json:"ticketId" validate:"required,mongodb" message:"ticketId must be the id of a ticket"`
	Title    *string        `json:"title,omitempty" message:"title must be a string"`
	Price    *money.Dollars `json:"price,omitempty" message:"price must be a number of dollars with at most two decimals"`
}

// Grants refuses a ticket whose title or price differs from what the buyer saw. The messages give the
// current ones.
func (w Wish) Grants(t *Ticket) error {
	changed := &problem.Error{Kind: problem.Refused, Name: "ticket-changed"}
	if w.Title != nil && *w.Title != t.Title {
		changed.Details = append(changed.Details, problem.Detail{Field: "title", Message: fmt.Sprintf("The ticket is now called %q", t.Title)})
	}
	if w.Price != nil && w.Price.Cents != t.Price {
		changed.Details = append(changed.Details, problem.Detail{Field: "price", Message: fmt.Sprintf("The price is now %s", t.Price)})
	}
	if len(changed.Details) > 0 {
		return changed
	}
	return nil
}

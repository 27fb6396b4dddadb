package tickets

import (
	"context"
	"errors"
	"time"

	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/events"
	"ticketing.dev/common/problem"
	"ticketing.dev/common/text"
)

// maxPrivate is the length of the longest private part, in characters.
const maxPrivate = 2000

// ErrGiven means that the buyer already has what the seller gave.
var ErrGiven = problem.Named("private-part-final", "The buyer already has this. It can't be changed anymore.")

// Private is what the buyer of a ticket gets, such as a code or a link. Its id is the ticket's. It's a document of its
// own, so that no listing, event or older release handles it.
type Private struct {
	aggregate.Root `bson:",inline"`

	// Sealed is nil if the seller hasn't given anything.
	Sealed  *Sealed    `bson:"sealed,omitempty"`
	GivenAt *time.Time `bson:"givenAt,omitempty"`
	// BuyerID is empty until the ticket's order is complete.
	BuyerID string `bson:"buyerId,omitempty"`
	// OpenedAt is when the buyer first read it.
	OpenedAt *time.Time `bson:"openedAt,omitempty"`
}

// Give sets the private part. After the sale the seller can still give it once, if the ticket was sold without.
func (p *Private) Give(t *Ticket, user string, sealed *Sealed, now time.Time) error {
	switch {
	case t.UserID != user:
		return problem.ErrNotOwner
	case p.Sealed != nil && (p.BuyerID != "" || t.Status == Sold):
		return ErrGiven
	case p.BuyerID == "" && t.Status == Sold: // a sale that an earlier release recorded, without its buyer
		return ErrSold
	}
	p.Sealed, p.GivenAt = sealed, &now
	return nil
}

// Sell lets the buyer read the private part. The first complete order of a ticket is its only one.
func (p *Private) Sell(buyer string) error {
	if p.BuyerID == "" {
		p.BuyerID = buyer
	}
	return nil
}

// ReadableBy refuses everyone but the seller of the ticket and the buyer.
func (p *Private) ReadableBy(t *Ticket, user string) error {
	if user != t.UserID && (p.BuyerID == "" || user != p.BuyerID) {
		return problem.ErrNotOwner
	}
	return nil
}

// Read records that the buyer has read the private part.
func (p *Private) Read(user string, now time.Time) error {
	if p.Sealed != nil && p.OpenedAt == nil && p.BuyerID != "" && user == p.BuyerID {
		p.OpenedAt = &now
	}
	return nil
}

// checkPrivate cleans a private part and returns an error if it isn't acceptable.
func checkPrivate(s string) (string, error) {
	s = text.Clean(s)
	if s == "" {
		return "", problem.Field("text", "Text is required")
	}
	if fault := checkText("Text", s, maxPrivate, text.Lines); fault != "" {
		return "", problem.Field("text", fault)
	}
	return s, nil
}

// give stores the private part of a ticket.
func (s *Service) give(ctx context.Context, id, user, text string) (*Private, error) {
	t, err := s.tickets.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	sealed, now := s.keys.Seal(id, text), s.now().UTC().Truncate(time.Millisecond)
	return s.changePrivate(ctx, id, func(p *Private) error { return p.Give(t, user, sealed, now) })
}

// read reads the private part of a ticket for the seller or the buyer. It's empty if the seller hasn't given any.
func (s *Service) read(ctx context.Context, id, user string) (*Private, error) {
	t, err := s.tickets.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	now := s.now().UTC().Truncate(time.Millisecond)
	p, err := s.private.Update(ctx, id, func(p *Private) error { return errors.Join(p.ReadableBy(t, user), p.Read(user, now)) })
	if errors.Is(err, problem.ErrNotFound) {
		p = newPrivate(id)
		err = p.ReadableBy(t, user)
	}
	return p, err
}

// sell lets the buyer of a complete order read the private part. It may run again, and before or after the seller gave it.
func (s *Service) sell(ctx context.Context, o events.Order) error {
	if o.UserID == "" {
		return nil
	}
	_, err := s.changePrivate(ctx, o.Ticket.ID, func(p *Private) error { return p.Sell(o.UserID) })
	return err
}

// changePrivate changes the private part of a ticket, and creates it if there was none.
func (s *Service) changePrivate(ctx context.Context, id string, change func(*Private) error) (*Private, error) {
	p, err := s.private.Update(ctx, id, change)
	if !errors.Is(err, problem.ErrNotFound) {
		return p, err
	}
	p = newPrivate(id)
	if err := change(p); err != nil {
		return nil, err
	}
	err = s.private.Insert(ctx, p)
	if errors.Is(err, aggregate.ErrDuplicate) { // a concurrent change created it
		return s.private.Update(ctx, id, change)
	}
	return p, err
}

func newPrivate(id string) *Private { return &Private{Root: aggregate.Root{ID: id}} }

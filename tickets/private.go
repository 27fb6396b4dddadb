package tickets

import (
	"context"
	"encoding/json"
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

// Private is what the buyer of a ticket gets: a code, a link or a file. Its id is the ticket's. It's a document of its
// own, so that no listing, event or older release handles it.
type Private struct {
	aggregate.Root `bson:",inline"`

	// Sealed is a text or the description of a file. It's nil if the seller hasn't given anything.
	Sealed  *Sealed    `bson:"sealed,omitempty"`
	GivenAt *time.Time `bson:"givenAt,omitempty"`
	// BuyerID is empty until the ticket's order is complete.
	BuyerID string `bson:"buyerId,omitempty"`
	// OpenedAt is when the buyer first read the text or downloaded the file.
	OpenedAt *time.Time `bson:"openedAt,omitempty"`
}

// Give sets the private part. What the seller gave stays as it is while the ticket is reserved, and once it's sold. A
// ticket that was sold without can still be given its private part once.
func (p *Private) Give(t *Ticket, user string, sealed *Sealed, now time.Time) error {
	if err := p.changeable(t, user); err != nil {
		return err
	}
	p.Sealed, p.GivenAt = sealed, &now
	return nil
}

// Remove takes the private part back.
func (p *Private) Remove(t *Ticket, user string) error {
	if err := p.changeable(t, user); err != nil {
		return err
	}
	p.Sealed, p.GivenAt = nil, nil
	return nil
}

// changeable returns an error if the user can't give, replace or remove the private part.
func (p *Private) changeable(t *Ticket, user string) error {
	switch {
	case t.UserID != user:
		return problem.ErrNotOwner
	case p.Sealed != nil && (p.BuyerID != "" || t.Status == Sold):
		return ErrGiven
	case p.BuyerID == "" && t.Status == Sold: // a sale that an earlier release recorded, without its buyer
		return ErrSold
	case p.Sealed != nil && t.Status == Reserved:
		return ErrReserved
	}
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

// given is an opened private part: a text or a file.
type given struct {
	text string
	file *File
}

// placeOfFile is what the description of a ticket's file is sealed for, and placeOfContent its content. A text is sealed
// for the ticket's id. So neither opens as another, and a release that only knows texts refuses to show a file.
func placeOfFile(ticketID string) string            { return ticketID + "/file" }
func placeOfContent(ticketID, fileID string) string { return placeOfFile(ticketID) + "/" + fileID }

// given opens the private part of a ticket.
func (k *Keys) given(ticketID string, s *Sealed) (given, error) {
	text, err := k.Open(ticketID, s)
	if err == nil {
		return given{text: string(text)}, nil
	}
	description, err := k.Open(placeOfFile(ticketID), s)
	if err != nil {
		return given{}, err
	}
	file := new(File)
	return given{file: file}, json.Unmarshal(description, file)
}

// giveText makes a text the private part of a ticket.
func (s *Service) giveText(ctx context.Context, id, user, text string) (*ticketPart, error) {
	return s.replace(ctx, id, func(p *Private, t *Ticket) error {
		return p.Give(t, user, s.keys.Seal(id, []byte(text)), s.millisecond())
	})
}

// remove takes the private part of a ticket back.
func (s *Service) remove(ctx context.Context, id, user string) error {
	_, err := s.replace(ctx, id, func(p *Private, t *Ticket) error { return p.Remove(t, user) })
	return err
}

// ticketPart is a private part and its ticket.
type ticketPart struct {
	*Private
	ticket *Ticket
}

// replace changes what the private part has, and then deletes the file that it had. It reads the ticket as late as it
// can, since the ticket may have been reserved during an upload.
func (s *Service) replace(ctx context.Context, id string, change func(*Private, *Ticket) error) (*ticketPart, error) {
	var before *Sealed
	var t *Ticket
	p, err := s.changePrivate(ctx, id, func(p *Private) (err error) {
		before = p.Sealed
		if t, err = s.tickets.Get(ctx, id); err != nil {
			return err
		}
		return change(p, t)
	})
	if err != nil {
		return nil, err
	}
	s.deleteReplaced(ctx, id, before)
	return &ticketPart{p, t}, nil
}

// deleteReplaced deletes the file of a former private part, if it was one. If that fails, the file is an orphan.
func (s *Service) deleteReplaced(ctx context.Context, ticketID string, before *Sealed) {
	if before == nil {
		return
	}
	was, err := s.keys.given(ticketID, before)
	if err == nil && was.file != nil {
		err = s.files.delete(ctx, was.file.ID)
	}
	if err != nil {
		s.log.WarnContext(ctx, "a replaced private part left its file", "ticket", ticketID, "error", err)
	}
}

// read reads the private part of a ticket for the seller or the buyer. It's empty if the seller hasn't given any.
func (s *Service) read(ctx context.Context, id, user string) (*ticketPart, error) {
	t, err := s.tickets.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	p, err := s.private.Update(ctx, id, func(p *Private) error {
		if err := p.ReadableBy(t, user); err != nil || p.Sealed == nil {
			return err
		}
		if has, err := s.keys.given(id, p.Sealed); err != nil || has.file != nil { // a file is opened by its download
			return err
		}
		return p.Read(user, s.millisecond())
	})
	if errors.Is(err, problem.ErrNotFound) {
		p = newPrivate(id)
		err = p.ReadableBy(t, user)
	}
	return &ticketPart{p, t}, err
}

// millisecond is now, as MongoDB keeps it.
func (s *Service) millisecond() time.Time { return s.now().UTC().Truncate(time.Millisecond) }

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

package auth

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/bson"

	"ticketing.dev/auth/mail"
	"ticketing.dev/common/bus"
	"ticketing.dev/common/events"
	"ticketing.dev/common/money"
	"ticketing.dev/common/mongodb"
	"ticketing.dev/common/problem"
)

// Kinds of mails about orders.
const (
	endingMail    mail.Kind = "order-ending"
	receiptMail   mail.Kind = "order-completed"
	cancelledMail mail.Kind = "order-cancelled"
	refundMail    mail.Kind = "payment-refunded"
	soldMail      mail.Kind = "ticket-sold"
)

const (
	// remindBefore is how long before its end an unpaid order's buyer gets a mail.
	remindBefore = 5 * time.Minute
	// newsworthy is how old an event may be to cause a mail. It's well below the time that sent mails are kept.
	newsworthy = 30 * 24 * time.Hour
)

// order is what auth knows of an order.
type order struct {
	ID        string             `bson:"_id"`
	Status    events.OrderStatus `bson:"status"`
	UserID    string             `bson:"userId"`
	Title     string             `bson:"title"`
	Price     money.Cents        `bson:"price"`
	ExpiresAt time.Time          `bson:"expiresAt"`
}

// ticket is what auth knows of a ticket.
type ticket struct {
	SellerID string `bson:"sellerId"`
}

// mailListeners handle the events that cause mail.
func (s *Service) mailListeners() []bus.Listener {
	if !s.post.On() {
		return nil
	}
	return []bus.Listener{
		bus.On(func(ctx context.Context, e events.TicketCreated) error { return s.copySeller(ctx, e.Ticket) }),
		bus.On(func(ctx context.Context, e events.TicketUpdated) error { return s.copySeller(ctx, e.Ticket) }),
		bus.OnAt(s.orderCreated), bus.OnAt(s.orderCancelled), bus.OnAt(s.orderCompleted), bus.OnAt(s.paymentRefunded),
	}
}

func (s *Service) copySeller(ctx context.Context, t events.Ticket) error {
	return mongodb.SetIfNewer(ctx, s.tickets, t.ID, t.Version, bson.M{"sellerId": t.UserID}, nil)
}

func (s *Service) copyOrder(ctx context.Context, o events.Order) error {
	return mongodb.SetIfNewer(ctx, s.orders, o.ID, o.Version, bson.M{
		"status": o.Status, "userId": o.UserID, "title": o.Ticket.Title, "price": o.Ticket.Price, "expiresAt": o.ExpiresAt,
	}, nil)
}

// orderCreated schedules a reminder for the buyer before the order ends. The mail is dropped if the order has been
// paid or has ended by then.
func (s *Service) orderCreated(ctx context.Context, e events.OrderCreated, at time.Time) error {
	if err := s.copyOrder(ctx, e.Order); err != nil {
		return err
	}
	remind := e.ExpiresAt.Add(-remindBefore)
	if !remind.After(s.sessions.Now()) || !remind.After(at) {
		return nil
	}
	return s.tell(ctx, e.UserID, at, mail.New(mailID(endingMail, e.ID), endingMail, "", orderFacts(e.Order), remind))
}

// orderCancelled mails the buyer about a cancellation that the buyer didn't make.
func (s *Service) orderCancelled(ctx context.Context, e events.OrderCancelled, at time.Time) error {
	if err := s.copyOrder(ctx, e.Order); err != nil {
		return err
	}
	reason, ok := map[string]string{
		"payment-failed": "the payment failed", "ticket-withdrawn": "the seller withdrew the ticket",
	}[e.Reason]
	if !ok {
		return nil
	}
	facts := orderFacts(e.Order)
	facts["reason"] = reason
	return s.tell(ctx, e.UserID, at, mail.New(mailID(cancelledMail, e.ID), cancelledMail, "", facts, s.sessions.Now()))
}

// orderCompleted sends the buyer a receipt, and tells the seller.
func (s *Service) orderCompleted(ctx context.Context, e events.OrderCompleted, at time.Time) error {
	if err := s.copyOrder(ctx, e.Order); err != nil {
		return err
	}
	facts := orderFacts(e.Order)
	facts["at"] = at.UTC().Format("January 2, 2006, 15:04 UTC")
	now := s.sessions.Now()
	if err := s.tell(ctx, e.UserID, at, mail.New(mailID(receiptMail, e.ID), receiptMail, "", facts, now)); err != nil {
		return err
	}
	t, err := mongodb.GetCopy[ticket](ctx, s.tickets, e.Ticket.ID)
	if err != nil {
		return fmt.Errorf("seller of ticket %s: %w", e.Ticket.ID, err) // unknown so far: the event will be redelivered
	}
	sold := map[string]string{"title": e.Ticket.Title, "amount": e.Ticket.Price.String(), "path": "/tickets/" + e.Ticket.ID}
	return s.tell(ctx, t.SellerID, at, mail.New(mailID(soldMail, e.ID), soldMail, "", sold, now))
}

func (s *Service) paymentRefunded(ctx context.Context, e events.PaymentRefunded, at time.Time) error {
	o, err := mongodb.GetCopy[order](ctx, s.orders, e.OrderID)
	if err != nil {
		return fmt.Errorf("order of payment %s: %w", e.ID, err) // unknown so far: the event will be redelivered
	}
	facts := map[string]string{"title": o.Title, "amount": e.Amount.String(), "path": "/orders/" + o.ID}
	return s.tell(ctx, o.UserID, at, mail.New(mailID(refundMail, e.ID), refundMail, "", facts, s.sessions.Now()))
}

// tell stores a mail to a user, unless the event is older than the service's first start with mail, or too old.
func (s *Service) tell(ctx context.Context, user string, at time.Time, m *mail.Mail) error {
	since := s.post.Since()
	if oldest := s.sessions.Now().Add(-newsworthy); since.Before(oldest) {
		since = oldest
	}
	if at.Before(since) {
		return nil
	}
	u, err := s.users.Get(ctx, user)
	if errors.Is(err, problem.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	m.To = string(u.Email)
	return s.post.Store(ctx, m)
}

// stillOpen reports whether a reminder's order waits for a payment.
func (s *Service) stillOpen(ctx context.Context, m *mail.Mail) (bool, error) {
	o, err := mongodb.GetCopy[order](ctx, s.orders, strings.TrimPrefix(m.ID, string(endingMail)+":"))
	if errors.Is(err, problem.ErrNotFound) {
		return false, nil
	}
	return err == nil && o.Status == events.StatusCreated && s.sessions.Now().Before(o.ExpiresAt), err
}

func orderFacts(o events.Order) map[string]string {
	return map[string]string{"order": o.ID, "title": o.Ticket.Title, "amount": o.Ticket.Price.String(), "path": "/orders/" + o.ID}
}

// mailID is the id of the mail of a kind about one thing.
func mailID(kind mail.Kind, about string) string { return string(kind) + ":" + about }

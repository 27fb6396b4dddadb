package payments

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/stripe/stripe-go/v76"
	"go.mongodb.org/mongo-driver/bson"

	"ticketing.dev/common/idempotency"
	"ticketing.dev/common/money"
	"ticketing.dev/common/problem"
	"ticketing.dev/common/session"
	"ticketing.dev/common/web"
)

// webhookLimit is the longest event that the webhook reads, in bytes. Stripe's own examples use the same limit
// (https://docs.stripe.com/webhooks/quickstart).
const webhookLimit = 64 << 10

var errSignature = problem.New(problem.Invalid, "Signature is not valid")

// Identify says who sent a request, for the security log.
func (s *Service) Identify(r *http.Request) []slog.Attr { return s.sessions.Identify(r) }

// Routes are the HTTP API of payments.
func (s *Service) Routes(r chi.Router) {
	r.Method(http.MethodPost, "/api/payments/webhook", web.Handler(s.webhook))
	r.Group(func(r chi.Router) {
		r.Use(s.sessions.Middleware, s.writes.Middleware)
		r.Method(http.MethodGet, "/api/payments", web.Handler(s.list))
		r.Method(http.MethodPost, "/api/payments", web.Handler(s.create))
		r.Method(http.MethodPost, "/api/payments/{id}/cancel", web.Handler(s.cancel))
	})
}

// view is a charge as its payer sees it.
type view struct {
	ID             string        `json:"id"`
	OrderID        string        `json:"orderId"`
	Status         Status        `json:"status"`
	Reason         string        `json:"reason,omitempty"`
	Amount         money.Dollars `json:"amount"`
	StripeID       string        `json:"stripeId,omitempty"`
	StripeRefundID string        `json:"stripeRefundId,omitempty"`
	ClientSecret   string        `json:"clientSecret,omitempty"`
	RefundedAmount money.Dollars `json:"refundedAmount,omitzero"`
	// RefundFailed means that a refund didn't reach the payer, who is still owed the money.
	RefundFailed bool         `json:"refundFailed,omitempty"`
	Dispute      *viewDispute `json:"dispute,omitempty"`
	Paused       bool         `json:"paused,omitempty"`
	PaidAt       time.Time    `json:"paidAt,omitzero"`
	Card         *Card        `json:"card,omitempty"`
}

type viewDispute struct {
	Status string        `json:"status"`
	Reason string        `json:"reason"`
	Amount money.Dollars `json:"amount"`
}

func show(c *Charge) view {
	return view{
		ID: c.ID, OrderID: c.ID, Status: c.Status, Reason: c.FailedFor, Amount: c.Amount.Dollars(),
		StripeID: c.StripeID, StripeRefundID: c.StripeRefundID, ClientSecret: c.ClientSecret,
		RefundedAmount: c.GivenBack().Dollars(), RefundFailed: c.owed(), Dispute: c.Dispute.view(), Paused: c.Paused,
		PaidAt: c.PaidAt.UTC(), Card: c.Card,
	}
}

func (d *Dispute) view() *viewDispute {
	if d == nil {
		return nil
	}
	return &viewDispute{Status: d.Status, Reason: d.Reason, Amount: d.Amount.Dollars()}
}

func (s *Service) list(w http.ResponseWriter, r *http.Request) error {
	user, err := session.Require(r)
	if err != nil {
		return err
	}
	page, err := web.ParsePage(r)
	if err != nil {
		return err
	}
	filter := bson.M{"userId": user.ID}
	if query := r.URL.Query(); query.Has("orderId") {
		filter["_id"] = query.Get("orderId")
		page.After = ""
	}
	charges, err := s.charges.Newest(r.Context(), filter, page.After, page.Limit+1)
	if err != nil {
		return err
	}
	return web.List(w, r, page, charges, func(c *Charge) string { return c.ID }, show)
}

func (s *Service) create(w http.ResponseWriter, r *http.Request) error {
	user, err := session.Require(r)
	if err != nil {
		return err
	}
	body, err := web.Decode[struct {
		OrderID string `json:"orderId" validate:"required,mongodb" message:"orderId must be the id of an order"`
		Token   string `json:"token" validate:"required,max=255" message:"token must have 1 to 255 characters"`
	}](w, r)
	if err != nil {
		return err
	}
	order, err := s.order(r.Context(), body.OrderID)
	if err != nil {
		return err
	}
	if err := order.OwnedBy(user.ID); err != nil {
		return err
	}
	// Finish even if the payer closes the page.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), payTimeout)
	defer cancel()
	request, err := idempotency.Read(r, user.ID, body, s.now())
	if err != nil {
		return err
	}
	charge, opened, err := s.pay(ctx, order, body.Token, request)
	switch {
	case err != nil:
		return err
	case !opened:
		return web.JSON(w, http.StatusOK, show(charge))
	case charge.Declined():
		return problem.New(problem.Declined, charge.FailedFor)
	}
	return web.Answer(w, charge.Request, http.StatusCreated, show(charge))
}

func (s *Service) cancel(w http.ResponseWriter, r *http.Request) error {
	user, err := session.Require(r)
	if err != nil {
		return err
	}
	charge, err := s.charges.Get(r.Context(), chi.URLParam(r, "id"))
	if err != nil {
		return err
	}
	if err := charge.OwnedBy(user.ID); err != nil {
		return err
	}
	// Finish even if the payer closes the page.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), payTimeout)
	defer cancel()
	charge, err = s.giveUp(ctx, charge)
	if err != nil {
		return err
	}
	return web.JSON(w, http.StatusOK, show(charge))
}

// webhook treats an event from Stripe as a hint to check its subject, so events that are doubled, late, lost or
// out of order do no harm. Only ids are read, so the event's API version doesn't matter.
func (s *Service) webhook(w http.ResponseWriter, r *http.Request) error {
	payload, err := io.ReadAll(http.MaxBytesReader(w, r.Body, webhookLimit))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return problem.New(problem.TooLarge, "Event is too long")
	}
	if err != nil {
		return problem.New(problem.Invalid, "Event can't be read")
	}
	event, err := s.webhookSecrets.event(payload, r.Header.Get("Stripe-Signature"))
	if err != nil {
		web.Audit(r, "bad-webhook-signature")
		return err
	}
	if err := s.handleEvent(r.Context(), event); err != nil {
		return err
	}
	return web.JSON(w, http.StatusOK, struct{}{})
}

// handleEvent checks whatever a Stripe event is about.
func (s *Service) handleEvent(ctx context.Context, event stripe.Event) error {
	var about subject
	if event.Data == nil || json.Unmarshal(event.Data.Raw, &about) != nil {
		return nil
	}
	switch {
	case about.Object == "payment_intent":
		c, err := s.charges.First(ctx, bson.M{"stripeId": about.ID})
		if errors.Is(err, problem.ErrNotFound) {
			return nil
		}
		if err == nil {
			_, err = s.resolve(ctx, c)
		}
		return err
	case about.Object == "refund", about.Object == "dispute", event.Type == stripe.EventTypeChargeRefunded:
		return s.moneyMoved(ctx, about.Object, about.ID)
	}
	return nil
}

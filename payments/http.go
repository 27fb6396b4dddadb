package payments

import (
	"context"
	"net/http"

	"github.com/go-chi/chi/v5"
	"go.mongodb.org/mongo-driver/bson"

	"ticketing.dev/common/idempotency"
	"ticketing.dev/common/money"
	"ticketing.dev/common/problem"
	"ticketing.dev/common/session"
	"ticketing.dev/common/web"
)

// Routes are the HTTP API of payments.
func (s *Service) Routes(r chi.Router) {
	r.Method(http.MethodPost, "/api/payments/webhook", web.Handler(s.webhook))
	r.Group(func(r chi.Router) {
		r.Use(s.sessions.Middleware)
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
	}
}

func (d *Dispute) view() *viewDispute {
	if d == nil {
		return nil
	}
	return &viewDispute{d.Status, d.Reason, d.Amount.Dollars()}
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
	// A payer who closes the page does not stop a payment half-way.
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

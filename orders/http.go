package orders

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"
	"go.mongodb.org/mongo-driver/bson"

	"ticketing.dev/common/events"
	"ticketing.dev/common/idempotency"
	"ticketing.dev/common/money"
	"ticketing.dev/common/problem"
	"ticketing.dev/common/session"
	"ticketing.dev/common/web"
)

// Identify says who sent a request, for the security log.
func (s *Service) Identify(r *http.Request) []slog.Attr { return s.sessions.Identify(r) }

// Routes are the HTTP API of orders.
func (s *Service) Routes(r chi.Router) {
	r.Group(func(r chi.Router) {
		r.Use(s.sessions.Middleware, s.writes.Middleware)
		r.Method(http.MethodGet, "/api/orders", web.Handler(s.list))
		r.Method(http.MethodPost, "/api/orders", web.Handler(s.create))
		r.Method(http.MethodGet, "/api/orders/{id}", web.Handler(s.show))
		r.Method(http.MethodDelete, "/api/orders/{id}", web.Handler(s.cancel))
	})
}

// view is an order as clients see it.
type view struct {
	ID        string     `json:"id"`
	UserID    string     `json:"userId"`
	Status    Status     `json:"status"`
	Reason    Reason     `json:"reason,omitempty"`
	ExpiresAt time.Time  `json:"expiresAt"`
	Ticket    viewTicket `json:"ticket"`
	Version   int64      `json:"version"`
}

type viewTicket struct {
	ID    string        `json:"id"`
	Title string        `json:"title"`
	Price money.Dollars `json:"price"`
	*events.Details
}

func show(o *Order) view {
	return view{
		ID: o.ID, UserID: o.UserID, Status: o.Status, Reason: o.Reason, ExpiresAt: o.ExpiresAt.UTC(), Version: o.Version,
		Ticket: viewTicket{ID: o.Ticket.ID, Title: o.Ticket.Title, Price: o.Ticket.Price.Dollars(), Details: o.Ticket.Details},
	}
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
	filter, err := listed(r, user.ID)
	if err != nil {
		return err
	}
	orders, err := s.orders.Newest(r.Context(), filter, page.After, page.Limit+1)
	if err != nil {
		return err
	}
	return web.List(w, r, page, orders, func(o *Order) string { return o.ID }, show)
}

// states groups the statuses that clients can list.
var states = map[string][]Status{
	"open":  {Created, AwaitingPayment},
	"paid":  {Complete},
	"ended": {Cancelled},
}

// listed returns a filter for a user's orders, of the requested state if there's one.
func listed(r *http.Request, user string) (bson.M, error) {
	filter := bson.M{"userId": user}
	if !r.URL.Query().Has("state") {
		return filter, nil
	}
	statuses, ok := states[r.URL.Query().Get("state")]
	if !ok {
		return nil, problem.Field("state", "state must be open, paid or ended")
	}
	filter["status"] = bson.M{"$in": statuses}
	return filter, nil
}

func (s *Service) create(w http.ResponseWriter, r *http.Request) error {
	user, err := session.Require(r)
	if err != nil {
		return err
	}
	wish, err := web.Decode[Wish](w, r)
	if err != nil {
		return err
	}
	request, err := idempotency.Read(r, user.ID, wish, s.now())
	if err != nil {
		return err
	}
	order, err := s.place(r.Context(), wish, user.ID, request)
	if err != nil {
		return err
	}
	return web.Answer(w, order.Request, http.StatusCreated, show(order))
}

func (s *Service) show(w http.ResponseWriter, r *http.Request) error {
	user, err := session.Require(r)
	if err != nil {
		return err
	}
	order, err := s.orders.Get(r.Context(), chi.URLParam(r, "id"))
	if err != nil {
		return err
	}
	if err := order.OwnedBy(user.ID); err != nil {
		return err
	}
	return web.JSON(w, http.StatusOK, show(order))
}

func (s *Service) cancel(w http.ResponseWriter, r *http.Request) error {
	user, err := session.Require(r)
	if err != nil {
		return err
	}
	err = s.update(r.Context(), chi.URLParam(r, "id"), func(o *Order) error { return o.Cancel(user.ID) })
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

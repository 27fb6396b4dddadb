package tickets

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"
	"go.mongodb.org/mongo-driver/bson"

	"ticketing.dev/common/idempotency"
	"ticketing.dev/common/money"
	"ticketing.dev/common/problem"
	"ticketing.dev/common/session"
	"ticketing.dev/common/web"
)

// Routes are the HTTP API of tickets. Reading needs no session; selling does.
func (s *Service) Routes(r chi.Router) {
	r.Group(func(r chi.Router) {
		r.Use(s.sessions.Middleware)
		r.Method(http.MethodGet, "/api/tickets", web.Handler(s.index))
		r.Method(http.MethodPost, "/api/tickets", web.Handler(s.create))
		r.Method(http.MethodGet, "/api/tickets/{id}", web.Handler(s.show))
		r.Method(http.MethodPut, "/api/tickets/{id}", web.Handler(s.edit))
	})
	r.Get("/api/tickets/{id}/events", s.follow) // not a web.Handler, which ends requests after 30 s
}

// view is a ticket as clients see it.
type view struct {
	ID      string        `json:"id"`
	Title   string        `json:"title"`
	Price   money.Dollars `json:"price"`
	UserID  string        `json:"userId"`
	OrderID string        `json:"orderId,omitempty"`
	Status  Status        `json:"status"`
	Version int64         `json:"version"`
}

func show(t *Ticket) view {
	return view{
		ID: t.ID, Title: t.Title, Price: t.Price.Dollars(), UserID: t.UserID, OrderID: t.OrderID, Status: t.Status, Version: t.Version,
	}
}

func (s *Service) index(w http.ResponseWriter, r *http.Request) error {
	filter, err := listed(r)
	if err != nil {
		return err
	}
	page, err := web.ParsePage(r)
	if err != nil {
		return err
	}
	tickets, err := s.tickets.Newest(r.Context(), filter, page.After, page.Limit+1)
	if err != nil {
		return err
	}
	return web.List(w, r, page, tickets, func(t *Ticket) string { return t.ID }, show)
}

// listed selects available tickets, or with ?seller=me the user's own in every state.
func listed(r *http.Request) (bson.M, error) {
	switch query := r.URL.Query(); {
	case !query.Has("seller"):
		return bson.M{"status": Available}, nil
	case query.Get("seller") != "me":
		return nil, problem.Field("seller", "seller must be me")
	}
	user, err := session.Require(r)
	return bson.M{"userId": user.ID}, err
}

func (s *Service) create(w http.ResponseWriter, r *http.Request) error {
	user, err := session.Require(r)
	if err != nil {
		return err
	}
	offer, err := decodeOffer(w, r)
	if err != nil {
		return err
	}
	request, err := idempotency.Read(r, user.ID, offer, time.Now())
	if err != nil {
		return err
	}
	ticket, err := s.list(r.Context(), user.ID, offer, request)
	if err != nil {
		return err
	}
	return web.Answer(w, ticket.Request, http.StatusCreated, show(ticket))
}

func (s *Service) show(w http.ResponseWriter, r *http.Request) error {
	ticket, err := s.tickets.Get(r.Context(), chi.URLParam(r, "id"))
	if err != nil {
		return err
	}
	return web.JSON(w, http.StatusOK, show(ticket))
}

func (s *Service) edit(w http.ResponseWriter, r *http.Request) error {
	user, err := session.Require(r)
	if err != nil {
		return err
	}
	offer, err := decodeOffer(w, r)
	if err != nil {
		return err
	}
	ticket, err := s.update(r.Context(), chi.URLParam(r, "id"), func(t *Ticket) error { return t.Edit(user.ID, offer) })
	if err != nil {
		return err
	}
	return web.JSON(w, http.StatusOK, show(ticket))
}

// decodeOffer reads the body of a request to list or edit a ticket. Values of the wrong type decode to zero, so that
// NewOffer reports them together with any other errors.
func decodeOffer(w http.ResponseWriter, r *http.Request) (Offer, error) {
	body, err := web.Decode[struct {
		Title orZero[string]        `json:"title"`
		Price orZero[money.Dollars] `json:"price"`
	}](w, r)
	if err != nil {
		return Offer{}, err
	}
	return NewOffer(body.Title.value, body.Price.value.Cents)
}

// orZero decodes a T, or the zero T if the JSON isn't one.
type orZero[T any] struct{ value T }

func (z *orZero[T]) UnmarshalJSON(b []byte) error {
	if json.Unmarshal(b, &z.value) != nil {
		z.value = *new(T)
	}
	return nil
}

package tickets

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"ticketing.dev/common/events"
	"ticketing.dev/common/idempotency"
	"ticketing.dev/common/money"
	"ticketing.dev/common/session"
	"ticketing.dev/common/web"
)

// Identify says who sent a request, for the security log.
func (s *Service) Identify(r *http.Request) []slog.Attr { return s.sessions.Identify(r) }

// Routes are the HTTP API of tickets. Reading needs no session; selling does.
func (s *Service) Routes(r chi.Router) {
	r.Group(func(r chi.Router) {
		r.Use(s.sessions.Middleware)
		r.Method(http.MethodGet, "/api/tickets", web.Handler(s.index))
		r.Method(http.MethodPost, "/api/tickets", web.Handler(s.create))
		r.Method(http.MethodGet, "/api/tickets/sales/summary", web.Handler(s.summary))
		r.Method(http.MethodGet, "/api/tickets/sales/export.csv", web.Handler(s.export))
		r.Method(http.MethodGet, "/api/tickets/{id}", web.Handler(s.show))
		r.Method(http.MethodPut, "/api/tickets/{id}", web.Handler(s.edit))
		r.Method(http.MethodDelete, "/api/tickets/{id}", web.Handler(s.withdraw))
		r.Method(http.MethodGet, "/api/tickets/{id}/private", web.Handler(s.readPrivate))
		r.Method(http.MethodPut, "/api/tickets/{id}/private", web.Handler(s.givePrivate))
		r.Method(http.MethodDelete, "/api/tickets/{id}/private", web.Handler(s.removePrivate))
		r.Method(http.MethodGet, "/api/tickets/{id}/private/file", web.Handler(s.download))
		r.Method(http.MethodPut, "/api/tickets/{id}/private/file", web.Handler(s.upload))
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
	SoldAt  time.Time     `json:"soldAt,omitzero"`
	events.Details
}

func show(t *Ticket) view {
	return view{
		ID: t.ID, Title: t.Title, Price: t.Price.Dollars(), UserID: t.UserID, OrderID: t.OrderID, Status: t.Status, Version: t.Version,
		SoldAt: t.SoldAt.UTC(), Details: t.Details,
	}
}

func (s *Service) create(w http.ResponseWriter, r *http.Request) error {
	user, err := session.Require(r)
	if err != nil {
		return err
	}
	listing, err := decodeEdit(w, r)
	if err != nil {
		return err
	}
	request, err := idempotency.Read(r, user.ID, listing.Offer, s.now())
	if err != nil {
		return err
	}
	ticket, err := s.list(r.Context(), user.ID, listing.Offer, request)
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
	change, err := decodeEdit(w, r)
	if err != nil {
		return err
	}
	ticket, err := s.update(r.Context(), chi.URLParam(r, "id"), func(t *Ticket) error { return t.Edit(user.ID, change) })
	if err != nil {
		return err
	}
	return web.JSON(w, http.StatusOK, show(ticket))
}

func (s *Service) withdraw(w http.ResponseWriter, r *http.Request) error {
	user, err := session.Require(r)
	if err != nil {
		return err
	}
	_, err = s.update(r.Context(), chi.URLParam(r, "id"), func(t *Ticket) error { return t.Withdraw(user.ID) })
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// decodeEdit reads the body of a request to list or edit a ticket. A title and price of the wrong type decode to zero,
// so that NewOffer reports them together with any other errors.
func decodeEdit(w http.ResponseWriter, r *http.Request) (Edit, error) {
	body, err := web.Decode[struct {
		Title       orZero[string]            `json:"title"`
		Price       orZero[money.Dollars]     `json:"price"`
		Event       optional[events.Occasion] `json:"event"`
		Description optional[string]          `json:"description"`
		Seat        optional[string]          `json:"seat"`
	}](w, r)
	if err != nil {
		return Edit{}, err
	}
	offer, err := NewOffer(Offer{
		Title: body.Title.value, Price: body.Price.value.Cents,
		Details: events.Details{Event: body.Event.value, Description: body.Description.value, Seat: body.Seat.value},
	})
	return Edit{offer, Given{body.Event.given, body.Description.given, body.Seat.given}}, err
}

// optional decodes a T and remembers that it was there. null is the zero T.
type optional[T any] struct {
	value T
	given bool
}

func (o *optional[T]) UnmarshalJSON(b []byte) error {
	o.given = true
	return json.Unmarshal(b, &o.value)
}

// orZero decodes a T, or the zero T if the JSON isn't one.
type orZero[T any] struct{ value T }

func (z *orZero[T]) UnmarshalJSON(b []byte) error {
	if json.Unmarshal(b, &z.value) != nil {
		z.value = *new(T)
	}
	return nil
}

package sandbox

import (
	"encoding/json"
)

// nullable is a string that is null in JSON when it is empty, as Stripe writes it.
type nullable string

func (s nullable) MarshalJSON() ([]byte, error) {
	if s == "" {
		return []byte("null"), nil
	}
	return json.Marshal(string(s))
}

// page is Stripe's list object.
type page[T any] struct {
	Object  string `json:"object"`
	Data    []T    `json:"data"`
	HasMore bool   `json:"has_more"`
	URL     string `json:"url"`
}

// window is the requested part of a list. Stripe: https://docs.stripe.com/api/pagination.
type window struct {
	limit         int64
	startingAfter string
}

func (p *params) window() window {
	w := window{p.integer("limit"), p.text("starting_after")}
	if w.limit == 0 {
		w.limit = 10
	}
	if w.limit > 100 {
		p.refuse(invalid("limit", codeInvalidInteger, "This value must be less than or equal to 100."))
	}
	return w
}

// paginate returns a page of rows, which are oldest first. Stripe lists the newest first.
func paginate[T any](rows []T, id func(T) string, of table, w window) (page[T], error) {
	p := page[T]{Object: "list", Data: []T{}, URL: "/v1/" + of.name}
	started := w.startingAfter == ""
	for i := len(rows) - 1; i >= 0; i-- {
		switch {
		case !started:
			started = id(rows[i]) == w.startingAfter
		case int64(len(p.Data)) == w.limit:
			p.HasMore = true
			return p, nil
		default:
			p.Data = append(p.Data, rows[i])
		}
	}
	if !started {
		return p, asParam("starting_after", &missing{of, w.startingAfter})
	}
	return p, nil
}

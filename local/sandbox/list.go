package sandbox

import (
	"slices"

	"github.com/stripe/stripe-go/v76"
)

// page is Stripe's list object.
type page[T any] struct {
	Object  string `json:"object"`
	Data    []T    `json:"data"`
	HasMore bool   `json:"has_more"`
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
		p.refuse(invalid("limit", stripe.ErrorCodeParameterInvalidInteger, "This value must be less than or equal to 100."))
	}
	return w
}

// listed returns a page of the rows that keep accepts, newest first.
func listed[T any](tx *tx, of table, w window, keep func(T) bool) (page[T], error) {
	p := page[T]{Object: "list", Data: []T{}}
	var ids []string
	err := each(tx, of, func(id string, row T) error {
		if keep(row) {
			ids, p.Data = append(ids, id), append(p.Data, row)
		}
		return nil
	})
	if err != nil {
		return p, err
	}
	end := len(ids)
	if w.startingAfter != "" {
		if end = slices.Index(ids, w.startingAfter); end < 0 {
			return p, asParam("starting_after", &missing{of, w.startingAfter})
		}
	}
	start := max(0, end-int(w.limit))
	p.Data, p.HasMore = p.Data[start:end], start > 0
	slices.Reverse(p.Data)
	return p, nil
}

// retrieve is the operation that reads one object.
func retrieve[T any](from table) func(*call) action {
	return func(c *call) action {
		return func(tx *tx) (any, error) { return find[T](tx, from, c.object) }
	}
}

// listOf is the operation that lists the objects of a PaymentIntent, or all of them.
func listOf[T any](from table, intentOf func(T) string) func(*call) action {
	return func(c *call) action {
		window, intentID := c.window(), c.text("payment_intent")
		return func(tx *tx) (any, error) {
			return listed(tx, from, window, func(row T) bool { return intentID == "" || intentID == intentOf(row) })
		}
	}
}

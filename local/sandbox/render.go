package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
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

// window is what a caller asks of a list. Stripe: https://docs.stripe.com/api/pagination.
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

// paginate cuts a page out of rows, which are oldest first; Stripe lists the newest first.
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

// expandable are the fields that hold an id and may be asked for as an object.
// Stripe: https://docs.stripe.com/api/expanding_objects.
var expandable = []string{
	"latest_charge", "payment_method", "charge", "payment_intent",
	"payment_intent.latest_charge", "payment_intent.payment_method", "latest_charge.payment_intent",
	"data.latest_charge", "data.payment_method", "data.charge", "data.payment_intent",
}

// render encodes what an action returned, with the objects that were asked for in
// the place of their ids.
func render(tx *tx, v any, expand []string) (answer, error) {
	plain := mustAnswer(http.StatusOK, v)
	if len(expand) == 0 {
		return plain, nil
	}
	object, err := decodeObject(plain.Body)
	if err != nil {
		return answer{}, err
	}
	for _, path := range expand {
		if err := expandPath(tx, object, strings.Split(path, ".")); err != nil {
			return answer{}, err
		}
	}
	return mustAnswer(http.StatusOK, object), nil
}

func expandPath(tx *tx, object map[string]any, path []string) error {
	field, rest := path[0], path[1:]
	if id, ok := object[field].(string); ok {
		expanded, err := tx.object(id)
		if err != nil {
			return err
		}
		object[field] = expanded
	}
	if len(rest) == 0 {
		return nil
	}
	switch inner := object[field].(type) {
	case map[string]any:
		return expandPath(tx, inner, rest)
	case []any:
		for _, element := range inner {
			if err := expandPath(tx, element.(map[string]any), rest); err != nil {
				return err
			}
		}
	}
	return nil
}

// object returns any object of the API by its id.
func (tx *tx) object(id string) (map[string]any, error) {
	for _, t := range tables {
		if t.noun != "" && strings.HasPrefix(id, t.prefix+"_") {
			raw, err := find[json.RawMessage](tx, t, id)
			if err != nil {
				return nil, err
			}
			return decodeObject(*raw)
		}
	}
	return nil, fmt.Errorf("no table holds %s", id)
}

func decodeObject(data []byte) (object map[string]any, err error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber() // amounts stay whole numbers
	if err := decoder.Decode(&object); err != nil {
		return nil, fmt.Errorf("decode object: %w", err)
	}
	return object, nil
}

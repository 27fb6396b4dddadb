package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"ticketing.dev/common/problem"
)

const (
	defaultLimit = 100
	maxLimit     = 1000
)

// Page is the requested part of a list: at most Limit items, starting after the one that After names.
type Page struct {
	Limit int
	After string
}

// ParsePage reads the parameters limit and after.
func ParsePage(r *http.Request) (Page, error) {
	page, err := ParseCursor(r)
	if err == nil && r.URL.Query().Has("after") && !IsID(page.After) {
		err = problem.Field("after", "after must be an id")
	}
	return page, err
}

// ParseCursor reads the parameters limit and after. It leaves after unchecked.
func ParseCursor(r *http.Request) (Page, error) {
	query := r.URL.Query()
	page := Page{Limit: defaultLimit, After: query.Get("after")}
	if query.Has("limit") {
		n, err := strconv.Atoi(query.Get("limit"))
		if err != nil || n < 1 || n > maxLimit {
			return page, problem.Field("limit", fmt.Sprintf("limit must be a whole number from 1 to %d", maxLimit))
		}
		page.Limit = n
	}
	return page, nil
}

// IsID reports whether a text has the form of an id (see aggregate.NewID).
func IsID(s string) bool { return validate.Var(s, "mongodb") == nil }

// List writes a page as a JSON array of views. If there is a next page, things has one item more than the limit, and
// a Link header (RFC 8288) points to it.
func List[T, V any](w http.ResponseWriter, r *http.Request, page Page, things []T, cursor func(T) string, view func(T) V) error {
	if len(things) > page.Limit {
		things = things[:page.Limit]
		w.Header().Set("Link", fmt.Sprintf("<%s>; rel=%q", next(r.URL, page, cursor(things[page.Limit-1])), "next"))
	}
	views := make([]V, len(things))
	for i, t := range things {
		views[i] = view(t)
	}
	return JSON(w, http.StatusOK, views)
}

func next(u *url.URL, page Page, last string) string {
	query := u.Query()
	query.Set("limit", strconv.Itoa(page.Limit))
	query.Set("after", last)
	return u.Path + "?" + query.Encode()
}

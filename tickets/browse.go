package tickets

import (
	"net/http"
	"net/url"
	"strconv"
	"time"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/bson"

	"ticketing.dev/common/money"
	"ticketing.dev/common/problem"
	"ticketing.dev/common/session"
	"ticketing.dev/common/text"
	"ticketing.dev/common/web"
)

const (
	// maxQuery is the length of the longest search, in characters.
	maxQuery = 200
	// maxTotal is up to where the results of a search are counted.
	maxTotal = 1000
)

// index lists the tickets that can be ordered, or with ?seller=me the user's own in every state.
func (s *Service) index(w http.ResponseWriter, r *http.Request) error {
	filter, sort, err := s.listed(r)
	if err != nil {
		return err
	}
	page, err := web.ParseCursor(r)
	if err != nil {
		return err
	}
	if err := s.count(w, r, filter); err != nil {
		return err
	}
	if r.URL.Query().Has("after") {
		after, ok := sort.after(page.After)
		if !ok {
			return problem.Field("after", sort.badCursor())
		}
		filter = bson.M{"$and": bson.A{filter, after}}
	}
	tickets, err := s.tickets.Sorted(r.Context(), filter, sort.keys(), page.Limit+1, unlisted...)
	if err != nil {
		return err
	}
	if r.URL.Query().Has("seller") {
		return s.listOwn(w, r, page, tickets)
	}
	return web.List(w, r, page, tickets, sort.cursor, show)
}

// unlisted are fields that lists don't show. Decoding the words alone took a third of the time of a list.
var unlisted = []string{"search.words", "search.local", "outbox", "request"}

// listOwn writes a page of the user's own tickets, with what was refunded of them.
func (s *Service) listOwn(w http.ResponseWriter, r *http.Request, page web.Page, tickets []*Ticket) error {
	own, err := s.refunds.of(r.Context(), tickets)
	if err != nil {
		return err
	}
	return web.List(w, r, page, own, func(one sale) string { return one.ID }, showOwn)
}

// listed reads which tickets are asked for, and their order.
func (s *Service) listed(r *http.Request) (bson.M, order, error) {
	query := r.URL.Query()
	if !query.Has("seller") {
		c, err := parseCriteria(query, s.now())
		return c.filter(), c.sort, err
	}
	if query.Get("seller") != "me" {
		return nil, newest, problem.Field("seller", "seller must be me")
	}
	user, err := session.Require(r)
	if err != nil {
		return nil, newest, err
	}
	filter := bson.M{"userId": user.ID}
	if name := query.Get("status"); name != "" {
		status, ok := statuses[name]
		if !ok {
			return nil, newest, problem.Field("status", "status must be available, reserved, sold or withdrawn")
		}
		filter["status"] = status
	}
	return filter, newest, nil
}

// statuses are the values of the parameter status. "free" is another word for available.
var statuses = map[string]Status{
	"available": Available, "free": Available, "reserved": Reserved, "sold": Sold, "withdrawn": Withdrawn,
}

// count adds the number of a search's results, on all pages together.
func (s *Service) count(w http.ResponseWriter, r *http.Request, filter bson.M) error {
	query := r.URL.Query()
	if query.Has("seller") || !isSearch(query) {
		return nil
	}
	total, err := s.tickets.Count(r.Context(), filter, maxTotal)
	if err != nil {
		return err
	}
	w.Header().Set("Total-Count", strconv.FormatInt(total, 10))
	return nil
}

func isSearch(query url.Values) bool {
	for _, name := range []string{"q", "city", "from", "to", "minPrice", "maxPrice", "sort"} {
		if query.Get(name) != "" {
			return true
		}
	}
	return false
}

// parseCriteria reads the parameters of a search. Empty ones count as absent, since forms send them. The error lists
// every wrong one.
func parseCriteria(query url.Values, now time.Time) (criteria, error) {
	c := criteria{now: now, sort: newest}
	wrong := &problem.Error{Kind: problem.Invalid}
	check := func(name string, read func(string) bool, message string) {
		if value := query.Get(name); value != "" && !read(value) {
			wrong.Details = append(wrong.Details, problem.Detail{Field: name, Message: name + " " + message})
		}
	}
	check("q", c.addWords, "must have at most 200 characters")
	check("city", c.addCity, "must have at most 200 characters")
	check("from", c.from.parse, badBound)
	check("to", c.to.parse, badBound)
	check("minPrice", parsePrice(&c.minPrice), badAmount)
	check("maxPrice", parsePrice(&c.maxPrice), badAmount)
	check("sort", func(name string) (ok bool) {
		c.sort, ok = orders[name]
		return ok
	}, "must be newest, date, price or -price")
	if len(wrong.Details) > 0 {
		return c, wrong
	}
	return c, nil
}

const (
	badBound  = "must be a date such as 2027-05-01 or an RFC 3339 time"
	badAmount = "must be a number of dollars with at most two decimals"
)

// addWords adds the words to search for. Text without any is in no ticket.
func (c *criteria) addWords(q string) bool {
	words := text.Words(q)
	if len(words) == 0 && text.Line(q) == "" {
		words = []string{""}
	}
	c.words = append(c.words, words...)
	return utf8.RuneCountInString(q) <= maxQuery
}

func (c *criteria) addCity(city string) bool {
	if text.Clean(city) != "" {
		c.words = append(c.words, cityWord(city))
	}
	return utf8.RuneCountInString(city) <= maxQuery
}

func (b *bound) parse(s string) bool {
	at, err := time.Parse(time.DateOnly, s)
	b.local = err == nil
	if err != nil {
		at, err = time.Parse(time.RFC3339, s)
	}
	b.at = at.UTC()
	return err == nil
}

func parsePrice(into **money.Cents) func(string) bool {
	return func(s string) bool {
		var d money.Dollars
		err := d.UnmarshalJSON([]byte(s))
		*into = &d.Cents
		return err == nil
	}
}

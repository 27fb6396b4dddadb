package tickets_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/bson"

	"ticketing.dev/common/events"
	"ticketing.dev/common/service/servicetest"
)

// browse lists tickets and returns their titles' first words in order, over all pages of two.
func (s *system) browse(query string) string {
	s.t.Helper()
	var all []string
	for path := "/api/tickets?limit=2&" + query; path != ""; {
		page := s.Do(servicetest.SignedOut, http.MethodGet, path, "")
		for _, one := range servicetest.Decode[[]ticket](s.t, page, http.StatusOK) {
			all = append(all, strings.Fields(one.Title)[0])
		}
		path = next(page.Header)
	}
	return strings.Join(all, " ")
}

var link = regexp.MustCompile(`<(.*)>; rel="next"`)

func next(h http.Header) string {
	if m := link.FindStringSubmatch(h.Get("Link")); m != nil {
		return m[1]
	}
	return ""
}

// fair lists tickets A to E, in this order.
func fair(s *system) (ids map[string]string) {
	ids = map[string]string{}
	for _, body := range []string{
		`{"title":"A Édith Piaf tribute","price":30,"event":{"startsAt":"2037-05-02T00:30:00+02:00","venue":"Olympia","city":"Paris"}}`,
		`{"title":"B Opening night","price":20,"event":{"startsAt":"2037-05-01T23:00:00-05:00","venue":"Grand Hall","city":"New York"}}`,
		`{"title":"C Closing night","price":20,"description":"In memory of Edith.","event":{"startsAt":"2037-06-01T20:00:00Z","city":"new york"}}`,
		`{"title":"D York Minster tour","price":5.5}`,
		`{"title":"E ☃","price":100,"seat":"A1","event":{"startsAt":"2037-05-01T12:00:00Z","venue":"Paris Las Vegas"}}`,
	} {
		one := s.send(http.MethodPost, "/api/tickets", body)
		ids[one.Title[:1]] = one.ID
	}
	return ids
}

func TestSearchesCombine(t *testing.T) {
	s := start(t)
	fair(s)
	for query, want := range map[string]string{
		"":                                       "E D C B A",
		"q=&city=&from=&to=&minPrice=&maxPrice=": "E D C B A",
		"sort=newest":                            "E D C B A",
		"sort=date":                              "E A B C D",
		"sort=price":                             "D B C A E",
		"sort=-price":                            "E A C B D",
		"q=edith":                                "C A",
		"q=PIAF+%C3%A9dith":                      "A",
		"q=night":                                "C B",
		"q=york":                                 "D C B",
		"q=york+night&sort=price":                "B C",
		"q=nigh":                                 "",
		"q=%E2%98%83":                            "",
		"q=paris":                                "E A",
		"city=PARIS":                             "A",
		"city=New+York":                          "C B",
		"city=York":                              "",
		"city=new+york&q=grand":                  "B",
		"minPrice=20":                            "E C B A",
		"maxPrice=20":                            "D C B",
		"minPrice=20&maxPrice=30&sort=-price":    "A C B",
		"maxPrice=5.49":                          "",
		"from=2037-05-02":                        "C A",
		"to=2037-05-01":                          "E B",
		"from=2037-05-01&to=2037-05-02&sort=date":                                "E A B",
		"from=2037-05-02T00:00:00Z":                                              "C B",
		"to=2037-05-01T22:30:00Z&sort=date":                                      "E A",
		"q=night&city=new+york&from=2037-06-01&minPrice=1&maxPrice=20&sort=date": "C",
	} {
		if got := s.browse(query); got != want {
			t.Errorf("%q: %q, want %q", query, got, want)
		}
	}
}

func TestASearchCountsItsResultsOnAllPages(t *testing.T) {
	s := start(t)
	fair(s)
	for query, want := range map[string]string{"": "", "q=york": "3", "sort=price": "5", "city=x": "0"} {
		page := s.Do(servicetest.SignedOut, http.MethodGet, "/api/tickets?limit=2&"+query, "")
		if got := page.Header.Get("Total-Count"); got != want {
			t.Errorf("%q: %q, want %q", query, got, want)
		}
	}
}

func TestPagesStayStableWhileTicketsAreListedEditedAndSold(t *testing.T) {
	for sort, want := range map[string]string{"date": "C D", "price": "C A", "-price": "C B", "newest": "C B"} {
		s := start(t)
		ids := fair(s)
		first := s.Do(servicetest.SignedOut, http.MethodGet, "/api/tickets?limit=2&sort="+sort, "")
		shown := servicetest.Decode[[]ticket](t, first, http.StatusOK)
		last := shown[1].ID
		s.deliver(events.OrderCreated{Order: order(ticket{ID: last, Title: "x"}, 1)}) // the last one of the page is gone
		s.send(http.MethodPost, "/api/tickets", `{"title":"F","price":0.5,"event":{"startsAt":"2037-01-01T00:00:00Z"}}`)
		s.send(http.MethodPost, "/api/tickets", `{"title":"G","price":999}`)
		path := strings.Replace(next(first.Header), "limit=2", "limit=100", 1)
		var rest []string
		for _, one := range servicetest.Decode[[]ticket](t, s.Do(servicetest.SignedOut, http.MethodGet, path, ""), http.StatusOK) {
			if one.Title[:1] != "F" && one.Title[:1] != "G" {
				rest = append(rest, one.Title[:1])
			}
		}
		all := []string{shown[0].Title[:1], shown[1].Title[:1]}
		if seen := append(all, rest...); len(seen) != len(ids) || len(slices.Compact(slices.Sorted(slices.Values(seen)))) != len(ids) {
			t.Errorf("%s: saw %v, want each once, such as %s", sort, seen, want)
		}
	}
}

func TestBadSearchesAreRefused(t *testing.T) {
	s := start(t)
	const badBound, badAmount = " must be a date such as 2027-05-01 or an RFC 3339 time", " must be a number of dollars with at most two decimals"
	dated := next(func() http.Header {
		fair(s)
		return s.Do(servicetest.SignedOut, http.MethodGet, "/api/tickets?limit=2&sort=date", "").Header
	}())
	stolen, err := url.Parse(dated)
	if err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]struct{ field, message string }{
		"q=" + strings.Repeat("x", 201): {"q", "q must have at most 200 characters"},
		"from=today":                    {"from", "from" + badBound},
		"to=2037-02-30":                 {"to", "to" + badBound},
		"minPrice=1e3":                  {"minPrice", "minPrice" + badAmount},
		"maxPrice=%241":                 {"maxPrice", "maxPrice" + badAmount},
		"sort=title":                    {"sort", "sort must be newest, date, price or -price"},
		"after=x":                       {"after", "after must be an id"},
		"sort=date&after=" + missing:    {"after", "after must be from a link to the next page, with the same sort"},
		"sort=price&after=" + stolen.Query().Get("after"): {"after", "after must be from a link to the next page, with the same sort"},
	} {
		s.Do(servicetest.SignedOut, http.MethodGet, "/api/tickets?"+query, "").Refused(t, http.StatusBadRequest, want.field, want.message)
	}
}

func TestTicketsOfEarlierReleasesAreFound(t *testing.T) {
	s := start(t)
	s.store("available")
	for i := range 150 {
		old := bson.M{"_id": fmt.Sprintf("64b0000000000000000001%02x", i), "version": int64(0), "userId": seller, "title": "Old play", "price": int64(100),
			"status": "available", "reservation": int64(0)}
		if _, err := s.db.Collection("tickets").InsertOne(t.Context(), old); err != nil {
			t.Fatal(err)
		}
	}
	servicetest.Run(t, "tickets", s.bus, s.open()) // indexes when it starts
	servicetest.Eventually(t, "old tickets to be found", func() bool {
		page := s.Do(servicetest.SignedOut, http.MethodGet, "/api/tickets?q=play&limit=1", "")
		return page.Header.Get("Total-Count") == "150"
	})
	if got := s.get("64b000000000000000000100"); got.Version != 0 {
		t.Errorf("indexing changed %+v", got)
	}
}

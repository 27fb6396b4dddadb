package tickets_test

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/bson"

	"ticketing.dev/common/events"
	"ticketing.dev/common/money"
	"ticketing.dev/common/session"
)

const (
	missing   = "64b0000000000000000000ff"
	badTitle  = "Title must have 1 to 200 characters"
	badPrice  = "Price must be between $0.50 and $999999.99 with at most two decimals"
	badJSON   = "Body is not a valid JSON object"
	badSeller = "seller must be me"
)

func TestSellerListsAndEdits(t *testing.T) {
	s := start(t)
	created, updated := hear[events.TicketCreated](s), hear[events.TicketUpdated](s)

	listed := s.list(ada, "  Concert ", "19.99")
	want := ticket{ID: listed.ID, Title: "Concert", Price: "19.99", UserID: ada.ID, Status: "available"}
	if listed != want {
		t.Errorf("listed %+v, want %+v", listed, want)
	}
	if shown := s.get(listed.ID); shown != want {
		t.Errorf("shown %+v, want %+v", shown, want)
	}
	told := events.Ticket{ID: listed.ID, Title: "Concert", Price: 1999, UserID: ada.ID}
	if e := next(t, created); e.Ticket != told {
		t.Errorf("told %+v, want %+v", e.Ticket, told)
	}

	put := s.do(ada, http.MethodPut, "/api/tickets/"+listed.ID, offer(" Concert, front row ", "20"))
	want.Title, want.Price, want.Version = "Concert, front row", "20", 1
	if edited := decode[ticket](t, put, http.StatusOK); edited != want {
		t.Errorf("edited %+v, want %+v", edited, want)
	}
	if shown := s.get(listed.ID); shown != want {
		t.Errorf("shown %+v, want %+v", shown, want)
	}
	told.Title, told.Price, told.Version = "Concert, front row", 2000, 1
	if e := next(t, updated); e.Ticket != told {
		t.Errorf("told %+v, want %+v", e.Ticket, told)
	}

	again := s.do(ada, http.MethodPut, "/api/tickets/"+listed.ID, offer("Concert, front row", "20.00"))
	if same := decode[ticket](t, again, http.StatusOK); same != want {
		t.Errorf("an edit without a difference made %+v of %+v", same, want)
	}
}

// The stored and the shown form are promises: to the documents of yesterday, and to clients.
func TestStoredTicketIsShown(t *testing.T) {
	s := start(t)
	for _, status := range []string{"available", "reserved", "sold"} {
		var stored bson.M
		if err := bson.UnmarshalExtJSON(file(t, status+".stored.json"), true, &stored); err != nil {
			t.Fatal(err)
		}
		if _, err := s.db.Collection("tickets").InsertOne(t.Context(), stored); err != nil {
			t.Fatal(err)
		}
		shown := s.do(nobody, http.MethodGet, fmt.Sprintf("/api/tickets/%s", stored["_id"]), "")
		if want := strings.TrimSpace(string(file(t, status+".json"))); shown.body != want {
			t.Errorf("%s: %s, want %s", status, shown.body, want)
		}
	}
}

func file(t *testing.T, name string) []byte {
	t.Helper()
	read, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return read
}

func TestPricesAreKeptToTheCent(t *testing.T) {
	s := start(t)
	created := hear[events.TicketCreated](s)
	for price, c := range map[string]struct {
		shown string
		cents money.Cents
	}{
		"19.99": {"19.99", 1999}, "0.57": {"0.57", 57}, "1.10": {"1.1", 110}, "0.5": {"0.5", 50}, "0.50": {"0.5", 50},
		"999999.99": {"999999.99", 99999999}, "20": {"20", 2000}, "4.35": {"4.35", 435}, "1.15": {"1.15", 115},
	} {
		listed := s.list(ada, "Concert", price)
		if shown := s.get(listed.ID); string(listed.Price) != c.shown || string(shown.Price) != c.shown {
			t.Errorf("%s is answered as %s and shown as %s", price, listed.Price, shown.Price)
		}
		if e := next(t, created); e.Price != c.cents {
			t.Errorf("%s is told as %d cents, want %d", price, e.Price, c.cents)
		}
	}
}

func TestBadOffersAreRefused(t *testing.T) {
	s := start(t)
	listed := s.list(ada, "Concert", "19.99")
	type refusal struct {
		body           string
		status         int
		field, message string
	}
	cases := []refusal{
		{``, 400, "", "Body is empty"},
		{` `, 400, "", "Body is empty"},
		{`{`, 400, "", badJSON},
		{`{"title":"Concert","price":19.99`, 400, "", badJSON},
		{`{"title":"Concert","price":19.99}}`, 400, "", badJSON},
		{`{"title":"Concert","price":19.99}{}`, 400, "", badJSON},
		{`{'title':'Concert'}`, 400, "", badJSON},
		{`[]`, 400, "", badJSON},
		{`"Concert"`, 400, "", badJSON},
		{`{"price":19.99}`, 400, "title", badTitle},
		{`{"title":null,"price":19.99}`, 400, "title", badTitle},
		{`{"title":5,"price":19.99}`, 400, "title", badTitle},
		{`{"title":["Concert"],"price":19.99}`, 400, "title", badTitle},
		{`{"title":"Concert"}`, 400, "price", badPrice},
		{`{"title":"` + strings.Repeat("x", 64<<10) + `","price":19.99}`, 413, "", "Body is longer than 64 KiB"},
		{`{"title":"Concert","price":19.99}` + strings.Repeat(" ", 64<<10), 413, "", "Body is longer than 64 KiB"},
	}
	for _, title := range []string{"", "   ", strings.Repeat("x", 201), strings.Repeat("é", 201)} {
		cases = append(cases, refusal{offer(title, "19.99"), 400, "title", badTitle})
	}
	for _, price := range []string{"0", "0.49", "-1", "-19.99", "1.999", `"20"`, "1e2", "1E2", "1e9", "1000000", "999999.999",
		"null", "true", "{}", "[20]", `""`, "99999999999999999999", "0.5000"} {
		cases = append(cases, refusal{offer("Concert", price), 400, "price", badPrice})
	}
	for _, c := range cases {
		refused(t, s.do(ada, http.MethodPost, "/api/tickets", c.body), c.status, c.field, c.message)
		refused(t, s.do(ada, http.MethodPut, "/api/tickets/"+listed.ID, c.body), c.status, c.field, c.message)
		if t.Failed() {
			t.Fatalf("body %.100s", c.body)
		}
	}
	for _, contentType := range []string{"", "text/plain", "application/x-www-form-urlencoded", "application/jsonp", ";"} {
		refused(t, s.send(ada, http.MethodPost, "/api/tickets", contentType, offer("Concert", "20")), 415, "", "")
		refused(t, s.send(ada, http.MethodPut, "/api/tickets/"+listed.ID, contentType, offer("Concert", "20")), 415, "", "")
	}
	if shown := s.get(listed.ID); shown != listed {
		t.Errorf("%+v became %+v", listed, shown)
	}
	if all := ids(t, s.do(nobody, http.MethodGet, "/api/tickets", "")); !slices.Equal(all, []string{listed.ID}) {
		t.Errorf("listed are %v, want %s alone", all, listed.ID)
	}
}

func TestBothFieldsAreNamedAtOnce(t *testing.T) {
	s := start(t)
	a := s.do(ada, http.MethodPost, "/api/tickets", `{}`)
	for _, message := range []string{badTitle, badPrice} {
		if a.status != http.StatusBadRequest || !strings.Contains(a.body, message) {
			t.Errorf("%d %s, want %q", a.status, a.body, message)
		}
	}
}

func TestJSONMayNameItsCharset(t *testing.T) {
	s := start(t)
	a := s.send(ada, http.MethodPost, "/api/tickets", "application/json; charset=utf-8", offer("Concert", "20"))
	decode[ticket](t, a, http.StatusCreated)
}

// A request is judged in this order: session, body, whether the ticket is there, its owner, its state.
func TestRefusalsInTheirOrder(t *testing.T) {
	s := start(t)
	free, taken, gone := s.list(ada, "Free", "19.99"), s.list(ada, "Taken", "19.99"), s.list(ada, "Gone", "19.99")
	s.publish(events.OrderCreated{Order: order(taken, 1)})
	s.publish(events.OrderCompleted{Order: order(gone, 1)})
	s.settled()
	good, bad := offer("Edited", "20"), `{"title":"Edited"}`
	for _, c := range []struct {
		user           session.User
		method, path   string
		body           string
		status         int
		field, message string
	}{
		{nobody, "POST", "", good, 401, "", "Not authorized"},
		{nobody, "POST", "", bad, 401, "", "Not authorized"},
		{ada, "POST", "", bad, 400, "price", badPrice},
		{nobody, "PUT", "/" + free.ID, good, 401, "", "Not authorized"},
		{nobody, "PUT", "/" + free.ID, bad, 401, "", "Not authorized"},
		{nobody, "PUT", "/" + missing, bad, 401, "", "Not authorized"},
		{ada, "PUT", "/" + missing, bad, 400, "price", badPrice},
		{bob, "PUT", "/" + taken.ID, bad, 400, "price", badPrice},
		{ada, "PUT", "/" + missing, good, 404, "", "Not found"},
		{ada, "PUT", "/no-id", good, 404, "", "Not found"},
		{bob, "PUT", "/" + free.ID, good, 401, "", "Not authorized"},
		{bob, "PUT", "/" + taken.ID, good, 401, "", "Not authorized"},
		{bob, "PUT", "/" + gone.ID, good, 401, "", "Not authorized"},
		{ada, "PUT", "/" + taken.ID, good, 400, "", "A reserved ticket cannot be changed"},
		{ada, "PUT", "/" + gone.ID, good, 400, "", "A sold ticket cannot be changed"},
		{nobody, "GET", "/" + missing, "", 404, "", "Not found"},
		{nobody, "GET", "/no-id", "", 404, "", "Not found"},
		{nobody, "GET", "/" + strings.Repeat("f", 25), "", 404, "", "Not found"},
		{nobody, "GET", "/%00", "", 404, "", "Not found"},
		{nobody, "GET", "/%ff", "", 404, "", "Not found"},
		{nobody, "GET", "/$ne", "", 404, "", "Not found"},
		{nobody, "GET", "/" + free.ID + "/more", "", 404, "", "Not found"},
		{nobody, "GET", "?seller=me", "", 401, "", "Not authorized"},
		{nobody, "GET", "?seller=me&limit=x", "", 401, "", "Not authorized"},
		{nobody, "GET", "?seller=" + ada.ID, "", 400, "seller", badSeller},
		{ada, "GET", "?seller=" + ada.ID, "", 400, "seller", badSeller},
		{ada, "GET", "?seller=", "", 400, "seller", badSeller},
		{nobody, "GET", "?limit=0", "", 400, "limit", ""},
		{nobody, "GET", "?limit=1001", "", 400, "limit", ""},
		{nobody, "GET", "?limit=ten", "", 400, "limit", ""},
		{nobody, "GET", "?after=no-id", "", 400, "after", ""},
		{ada, "GET", "?seller=me&after=", "", 400, "after", ""},
		{ada, "DELETE", "/" + free.ID, "", 405, "", ""},
		{ada, "PUT", "", good, 405, "", ""},
		{ada, "POST", "/" + free.ID, good, 405, "", ""},
	} {
		refused(t, s.do(c.user, c.method, "/api/tickets"+c.path, c.body), c.status, c.field, c.message)
		if t.Failed() {
			t.Fatalf("%s %s %s by %q", c.method, c.path, c.body, c.user.Email)
		}
	}
	if shown := s.get(free.ID); shown != free {
		t.Errorf("%+v became %+v", free, shown)
	}
}

func TestForeignSiteCannotWrite(t *testing.T) {
	s := start(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/api/tickets", strings.NewReader(offer("Concert", "20")))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", "https://elsewhere.example")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusForbidden {
		t.Errorf("status %d", resp.StatusCode)
	}
}

func TestListsAreSelectedAndPaged(t *testing.T) {
	s := start(t)
	var made []ticket
	for i := range 7 {
		made = append(made, s.list(ada, fmt.Sprintf("Ada's %d", i), "19.99"))
	}
	bobs := s.list(bob, "Bob's", "19.99")
	s.publish(events.OrderCreated{Order: order(made[1], 1)})
	s.publish(events.OrderCompleted{Order: order(made[3], 1)})
	s.publish(events.OrderCancelled{Order: order(made[5], 1)})
	s.settled()

	free := []string{bobs.ID, made[6].ID, made[5].ID, made[4].ID, made[2].ID, made[0].ID}
	var adas []string
	for _, m := range slices.Backward(made) {
		adas = append(adas, m.ID)
	}
	for _, c := range []struct {
		user  session.User
		query string
		want  [][]string
	}{
		{nobody, "", [][]string{free}},
		{ada, "", [][]string{free}},
		{nobody, "?limit=6", [][]string{free}},
		{nobody, "?limit=4", [][]string{free[:4], free[4:]}},
		{nobody, "?limit=2", [][]string{free[:2], free[2:4], free[4:]}},
		{nobody, "?limit=2&after=" + free[2], [][]string{free[3:5], free[5:]}},
		{nobody, "?after=" + free[5], [][]string{{}}},
		{ada, "?seller=me", [][]string{adas}},
		{ada, "?seller=me&limit=3", [][]string{adas[:3], adas[3:6], adas[6:]}},
		{bob, "?seller=me", [][]string{{bobs.ID}}},
		{session.User{ID: missing, Email: "new@example.com"}, "?seller=me", [][]string{{}}},
	} {
		if got := s.pages(c.user, "/api/tickets"+c.query); !slices.EqualFunc(got, c.want, slices.Equal) {
			t.Errorf("%s by %q: %v, want %v", c.query, c.user.Email, got, c.want)
		}
	}
}

func TestEveryQueryHasItsIndex(t *testing.T) {
	s := start(t)
	indexes, err := s.db.Collection("tickets").Indexes().ListSpecifications(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, index := range indexes {
		names = append(names, index.Name)
	}
	for _, want := range []string{"status_1__id_-1", "userId_1__id_-1", "outbox.0.id_1"} {
		if !slices.Contains(names, want) {
			t.Errorf("no index %s among %v", want, names)
		}
	}
}

func TestEmptyListIsAnArray(t *testing.T) {
	s := start(t)
	if a := s.do(nobody, http.MethodGet, "/api/tickets", ""); a.status != http.StatusOK || a.body != "[]" {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// pages follows the links from page to page.
func (s *system) pages(user session.User, path string) [][]string {
	s.t.Helper()
	var pages [][]string
	for path != "" {
		a := s.do(user, http.MethodGet, path, "")
		pages = append(pages, ids(s.t, a))
		path, _ = strings.CutSuffix(strings.TrimPrefix(a.header.Get("Link"), "<"), `>; rel="next"`)
	}
	return pages
}

func ids(t *testing.T, a answer) []string {
	t.Helper()
	var ids []string
	for _, shown := range decode[[]ticket](t, a, http.StatusOK) {
		ids = append(ids, shown.ID)
	}
	return ids
}

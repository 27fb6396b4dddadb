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
	"ticketing.dev/common/service/servicetest"
	"ticketing.dev/common/session"
	"ticketing.dev/tickets"
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
	listed := s.list(ada, "  Concert ", "19.99")
	want := ticket{ID: listed.ID, Title: "Concert", Price: "19.99", UserID: ada.ID, Status: "available"}
	if listed != want {
		t.Errorf("listed %+v, want %+v", listed, want)
	}
	if shown := s.get(listed.ID); shown != want {
		t.Errorf("shown %+v, want %+v", shown, want)
	}
	told := events.Ticket{ID: listed.ID, Title: "Concert", Price: 1999, UserID: ada.ID}
	if e := await[events.TicketCreated](s, 1)[0]; e.Ticket != told {
		t.Errorf("told %+v, want %+v", e.Ticket, told)
	}

	put := s.Do(ada, http.MethodPut, "/api/tickets/"+listed.ID, offer(" Concert, front row ", "20"))
	want.Title, want.Price, want.Version = "Concert, front row", "20", 1
	if edited := servicetest.Decode[ticket](t, put, http.StatusOK); edited != want {
		t.Errorf("edited %+v, want %+v", edited, want)
	}
	if shown := s.get(listed.ID); shown != want {
		t.Errorf("shown %+v, want %+v", shown, want)
	}
	told.Title, told.Price, told.Version = "Concert, front row", 2000, 1
	if e := await[events.TicketUpdated](s, 1)[0]; e.Ticket != told {
		t.Errorf("told %+v, want %+v", e.Ticket, told)
	}

	again := s.Do(ada, http.MethodPut, "/api/tickets/"+listed.ID, offer("Concert, front row", "20.00"))
	if same := servicetest.Decode[ticket](t, again, http.StatusOK); same != want {
		t.Errorf("an edit without a difference made %+v of %+v", same, want)
	}
}

// store puts a ticket into the database as it was stored in a status.
func (s *system) store(status string) (stored bson.M) {
	s.t.Helper()
	if err := bson.UnmarshalExtJSON(file(s.t, status+".stored.json"), true, &stored); err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.db.Collection("tickets").InsertOne(s.t.Context(), stored); err != nil {
		s.t.Fatal(err)
	}
	return stored
}

// The stored and the shown form are promises: to the documents of yesterday, and to clients.
// Titles from before the rule that they need a visible character.
func TestStoredBlankTitleStaysForSale(t *testing.T) {
	s := start(t)
	blank := tickets.List(ada.ID, tickets.Offer{Title: "\u200b", Price: 1999})
	if _, err := s.db.Collection("tickets").InsertOne(t.Context(), blank); err != nil {
		t.Fatal(err)
	}
	before := s.get(blank.ID)
	s.deliver(events.OrderCreated{Order: order(before, 1)})
	if got := s.get(blank.ID); got.Title != "\u200b" || got.Status != "reserved" {
		t.Errorf("got %+v", got)
	}
}

func TestStoredTicketIsShown(t *testing.T) {
	s := start(t)
	for _, status := range []string{"available", "reserved", "sold"} {
		stored := s.store(status)
		shown := s.Do(servicetest.SignedOut, http.MethodGet, fmt.Sprintf("/api/tickets/%s", stored["_id"]), "")
		if want := strings.TrimSpace(string(file(t, status+".json"))); shown.Body != want {
			t.Errorf("%s: %s, want %s", status, shown.Body, want)
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
	listings := 0
	for price, c := range map[string]struct {
		shown string
		cents money.Cents
	}{
		"19.99": {"19.99", 1999}, "0.57": {"0.57", 57}, "1.10": {"1.1", 110}, "0.5": {"0.5", 50}, "0.50": {"0.5", 50},
		"999999.99": {"999999.99", 99999999}, "20": {"20", 2000}, "4.35": {"4.35", 435}, "1.15": {"1.15", 115},
	} {
		listed := s.list(ada, "Concert", price)
		listings++
		if shown := s.get(listed.ID); string(listed.Price) != c.shown || string(shown.Price) != c.shown {
			t.Errorf("%s is returned as %s and shown as %s", price, listed.Price, shown.Price)
		}
		if e := await[events.TicketCreated](s, listings)[listings-1]; e.Price != c.cents {
			t.Errorf("%s is published as %d cents, want %d", price, e.Price, c.cents)
		}
	}
}

func TestBadOffersAreRefused(t *testing.T) {
	s := start(t)
	listed := s.list(ada, "Concert", "19.99")
	const badCharacter = "Title must not contain control characters or characters that change the direction of text"
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
	for title, message := range map[string]string{
		`\u200b`: "Title must have a visible character", `\u00ad\u034f`: "Title must have a visible character",
		`\u0000`: badCharacter, `Gig\u202e`: badCharacter, `\u2066Gig\u2069`: badCharacter, `Gig\ud800`: badCharacter,
	} {
		cases = append(cases, refusal{`{"title":"` + title + `","price":19.99}`, 400, "title", message})
	}
	cases = append(cases, refusal{"{\"title\":\"Gig\xff\",\"price\":19.99}", 400, "", "Body is not valid UTF-8"})
	for _, price := range []string{"0", "0.49", "-1", "-19.99", "1.999", `"20"`, "1e2", "1E2", "1e9", "1000000", "999999.999",
		"null", "true", "{}", "[20]", `""`, "99999999999999999999", "0.5000"} {
		cases = append(cases, refusal{offer("Concert", price), 400, "price", badPrice})
	}
	for _, c := range cases {
		s.Do(ada, http.MethodPost, "/api/tickets", c.body).Refused(t, c.status, c.field, c.message)
		s.Do(ada, http.MethodPut, "/api/tickets/"+listed.ID, c.body).Refused(t, c.status, c.field, c.message)
		if t.Failed() {
			t.Fatalf("body %.100s", c.body)
		}
	}
	for _, contentType := range []string{"", "text/plain", "application/x-www-form-urlencoded", "application/jsonp", ";"} {
		s.Send(ada, http.MethodPost, "/api/tickets", contentType, offer("Concert", "20")).Refused(t, 415, "", "")
		s.Send(ada, http.MethodPut, "/api/tickets/"+listed.ID, contentType, offer("Concert", "20")).Refused(t, 415, "", "")
	}
	if shown := s.get(listed.ID); shown != listed {
		t.Errorf("%+v became %+v", listed, shown)
	}
	if all := ids(t, s.Do(servicetest.SignedOut, http.MethodGet, "/api/tickets", "")); !slices.Equal(all, []string{listed.ID}) {
		t.Errorf("listed are %v, want %s alone", all, listed.ID)
	}
}

func TestBothFieldsAreNamedAtOnce(t *testing.T) {
	s := start(t)
	listed := s.list(ada, "Concert", "19.99")
	want := `{"type":"/problems/invalid","title":"Bad Request","status":400,"errors":[` +
		`{"message":"` + badTitle + `","field":"title"},{"message":"` + badPrice + `","field":"price"}]}`
	bodies := []string{`{}`, `null`, `{"title":"Concert","title":5,"price":20,"price":"x"}`}
	for _, title := range []string{`""`, `" "`, `null`, `5`, `["Concert"]`} {
		for _, price := range []string{`0.49`, `"abc"`, `"20"`, `1e2`, `1.999`, `null`, `{"amount":20}`} {
			bodies = append(bodies, fmt.Sprintf(`{"title":%s,"price":%s}`, title, price), fmt.Sprintf(`{"price":%s,"title":%s}`, price, title))
		}
	}
	for _, body := range bodies {
		for _, a := range []servicetest.Answer{
			s.Do(ada, http.MethodPost, "/api/tickets", body),
			s.Do(ada, http.MethodPut, "/api/tickets/"+listed.ID, body),
		} {
			if a.Status != http.StatusBadRequest || a.Body != want {
				t.Errorf("%s: %d %s, want %s", body, a.Status, a.Body, want)
			}
		}
	}
}

func TestJSONMayNameItsCharset(t *testing.T) {
	s := start(t)
	a := s.Send(ada, http.MethodPost, "/api/tickets", "application/json; charset=utf-8", offer("Concert", "20"))
	servicetest.Decode[ticket](t, a, http.StatusCreated)
}

// A request is judged in this order: session, body, whether the ticket is there, its owner, its state.
func TestRefusalsInTheirOrder(t *testing.T) {
	s := start(t)
	free, taken, gone := s.list(ada, "Free", "19.99"), s.list(ada, "Taken", "19.99"), s.list(ada, "Gone", "19.99")
	s.deliver(events.OrderCreated{Order: order(taken, 1)}, events.OrderCompleted{Order: order(gone, 1)})
	good, bad := offer("Edited", "20"), `{"title":"Edited"}`
	for _, c := range []struct {
		user           session.User
		method, path   string
		body           string
		status         int
		field, message string
	}{
		{servicetest.SignedOut, "POST", "", good, 401, "", "Not authorized"},
		{servicetest.SignedOut, "POST", "", bad, 401, "", "Not authorized"},
		{ada, "POST", "", bad, 400, "price", badPrice},
		{servicetest.SignedOut, "PUT", "/" + free.ID, good, 401, "", "Not authorized"},
		{servicetest.SignedOut, "PUT", "/" + free.ID, bad, 401, "", "Not authorized"},
		{servicetest.SignedOut, "PUT", "/" + missing, bad, 401, "", "Not authorized"},
		{ada, "PUT", "/" + missing, bad, 400, "price", badPrice},
		{bob, "PUT", "/" + taken.ID, bad, 400, "price", badPrice},
		{ada, "PUT", "/" + missing, good, 404, "", "Not found"},
		{ada, "PUT", "/no-id", good, 404, "", "Not found"},
		{bob, "PUT", "/" + free.ID, good, 401, "", "Not authorized"},
		{bob, "PUT", "/" + taken.ID, good, 401, "", "Not authorized"},
		{bob, "PUT", "/" + gone.ID, good, 401, "", "Not authorized"},
		{ada, "PUT", "/" + taken.ID, good, 400, "", "A reserved ticket can't be changed"},
		{ada, "PUT", "/" + gone.ID, good, 400, "", "A sold ticket can't be changed"},
		{servicetest.SignedOut, "GET", "/" + missing, "", 404, "", "Not found"},
		{servicetest.SignedOut, "GET", "/no-id", "", 404, "", "Not found"},
		{servicetest.SignedOut, "GET", "/" + strings.Repeat("f", 25), "", 404, "", "Not found"},
		{servicetest.SignedOut, "GET", "/%00", "", 404, "", "Not found"},
		{servicetest.SignedOut, "GET", "/%ff", "", 404, "", "Not found"},
		{servicetest.SignedOut, "GET", "/$ne", "", 404, "", "Not found"},
		{servicetest.SignedOut, "GET", "/" + free.ID + "/more", "", 404, "", "Not found"},
		{servicetest.SignedOut, "GET", "?seller=me", "", 401, "", "Not authorized"},
		{servicetest.SignedOut, "GET", "?seller=me&limit=x", "", 401, "", "Not authorized"},
		{servicetest.SignedOut, "GET", "?seller=" + ada.ID, "", 400, "seller", badSeller},
		{ada, "GET", "?seller=" + ada.ID, "", 400, "seller", badSeller},
		{ada, "GET", "?seller=", "", 400, "seller", badSeller},
		{servicetest.SignedOut, "GET", "?limit=0", "", 400, "limit", ""},
		{servicetest.SignedOut, "GET", "?limit=1001", "", 400, "limit", ""},
		{servicetest.SignedOut, "GET", "?limit=ten", "", 400, "limit", ""},
		{servicetest.SignedOut, "GET", "?after=no-id", "", 400, "after", ""},
		{ada, "GET", "?seller=me&after=", "", 400, "after", ""},
		{ada, "PATCH", "/" + free.ID, good, 405, "", ""},
		{ada, "DELETE", "", "", 405, "", ""},
		{ada, "PUT", "", good, 405, "", ""},
		{ada, "POST", "/" + free.ID, good, 405, "", ""},
	} {
		s.Do(c.user, c.method, "/api/tickets"+c.path, c.body).Refused(t, c.status, c.field, c.message)
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
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/api/tickets", strings.NewReader(offer("Concert", "20")))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", "https://elsewhere.example")
	if a := s.Request(r); a.Status != http.StatusForbidden {
		t.Errorf("status %d", a.Status)
	}
}

func TestListsAreSelectedAndPaged(t *testing.T) {
	s := start(t)
	var made []ticket
	for i := range 7 {
		made = append(made, s.list(ada, fmt.Sprintf("Ada's %d", i), "19.99"))
	}
	bobs := s.list(bob, "Bob's", "19.99")
	s.deliver(events.OrderCreated{Order: order(made[1], 1)}, events.OrderCompleted{Order: order(made[3], 1)},
		events.OrderCancelled{Order: order(made[5], 1)})

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
		{servicetest.SignedOut, "", [][]string{free}},
		{ada, "", [][]string{free}},
		{servicetest.SignedOut, "?limit=6", [][]string{free}},
		{servicetest.SignedOut, "?limit=4", [][]string{free[:4], free[4:]}},
		{servicetest.SignedOut, "?limit=2", [][]string{free[:2], free[2:4], free[4:]}},
		{servicetest.SignedOut, "?limit=2&after=" + free[2], [][]string{free[3:5], free[5:]}},
		{servicetest.SignedOut, "?after=" + free[5], [][]string{{}}},
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
	for _, want := range []string{"status_1__id_-1", "userId_1__id_-1", "outbox.0.id_1", "request.key_1"} {
		if !slices.Contains(names, want) {
			t.Errorf("no index %s among %v", want, names)
		}
	}
}

func TestEmptyListIsAnArray(t *testing.T) {
	s := start(t)
	if a := s.Do(servicetest.SignedOut, http.MethodGet, "/api/tickets", ""); a.Status != http.StatusOK || a.Body != "[]" {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}

// pages follows the links from page to page.
func (s *system) pages(user session.User, path string) [][]string {
	s.t.Helper()
	var pages [][]string
	for path != "" {
		a := s.Do(user, http.MethodGet, path, "")
		pages = append(pages, ids(s.t, a))
		path, _ = strings.CutSuffix(strings.TrimPrefix(a.Header.Get("Link"), "<"), `>; rel="next"`)
	}
	return pages
}

func ids(t *testing.T, a servicetest.Answer) []string {
	t.Helper()
	var ids []string
	for _, shown := range servicetest.Decode[[]ticket](t, a, http.StatusOK) {
		ids = append(ids, shown.ID)
	}
	return ids
}

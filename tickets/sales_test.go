package tickets_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/bson"

	"ticketing.dev/common/bus/memory"
	"ticketing.dev/common/events"
	"ticketing.dev/common/money"
	"ticketing.dev/common/service/servicetest"
	"ticketing.dev/common/session"
	"ticketing.dev/tickets"
)

// sell lists a ticket and sells it at its price.
func (s *system) sell(user session.User, title string, cents money.Cents) ticket {
	s.t.Helper()
	listed := s.list(user, title, fmt.Sprintf("%d.%02d", cents/100, cents%100))
	o := order(listed, 1)
	o.Ticket.Price = cents
	s.deliver(events.OrderCompleted{Order: o})
	return s.get(listed.ID)
}

func refunded(t ticket, amount money.Cents) events.PaymentRefunded {
	return events.PaymentRefunded{Payment: events.Payment{ID: t.OrderID, OrderID: t.OrderID}, StripeRefundID: "re_1", Amount: amount}
}

type ownTicket struct {
	ID             string      `json:"id"`
	Status         string      `json:"status"`
	SoldAt         time.Time   `json:"soldAt"`
	RefundedAmount json.Number `json:"refundedAmount"`
}

func (s *system) own(user session.User, query string) []ownTicket {
	s.t.Helper()
	return servicetest.Decode[[]ownTicket](s.t, s.Do(user, http.MethodGet, "/api/tickets?seller=me"+query, ""), http.StatusOK)
}

func TestSellersListTheirTicketsByStatus(t *testing.T) {
	s := start(t)
	free, reserved, gone := s.list(ada, "Free", "19.99"), s.list(ada, "Reserved", "19.99"), s.list(ada, "Gone", "19.99")
	sold := s.sell(ada, "Sold", 1999)
	s.list(bob, "Another's", "19.99")
	s.deliver(events.OrderCreated{Order: order(reserved, 1)})
	s.withdraw(ada, gone.ID)
	for query, want := range map[string]string{
		"&status=available": free.ID, "&status=free": free.ID, "&status=reserved": reserved.ID,
		"&status=sold": sold.ID, "&status=withdrawn": gone.ID,
	} {
		if got := s.own(ada, query); len(got) != 1 || got[0].ID != want {
			t.Errorf("%s: %+v, want %s", query, got, want)
		}
	}
	for _, query := range []string{"", "&status="} {
		if got := s.own(ada, query); len(got) != 4 || got[0].ID != sold.ID {
			t.Errorf("%q: %+v", query, got)
		}
	}
	s.Do(ada, http.MethodGet, "/api/tickets?seller=me&status=lost", "").
		Refused(t, http.StatusBadRequest, "status", "status must be available, reserved, sold or withdrawn")
}

func TestAListByStatusHasPages(t *testing.T) {
	s := start(t)
	s.list(ada, "Free", "19.99")
	for range 3 {
		s.withdraw(ada, s.list(ada, "Gone", "19.99").ID)
	}
	first := s.Do(ada, http.MethodGet, "/api/tickets?seller=me&status=withdrawn&limit=2", "")
	next, _, found := strings.Cut(strings.TrimPrefix(first.Header.Get("Link"), "<"), ">")
	if !found || !strings.Contains(next, "status=withdrawn") {
		t.Fatalf("the link is %q", first.Header.Get("Link"))
	}
	if last := s.Do(ada, http.MethodGet, next, ""); len(servicetest.Decode[[]ticket](t, last, http.StatusOK)) != 1 || last.Header.Get("Link") != "" {
		t.Errorf("the next page is %s", last.Body)
	}
}

// The time is when tickets heard of the sale first.
func TestASaleKeepsItsTime(t *testing.T) {
	s := start(t)
	before := time.Now().Truncate(time.Millisecond)
	sold := s.sell(ada, "Concert", 1999)
	at := s.own(ada, "&status=sold")[0].SoldAt
	if at.Before(before) || at.After(time.Now()) {
		t.Errorf("sold at %s", at)
	}
	s.deliver(events.OrderCompleted{Order: order(sold, 1)})
	if again := s.own(ada, "")[0]; !again.SoldAt.Equal(at) || s.get(sold.ID) != sold {
		t.Errorf("repeated, it's sold at %s", again.SoldAt)
	}
}

// A ticket that an earlier release sold has no time, and a repeated event doesn't change it.
func TestASaleOfAnEarlierReleaseStaysAsItIs(t *testing.T) {
	s := start(t)
	sold := s.sell(ada, "Concert", 1999)
	if _, err := s.db.Collection("tickets").UpdateOne(t.Context(), bson.M{"_id": sold.ID}, bson.M{"$unset": bson.M{"soldAt": ""}}); err != nil {
		t.Fatal(err)
	}
	s.deliver(events.OrderCompleted{Order: order(sold, 1)})
	if body := s.Do(servicetest.SignedOut, http.MethodGet, "/api/tickets/"+sold.ID, "").Body; strings.Contains(body, "soldAt") || s.get(sold.ID) != sold {
		t.Errorf("shown as %s", body)
	}
}

func TestRefundsAreTakenOffTheSales(t *testing.T) {
	s := start(t, memory.Twice())
	kept, returned := s.sell(ada, "Kept", 1999), s.list(ada, "Returned", "19.99")
	s.sell(bob, "Another's", 5000)
	// The refund arrives before the sale, and another one is of an order that never completed.
	returned.OrderID = order(returned, 1).ID
	s.deliver(refunded(returned, 1999), refunded(ticket{OrderID: "late"}, 700))
	s.deliver(events.OrderCompleted{Order: order(returned, 1)})

	own := s.own(ada, "&status=sold")
	if len(own) != 2 || own[0].RefundedAmount != "19.99" || own[1].RefundedAmount != "" || own[1].ID != kept.ID {
		t.Errorf("the sales are %+v", own)
	}
	if sum := s.Do(ada, http.MethodGet, "/api/tickets/sales/summary", ""); sum.Body != `{"sales":2,"amount":39.98,"refunded":19.99,"owed":19.99}` {
		t.Errorf("the summary is %s", sum.Body)
	}
	s.Do(servicetest.SignedOut, http.MethodGet, "/api/tickets/sales/summary", "").Refused(t, http.StatusUnauthorized, "", "Not authorized")
	s.Do(servicetest.SignedOut, http.MethodGet, "/api/tickets/sales/export.csv", "").Refused(t, http.StatusUnauthorized, "", "Not authorized")
	if market := s.Do(servicetest.SignedOut, http.MethodGet, "/api/tickets/"+returned.ID, ""); strings.Contains(market.Body, "refunded") {
		t.Errorf("everyone is shown %s", market.Body)
	}
}

func TestSalesAreExportedForSpreadsheets(t *testing.T) {
	s := start(t)
	formula, quoted := s.sell(ada, "=1+1", 1999), s.sell(ada, `Row "A", seat 1`, 100_000_50)
	s.deliver(refunded(formula, 1999))
	file := s.Do(ada, http.MethodGet, "/api/tickets/sales/export.csv", "")
	if file.Status != http.StatusOK || file.Header.Get("Content-Type") != "text/csv; charset=utf-8" ||
		file.Header.Get("Content-Disposition") != `attachment; filename="sales.csv"` {
		t.Errorf("%d %v", file.Status, file.Header)
	}
	rows, err := csv.NewReader(strings.NewReader(file.Body)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows[1:] {
		if _, err := time.Parse(time.RFC3339, r[0]); err != nil {
			t.Error(err)
		}
		r[0] = ""
	}
	if want := [][]string{
		{"Sold at", "Order", "Ticket", "Title", "Amount", "Refunded", "Owed"},
		{"", quoted.OrderID, quoted.ID, `Row "A", seat 1`, "100000.50", "0.00", "100000.50"},
		{"", formula.OrderID, formula.ID, "'=1+1", "19.99", "19.99", "0.00"},
	}; !reflect.DeepEqual(rows, want) {
		t.Errorf("the file is %q", rows)
	}
}

// operate carries out a command and returns what it printed.
func (s *system) operate(args string) string {
	s.t.Helper()
	command := tickets.Commands()[0]
	rest, _ := strings.CutPrefix(args, command.Name)
	action, err := command.Parse(strings.Fields(rest))
	if err != nil {
		s.t.Fatal(err)
	}
	var out bytes.Buffer
	if err := action(s.t.Context(), &out, s.bus, s.open()); err != nil {
		s.t.Fatal(err)
	}
	return out.String()
}

func TestOperatorsListWhatSellersAreOwed(t *testing.T) {
	s := start(t)
	if out := s.operate("owed"); out != "no sales\n" {
		t.Errorf("without sales: %q", out)
	}
	s.sell(bob, "Another's", 5000)
	s.deliver(refunded(s.sell(ada, "Returned", 1999), 1999))
	s.sell(ada, "Kept", 700)
	s.list(ada, "Free", "19.99")
	want := strings.Join([]string{
		"SELLER                     SALES   AMOUNT   REFUNDED   OWED",
		ada.ID + "   2       $26.99   $19.99     $7.00",
		bob.ID + "   1       $50.00   $0.00      $50.00", "",
	}, "\n")
	if out := s.operate("owed"); out != want {
		t.Errorf("owed:\n%s\nwant:\n%s", out, want)
	}
	var debts []map[string]any
	if err := json.Unmarshal([]byte(s.operate("owed -json -since 2026-01-01")), &debts); err != nil {
		t.Fatal(err)
	}
	if len(debts) != 2 || !reflect.DeepEqual(debts[0], map[string]any{"seller": ada.ID, "sales": 2.0, "amount": 26.99, "refunded": 19.99, "owed": 7.0}) {
		t.Errorf("as JSON: %v", debts)
	}
	if out := s.operate("owed -json -since 2999-01-01T00:00:00Z"); out != "[]\n" {
		t.Errorf("of the future: %s", out)
	}
}

func TestOwedRefusesOtherArguments(t *testing.T) {
	for _, args := range [][]string{{"-since", "yesterday"}, {"-all"}, {"me"}} {
		if _, err := tickets.Commands()[0].Parse(args); err == nil {
			t.Errorf("%v is allowed", args)
		}
	}
}

// Sales are read a thousand at a time.
func TestManySalesAreAddedUp(t *testing.T) {
	s := start(t)
	const many = 1001
	sold := make([]any, many)
	for i := range sold {
		id := fmt.Sprintf("64b%021x", i)
		sold[i] = bson.M{"_id": id, "version": int64(2), "userId": ada.ID, "title": "Concert", "price": int64(1999),
			"status": "sold", "orderId": id, "reservation": int64(1)}
	}
	if _, err := s.db.Collection("tickets").InsertMany(t.Context(), sold); err != nil {
		t.Fatal(err)
	}
	if sum := s.Do(ada, http.MethodGet, "/api/tickets/sales/summary", ""); sum.Body != `{"sales":1001,"amount":20009.99,"refunded":0,"owed":20009.99}` {
		t.Errorf("the summary is %s", sum.Body)
	}
	if file := s.Do(ada, http.MethodGet, "/api/tickets/sales/export.csv", ""); strings.Count(file.Body, "\r\n") != many+1 {
		t.Errorf("the file has %d lines", strings.Count(file.Body, "\r\n"))
	}
}

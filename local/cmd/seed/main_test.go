package main

import (
	"bytes"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ticketing.dev/local/api"
	"ticketing.dev/local/system"
)

func TestSeededTicketsCanBeListedAndOrdered(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s, err := system.Start(t.Context(), system.Config{Dir: dir, Errors: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var told bytes.Buffer
	if err := run(t.Context(), []string{"-n", "150", "-data", dir}, &told, t.Output()); err != nil {
		t.Fatalf("%v, after:\n%s", err, &told)
	}

	buyer := api.New(s.Run().Gateway)
	page, err := buyer.Tickets(t.Context(), url.Values{"limit": {"100"}})
	if err != nil || len(page) != 100 {
		t.Fatalf("%d tickets (%v), want a page of 100", len(page), err)
	}
	titles, prices, owners := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, ticket := range page {
		titles[ticket.Title], prices[ticket.Price.Cents.String()], owners[ticket.UserID] = true, true, true
	}
	if len(titles) < 10 || len(prices) < 10 || len(owners) < 5 {
		t.Errorf("%d titles, %d prices, and %d sellers", len(titles), len(prices), len(owners))
	}
	if _, err := buyer.SignUp(t.Context(), "buyer@example.com", "a long password"); err != nil {
		t.Fatal(err)
	}
	order, err := buyer.PlaceOrder(t.Context(), page[0].ID)
	if err != nil || order.Ticket.Title != page[0].Title {
		t.Errorf("ordered %q (%v), want %q", order.Ticket.Title, err, page[0].Title)
	}
	if _, err := buyer.AwaitTicket(t.Context(), page[0].ID, api.Reserved); err != nil {
		t.Error(err)
	}
	checkSeller(t, s.Run().Gateway, told.String())
}

// checkSeller signs in with the credentials that were told.
func checkSeller(t *testing.T, gateway, told string) {
	t.Helper()
	found := regexp.MustCompile(`sellers: (\S+) … \S+, password (\S+)`).FindStringSubmatch(told)
	if found == nil {
		t.Fatalf("no credentials in:\n%s", told)
	}
	seller := api.New(gateway)
	if _, err := seller.SignIn(t.Context(), found[1], found[2]); err != nil {
		t.Fatal(err)
	}
	own, err := seller.Tickets(t.Context(), url.Values{"seller": {"me"}})
	if err != nil || len(own) < 10 {
		t.Errorf("the seller has %d tickets (%v)", len(own), err)
	}
}

func TestSeedNeedsARunningSystem(t *testing.T) {
	err := run(t.Context(), []string{"-data", t.TempDir()}, t.Output(), t.Output())
	if err == nil || !strings.Contains(err.Error(), "make up starts one") {
		t.Errorf("got %v", err)
	}
	if err := run(t.Context(), []string{"-n", "0"}, t.Output(), t.Output()); err == nil {
		t.Error("accepted -n 0")
	}
}

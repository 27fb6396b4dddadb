package main

import (
	"flag"
	"os"
	"testing"
	"time"

	"ticketing.dev/common/money"
	"ticketing.dev/e2e/chaos/check"
	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares a text with what a file under testdata holds.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := "testdata/" + name
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}

// told is a round in which two buyers were given one ticket.
func told() result {
	const ticket, seller, ada, bob = "650000000000000000000001", "65000000000000000000aaaa", "65000000000000000000bbbb", "65000000000000000000cccc"
	order := func(id string) *api.Order {
		return &api.Order{ID: id, Status: api.Created, Ticket: api.OrderedTicket{ID: ticket}, ExpiresAt: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	}
	ops := []history.Op{
		{ID: 0, User: seller, Kind: history.List, Call: 1500 * time.Millisecond, Return: 1600 * time.Millisecond, Outcome: history.OK, Status: 201, Title: "Front row", Price: 1999,
			Ticket: ticket, TicketState: &api.Ticket{ID: ticket, Status: api.Available, Price: money.Cents(1999).Dollars()}},
		{ID: 1, User: ada, Kind: history.Place, Call: 2 * time.Second, Return: 2050 * time.Millisecond, Outcome: history.OK, Status: 201, Ticket: ticket, Order: "0a", OrderState: order("0a")},
		{ID: 2, User: bob, Kind: history.Place, Call: 4 * time.Second, Return: 4100 * time.Millisecond, Outcome: history.OK, Status: 201, Ticket: ticket, Order: "0b", OrderState: order("0b")},
		{ID: 3, User: bob, Kind: history.Pay, Call: 5 * time.Second, Return: 6 * time.Second, Outcome: history.Unknown, Message: "no answer", Order: "0b", Token: "tok_visa"},
	}
	h := history.History{
		Seed: 42, Ops: ops, Healed: 20 * time.Second,
		Faults: []history.Fault{
			{Kind: "kill", Target: "nats", Begin: 100 * time.Millisecond, End: 300 * time.Millisecond, Recovered: 400 * time.Millisecond}, // over before
			{Kind: "pause", Target: "orders-1", Begin: 1700 * time.Millisecond, End: 3 * time.Second, Recovered: 3 * time.Second},
			{Kind: "cut", Target: "payments-1→stripe", Details: "(loses what is sent there)", Begin: 4500 * time.Millisecond, End: 5500 * time.Millisecond},
			{Kind: "wipe", Target: "redis", Begin: 7 * time.Second, End: 7 * time.Second}, // later
		},
		Final: history.Final{At: 31 * time.Second, Quiet: true, Processes: []history.Process{{Name: "orders-1", Resident: 25e6}, {Name: "orders-2", Resident: 27e6}}},
	}
	return result{seed: 42, history: h, took: 40 * time.Second, kept: "/tmp/kept",
		violations: []check.Violation{{Promise: check.P1, What: "ticket " + ticket + " has two live orders", Ops: ops}}}
}

func TestAViolationIsToldWithItsHistoryAndFaults(t *testing.T) {
	r := told()
	golden(t, "findings.txt", r.line()+r.findings(config{load: defaultLoad, quiet: defaultQuiet}))
}

// What was read at the end alone says nothing of how it came to be.
func TestTheEndIsToldWithWhatLedToIt(t *testing.T) {
	r := told()
	const ticket = "650000000000000000000001"
	r.history.Ops[3].Outcome = history.Refused
	r.history.Ops = append(r.history.Ops, history.Op{ID: 4, Kind: history.List, Ticket: "650000000000000000000002", Outcome: history.OK})
	end := history.Op{Kind: check.Final, Call: 31 * time.Second, Return: 31 * time.Second, Outcome: history.OK, Ticket: ticket}
	golden(t, "end.txt", table(related([]history.Op{end}, r.history.Ops), r.history.Faults))
}

func TestTheReport(t *testing.T) {
	failed := result{seed: 7, err: errInterrupted, took: time.Second}
	golden(t, "report.md", summarise([]result{told(), failed}).markdown())
}

func TestMoreViolationsAreCounted(t *testing.T) {
	r := told()
	for range 6 {
		r.violations = append(r.violations, check.Violation{Promise: check.P5, What: "it has not ended"})
	}
	golden(t, "many.txt", r.findings(config{load: defaultLoad, quiet: defaultQuiet}))
}

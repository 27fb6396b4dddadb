package main

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"ticketing.dev/e2e/chaos/check"
	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
)

// soldTwice is a round in which two buyers got one ticket.
func soldTwice() result {
	ops := []history.Op{
		{ID: 0, User: "eve", Kind: history.List, Call: 1500 * time.Millisecond, Return: 1600 * time.Millisecond, Outcome: history.OK, Ticket: "T1"},
		{ID: 1, User: "ann", Kind: history.Place, Call: 2 * time.Second, Return: 3 * time.Second, Outcome: history.OK, Ticket: "T1", Order: "O1", OrderState: &api.Order{ID: "O1"}},
		{ID: 2, User: "bob", Kind: history.Place, Call: 4 * time.Second, Return: 5 * time.Second, Outcome: history.OK, Ticket: "T1", Order: "O2", OrderState: &api.Order{ID: "O2"}},
		{ID: 3, User: "bob", Kind: history.ReadTicket, Call: 6 * time.Second, Return: 7 * time.Second, Outcome: history.Unknown, Ticket: "T1"},
	}
	return result{seed: 42, history: history.History{
		Seed: 42, Ops: ops, Healed: 20 * time.Second,
		Faults: []history.Fault{
			{Kind: "kill", Target: "nats", Begin: 100 * time.Millisecond, End: 300 * time.Millisecond, Recovered: 400 * time.Millisecond},
			{Kind: "cut", Target: "orders-1→mongo", Begin: 1700 * time.Millisecond, End: 3 * time.Second, Recovered: 4 * time.Second},
			{Kind: "wipe", Target: "redis", Begin: 7 * time.Second, End: 7 * time.Second},
		},
		Final: history.Final{At: 31 * time.Second, Quiet: true, Processes: []history.Process{{Name: "orders-1", Resident: 25e6}, {Name: "orders-2", Resident: 27e6}}},
	}, violations: []check.Violation{{Promise: check.P1, What: "ticket T1 was sold twice", Ops: ops[1:3]}}}
}

func TestAViolationIsShownWithItsRequestsAndTheFaultsAroundThem(t *testing.T) {
	text := soldTwice().String()
	for _, want := range []string{"seed 42", "P1: ticket T1 was sold twice", "ann place", "bob place", "~ cut orders-1→mongo"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	for _, not := range []string{"kill nats", "wipe redis", "list"} {
		if strings.Contains(text, not) {
			t.Errorf("%q is not about it, in\n%s", not, text)
		}
	}
}

func TestWhatWasReadAtTheEndIsShownWithTheChangesBefore(t *testing.T) {
	r := soldTwice()
	text := describe(r.history, []history.Op{{Kind: check.Final, Ticket: "T1", Call: 31 * time.Second, Return: 31 * time.Second}})
	for _, want := range []string{"eve list", "ann place", "bob place", "final T1"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	if strings.Contains(text, "read-ticket") {
		t.Errorf("a read changes nothing:\n%s", text)
	}
}

func TestTheReportIsTheSummaryInJSON(t *testing.T) {
	s := newSummary()
	s.add(soldTwice())
	s.add(result{seed: 7, err: errors.New("no port")})
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"rounds":2`, `"place":{"ok":2}`, `"kill":1`, `"quiet":{"count":1,"p50":11.00,"max":11.00}`, `"cut orders→mongo":{"count":1,"p50":1.00,"max":1.00}`,
		`"residentMB":{"orders":{"count":2,"p50":27.00,"max":27.00}}`, `{"seed":42,"promise":"P1","what":"ticket T1 was sold twice"}`, `"errors":["seed 7: no port"]`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s is missing in %s", want, text)
		}
	}
}

func TestOnlyRoundsThatKeepEveryPromisePass(t *testing.T) {
	passes := soldTwice()
	passes.violations = nil
	undecided := passes
	undecided.undecided = []string{"T1"}
	for name, c := range map[string]struct {
		result
		want string
	}{
		"kept": {passes, ""}, "broken": {soldTwice(), "broken"}, "undecided": {undecided, "undecided"},
		"failed": {result{err: errors.New("no port")}, "couldn't be carried out"},
	} {
		s := newSummary()
		s.add(c.result)
		if err := s.err(); (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	s := newSummary()
	s.Defects = []search{{Name: "a", Found: "P1: sold twice"}, {Name: "b", Error: "not found"}}
	if err := s.err(); err == nil || !strings.Contains(err.Error(), "b: not found") {
		t.Errorf("a defect that wasn't found: %v", err)
	}
}

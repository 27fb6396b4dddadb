package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ticketing.dev/e2e/chaos/history"
)

func TestARushSellsEachTicketOnceAndTheCheckerAgrees(t *testing.T) {
	var told bytes.Buffer
	out := filepath.Join(t.TempDir(), "rush.json")
	if err := run(t.Context(), []string{"rush", "-buyers", "60", "-tickets", "7", "-connections", "20", "-out", out}, &told, t.Output()); err != nil {
		t.Fatalf("%v, after:\n%s", err, &told)
	}
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	var r rushed
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	if r.Orders != 7 || r.Winners.Requests != 7 || r.Losers.Requests < 53 || r.Listing.Requests == 0 || len(r.Violations) > 0 {
		t.Errorf("%s", text)
	}
	if r.PerSecond <= 0 || r.SoldOut <= 0 || r.SoldOut > r.Decided || r.Requests < 7 || r.Processor["orders"] < 0 || r.Judged < 7+60+7+7+60+7 {
		t.Errorf("%s", text)
	}
	if !strings.Contains(told.String(), "60 buyers, 7 tickets, 7 orders") {
		t.Errorf("told:\n%s", &told)
	}
}

func TestARushThatSellsATicketTwiceFails(t *testing.T) {
	if err := (rushed{Buyers: 10, Tickets: 2, Orders: 2}).err(); err != nil {
		t.Error(err)
	}
	if err := (rushed{Buyers: 10, Tickets: 2, Orders: 3}).err(); err == nil {
		t.Error("three orders of two tickets are accepted")
	}
	if err := (rushed{Buyers: 1, Tickets: 2, Orders: 1}).err(); err != nil {
		t.Error(err)
	}
	if err := (rushed{Buyers: 10, Tickets: 2, Orders: 2, Violations: []string{"P1: twice"}}).err(); err == nil {
		t.Error("a violation is accepted")
	}
}

func TestTheCheckerIsShownTheWholeRush(t *testing.T) {
	c := &crowd{site: &site{}, record: history.NewRecorder()}
	c.record.Do(history.Op{Kind: history.Place, User: "a", Ticket: "t"}, func(op *history.Op) { op.Outcome, op.Order = history.OK, "o" })
	var r rushed
	r.judge(c, history.Final{Quiet: true})
	if len(r.Violations) == 0 || r.Judged != 1 {
		t.Errorf("an acknowledged order that isn't there is accepted: %+v", r)
	}
}

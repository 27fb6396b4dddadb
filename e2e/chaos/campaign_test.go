package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ticketing.dev/e2e/chaos/check"
	"ticketing.dev/e2e/chaos/defects"
	"ticketing.dev/e2e/chaos/faults"
	"ticketing.dev/e2e/chaos/history"
)

func TestKeepsARoundsPlanHistoryAndLogs(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "log"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "log", "orders-1.log"), []byte("{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := soldTwice()
	r.plan = faults.Draw(42, defaultLoad, nil)
	c := campaign{config: config{dir: t.TempDir()}}
	kept, err := c.keepRound(dir, r)
	if err != nil {
		t.Fatal(err)
	}
	var h history.History
	var p faults.Plan
	for name, v := range map[string]any{"history.json": &h, "plan.json": &p} {
		text, err := os.ReadFile(filepath.Join(kept, name))
		if err := errors.Join(err, json.Unmarshal(text, v)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if h.Seed != 42 || len(h.Ops) != len(r.history.Ops) || len(p.Faults) != len(r.plan.Faults) {
		t.Errorf("kept %+v with the plan %+v", h, p)
	}
	violations, err := os.ReadFile(filepath.Join(kept, "violations.txt"))
	if err != nil || !strings.Contains(string(violations), "sold twice") {
		t.Errorf("violations.txt: %s, %v", violations, err)
	}
	if _, err := os.Stat(filepath.Join(kept, "log", "orders-1.log")); err != nil {
		t.Error(err)
	}
}

func TestFailsEarlyIfResultsCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, cfg := range []config{
		{dir: filepath.Join(file, "kept")},
		{dir: dir, report: filepath.Join(dir, "nowhere", "report.json")},
	} {
		c := campaign{config: cfg, out: io.Discard}
		if err := c.prepare(t.Context()); err == nil {
			t.Errorf("accepts %q and %q", cfg.dir, cfg.report)
		}
	}
}

func TestADefectIsFoundOnlyByAPromiseItBreaks(t *testing.T) {
	d := defects.Defect{Promises: []string{check.P4, check.P5}}
	broken := func(promises ...string) (r result) {
		for _, p := range promises {
			r.violations = append(r.violations, check.Violation{Promise: p})
		}
		return r
	}
	if v := finds(broken(check.Exit, check.P5), d); v == nil || v.Promise != check.P5 {
		t.Errorf("P5 finds it with %+v", v)
	}
	if v := finds(broken(check.Exit, check.P1), d); v != nil {
		t.Errorf("P1 finds it with %+v", v)
	}
}

func TestADefectIsLookedForWithItsFaultsOnly(t *testing.T) {
	d := defects.Defect{Provoke: []string{"kill:mongo", "slow:mongo"}}
	c := campaign{}
	if s := c.selection(&d); len(s) != 2 {
		t.Errorf("selects %v", s)
	}
	if s := c.selection(nil); len(s) != 0 {
		t.Errorf("without a defect: %v", s)
	}
	c.only = faults.Selection{"pause"}
	if s := c.selection(&d); len(s) != 1 || s[0] != "pause" {
		t.Errorf("with -only: %v", s)
	}
}

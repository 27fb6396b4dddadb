package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"ticketing.dev/e2e/chaos/check"
	"ticketing.dev/e2e/chaos/defects"
	"ticketing.dev/e2e/chaos/faults"
	"ticketing.dev/e2e/chaos/history"
)

// kept carries out the keeping of a round with a log.
func kept(t *testing.T, c config, r result) result {
	t.Helper()
	camp := &campaign{config: c, kept: t.TempDir()}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "log"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "log", "orders-1.log"), []byte("{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := camp.keep(dir, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestARoundThatFailsIsKept(t *testing.T) {
	r := told()
	r.plan = faults.Draw(42, defaultLoad, nil)
	for _, failed := range []result{
		r,
		{seed: 42, plan: r.plan, history: r.history, err: errors.New("it does not start")},
		{seed: 42, plan: r.plan, history: r.history, undecided: []string{"a ticket"}},
	} {
		dir := kept(t, config{load: defaultLoad}, failed).kept
		var h history.History
		var p faults.Plan
		for name, v := range map[string]any{"history.json": &h, "plan.json": &p} {
			text, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(text, v); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if h.Seed != 42 || len(h.Ops) != 4 || len(p.Faults) != len(r.plan.Faults) {
			t.Errorf("it is kept as %+v with the plan %+v", h, p)
		}
		for _, name := range []string{"log/orders-1.log", "violations.txt"} {
			if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestARoundThatPassesIsNotKept(t *testing.T) {
	if r := kept(t, config{}, result{seed: 42}); r.kept != "" {
		t.Errorf("it is kept in %s", r.kept)
	}
	if r := kept(t, config{keep: true}, result{seed: 42}); r.kept == "" {
		t.Error("it is not kept")
	}
}

func TestOnlyACampaignThatShowsSomethingEndsWell(t *testing.T) {
	for name, test := range map[string]struct {
		results []result
		want    error
	}{
		"all is well":          {[]result{{seed: 1}, {seed: 2}}, nil},
		"a violation":          {[]result{{seed: 1}, told()}, errBroken},
		"a ticket undecided":   {[]result{{seed: 1, undecided: []string{"a ticket"}}}, errUndecided},
		"a round not possible": {[]result{{seed: 1, err: io.ErrUnexpectedEOF}}, errNotCarriedOut},
	} {
		if err := summarise(test.results).err(); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
}

func TestWhatCannotBeWrittenIsFoundBeforeTheRounds(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, camp := range []campaign{
		{kept: filepath.Join(file, "kept")},
		{kept: dir, config: config{report: filepath.Join(dir, "nowhere", "report.md")}},
	} {
		if err := camp.writable(); err == nil {
			t.Errorf("%s and %q are taken", camp.kept, camp.config.report)
		}
	}
}

func TestADefectIsFoundByWhatItBreaksAlone(t *testing.T) {
	d := defects.Defect{Promises: []string{check.P4, check.P5}}
	if i := shows(result{violations: []check.Violation{{Promise: check.Exit}, {Promise: check.P5}}}, d); i != 1 {
		t.Errorf("P5 is found as violation %d", i)
	}
	if i := shows(result{violations: []check.Violation{{Promise: check.Exit}, {Promise: check.P1}}}, d); i != -1 {
		t.Errorf("what it does not break is violation %d", i)
	}
}

package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"ticketing.dev/e2e/chaos/faults"
	"ticketing.dev/e2e/chaos/history"
)

// kept carries out the keeping of a round with a log.
func kept(t *testing.T, c config, r result) result {
	t.Helper()
	camp := &campaign{config: c, kept: t.TempDir()}
	r.dir = t.TempDir()
	if err := os.Mkdir(filepath.Join(r.dir, "log"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(r.dir, "log", "orders-1.log"), []byte("{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := camp.keep(&r); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestARoundThatFailsIsKept(t *testing.T) {
	r := told()
	r.plan = faults.Draw(42, defaultLoad, nil)
	for _, failed := range []result{r, {seed: 42, plan: r.plan, history: r.history, err: errors.New("it does not start")}} {
		dir := kept(t, config{load: defaultLoad}, failed).dir
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
	if r := kept(t, config{}, result{seed: 42}); r.dir != "" {
		t.Errorf("it is kept in %s", r.dir)
	}
	if r := kept(t, config{keep: true}, result{seed: 42}); r.dir == "" {
		t.Error("it is not kept")
	}
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"ticketing.dev/e2e/chaos/check"
	"ticketing.dev/e2e/chaos/defects"
	"ticketing.dev/e2e/chaos/faults"
)

// search is what came of looking for a defect.
type search struct {
	defect defects.Defect
	rounds int
	by     *result // the first that found it, nil if none has
	err    error
}

// find builds the services with a defect and runs rounds until one finds a promise broken that the defect
// breaks. The error says that none has, or what failed.
func (c *campaign) find(ctx context.Context, d defects.Defect) (search, error) {
	s := search{defect: d}
	c.config.defect = &d // for whoever runs a round again
	fmt.Fprintf(c.out, "\n%s: %s\n", d.Name, d.Why)
	overlay, err := c.overlay(d.Edits...)
	if err != nil {
		return s, err
	}
	bin := filepath.Join(c.work, "bin-"+d.Name)
	defer os.RemoveAll(bin)
	programs, err := c.programs.Rebuilt(ctx, c.root, bin, overlay, io.Discard)
	if err != nil {
		return s, err
	}
	only := c.config.only
	if len(only) == 0 {
		only = provoking(d, c.config.spared())
	}
	results := c.play(ctx, c.config.seeds, only, programs, func(r result) bool { return shows(r, d) >= 0 })
	s.rounds = len(results)
	if ctx.Err() != nil {
		return s, errInterrupted
	}
	if i := slices.IndexFunc(results, func(r result) bool { return shows(r, d) >= 0 }); i >= 0 {
		s.by = &results[i]
		return s, nil
	}
	return s, fmt.Errorf("%s: %w in %d rounds", d.Name, errNotFound, len(results))
}

// shows is the first violation of a round that the defect explains, -1 if there is none.
func shows(r result, d defects.Defect) int {
	return slices.IndexFunc(r.violations, func(v check.Violation) bool { return slices.Contains(d.Promises, v.Promise) })
}

// provoking are the faults that bring a defect out, as far as they are possible.
func provoking(d defects.Defect, spared []string) (only faults.Selection) {
	for _, p := range d.Provoke {
		if (faults.Selection{p}).Check(spared...) == nil {
			only = append(only, p)
		}
	}
	return only
}

// findAll looks for defects, one after the other, and shows which were found by what.
func (c *campaign) findAll(ctx context.Context) error {
	var searches []search
	var errs []error
	for _, d := range c.config.defects {
		s, err := c.find(ctx, d)
		if errors.Is(err, errInterrupted) {
			errs = append(errs, err)
			break
		}
		s.err = err
		searches, errs = append(searches, s), append(errs, err)
	}
	text := searched(searches)
	fmt.Fprint(c.out, "\n"+text)
	if c.config.report != "" {
		errs = append(errs, os.WriteFile(c.config.report, []byte(searchedMarkdown(searches)), 0o644))
	}
	return errors.Join(errs...)
}

// outcome says what found a defect.
func (s search) outcome() (found, by string) {
	switch {
	case s.by != nil:
		v := s.by.violations[shows(*s.by, s.defect)]
		return fmt.Sprintf("in round %d, seed %d", s.rounds, s.by.seed), v.Promise + ": " + v.What
	case s.err != nil && !errors.Is(s.err, errNotFound):
		return "not looked for", s.err.Error()
	}
	return "NOT FOUND", fmt.Sprintf("%d rounds", s.rounds)
}

func searched(all []search) string {
	var b strings.Builder
	rows := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, s := range all {
		found, by := s.outcome()
		fmt.Fprintf(rows, "%s\t%s\t%s\n", s.defect.Name, found, by)
	}
	_ = rows.Flush() // a strings.Builder takes everything
	return b.String()
}

func searchedMarkdown(all []search) string {
	var b strings.Builder
	b.WriteString("| defect | | found | by |\n|---|---|---|---|\n")
	for _, s := range all {
		found, by := s.outcome()
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", s.defect.Name, s.defect.Why, found, strings.ReplaceAll(by, "|", "\\|"))
	}
	return b.String()
}

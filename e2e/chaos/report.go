package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"ticketing.dev/e2e/chaos/check"
	"ticketing.dev/e2e/chaos/faults"
	"ticketing.dev/e2e/chaos/history"
)

// summary is what came of all rounds.
type summary struct {
	rounds, broken, failed int
	undecided              int
	took                   time.Duration // of all rounds, one after the other
	operations             map[history.Kind]map[history.Outcome]int
	faults                 map[string]int
	skewed                 int // replicas whose clocks were off
	quiet                  []time.Duration
	recovered              map[string][]time.Duration // by the kind of fault and what it hit
	resident               map[string][]int64         // by service, at the end
	violations             []found
}

// found is a violation of a round.
type found struct {
	seed uint64
	check.Violation
}

// measured are the faults after which it is of interest how long what they hit took to serve again.
var measured = map[string]bool{string(faults.Kill): true, string(faults.Pause): true, string(faults.Cut): true, string(faults.Wipe): true}

func summarise(results []result) summary {
	s := summary{
		operations: make(map[history.Kind]map[history.Outcome]int),
		faults:     make(map[string]int),
		recovered:  make(map[string][]time.Duration),
		resident:   make(map[string][]int64),
	}
	for _, r := range results {
		s.add(r)
	}
	return s
}

func (s *summary) add(r result) {
	s.rounds++
	s.took += r.took
	if r.err != nil {
		s.failed++
		return
	}
	if len(r.violations) > 0 {
		s.broken++
	}
	s.undecided += len(r.undecided)
	for _, v := range r.violations {
		s.violations = append(s.violations, found{r.seed, v})
	}
	for _, op := range r.history.Ops {
		if s.operations[op.Kind] == nil {
			s.operations[op.Kind] = make(map[history.Outcome]int)
		}
		s.operations[op.Kind][op.Outcome]++
	}
	for _, f := range r.history.Faults {
		s.faults[f.Kind]++
		if f.Recovered > 0 && measured[f.Kind] {
			what := f.Kind + " " + part(f.Target)
			s.recovered[what] = append(s.recovered[what], f.Recovered-f.End)
		}
	}
	s.skewed += len(r.plan.Skew)
	if r.history.Final.Quiet {
		s.quiet = append(s.quiet, r.quiet())
	}
	for _, p := range r.history.Final.Processes {
		s.resident[part(p.Name)] = append(s.resident[part(p.Name)], p.Resident)
	}
}

// part is what a target such as orders-1, or orders-1→mongo, is one of.
func part(target string) string {
	from, to, link := strings.Cut(target, "→")
	from, _, _ = strings.Cut(from, "-")
	if !link {
		return from
	}
	return from + "→" + to
}

// err says why the rounds do not show that the promises are kept.
func (s summary) err() error {
	var errs []error
	if s.broken > 0 {
		errs = append(errs, fmt.Errorf("%w in %d of %d rounds", errBroken, s.broken, s.rounds))
	}
	if s.undecided > 0 {
		errs = append(errs, fmt.Errorf("%w for %d tickets", errUndecided, s.undecided))
	}
	if s.failed > 0 {
		errs = append(errs, fmt.Errorf("%d of %d rounds %w", s.failed, s.rounds, errNotCarriedOut))
	}
	return errors.Join(errs...)
}

func (s summary) text() string {
	var b strings.Builder
	done, operations := 0, 0
	for _, n := range s.faults {
		done += n
	}
	for _, outcomes := range s.operations {
		for _, n := range outcomes {
			operations += n
		}
	}
	fmt.Fprintf(&b, "%d rounds, %d faults, %d operations, %d violations in %d rounds", s.rounds, done, operations, len(s.violations), s.broken)
	if s.failed > 0 {
		fmt.Fprintf(&b, "; %d rounds could not be carried out", s.failed)
	}
	if s.undecided > 0 {
		fmt.Fprintf(&b, "; %d tickets undecided", s.undecided)
	}
	return b.String() + "\n"
}

// markdown is the report for docs/reliability.md.
func (s summary) markdown() string {
	var b strings.Builder
	b.WriteString(s.text() + "\n")

	b.WriteString("| operation | ok | refused | unknown |\n|---|---:|---:|---:|\n")
	for _, kind := range slices.Sorted(maps.Keys(s.operations)) {
		o := s.operations[kind]
		fmt.Fprintf(&b, "| %s | %d | %d | %d |\n", kind, o[history.OK], o[history.Refused], o[history.Unknown])
	}

	b.WriteString("\n| fault | times |\n|---|---:|\n")
	for _, kind := range slices.Sorted(maps.Keys(s.faults)) {
		fmt.Fprintf(&b, "| %s | %d |\n", kind, s.faults[kind])
	}
	fmt.Fprintf(&b, "| clock off, by up to 1.5 s | %d |\n", s.skewed)

	b.WriteString("\n| after | until | times | p50 | max |\n|---|---|---:|---:|---:|\n")
	fmt.Fprintf(&b, "| healing | all is quiet | %d | %s | %s |\n", len(s.quiet), median(s.quiet), seconds(longest(s.quiet)))
	for _, what := range slices.Sorted(maps.Keys(s.recovered)) {
		all := s.recovered[what]
		fmt.Fprintf(&b, "| %s, undone | it serves | %d | %s | %s |\n", what, len(all), median(all), seconds(longest(all)))
	}

	b.WriteString("\n| resident memory at the end | p50 | max |\n|---|---:|---:|\n")
	for _, service := range slices.Sorted(maps.Keys(s.resident)) {
		all := slices.Sorted(slices.Values(s.resident[service]))
		fmt.Fprintf(&b, "| %s | %.1f MB | %.1f MB |\n", service, float64(all[len(all)/2])/1e6, float64(all[len(all)-1])/1e6)
	}

	if len(s.violations) > 0 {
		b.WriteString("\n| seed | promise | violation |\n|---:|---|---|\n")
		for _, v := range s.violations {
			fmt.Fprintf(&b, "| %d | %s | %s |\n", v.seed, v.Promise, strings.ReplaceAll(strings.ReplaceAll(v.What, "|", "\\|"), "\n", " "))
		}
	}
	return b.String()
}

func median(all []time.Duration) string {
	if len(all) == 0 {
		return "–"
	}
	return seconds(slices.Sorted(slices.Values(all))[len(all)/2])
}

func longest(all []time.Duration) (most time.Duration) {
	for _, d := range all {
		most = max(most, d)
	}
	return most
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }

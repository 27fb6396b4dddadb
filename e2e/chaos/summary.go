package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"ticketing.dev/e2e/chaos/check"
	"ticketing.dev/e2e/chaos/faults"
	"ticketing.dev/e2e/chaos/history"
)

// summary is the outcome of all rounds. The report is its JSON.
type summary struct {
	Rounds     int                       `json:"rounds"`
	Operations map[string]map[string]int `json:"operations"` // by kind and outcome
	Faults     map[string]int            `json:"faults"`     // by kind
	Skewed     int                       `json:"skewed"`     // replicas whose clock was off
	Quiet      *times                    `json:"quiet"`      // from healing until nothing was under way
	Recovery   map[string]*times         `json:"recovery"`   // by fault and target: from its end until the target served
	Resident   map[string]*times         `json:"residentMB"` // memory of each service at the end
	Violations []violation               `json:"violations,omitempty"`
	Undecided  []string                  `json:"undecided,omitempty"`
	Errors     []string                  `json:"errors,omitempty"` // of rounds that couldn't be carried out
	Defects    []search                  `json:"defects,omitempty"`
}

type violation struct {
	Seed    uint64 `json:"seed"`
	Promise string `json:"promise"`
	What    string `json:"what"`
}

// search is the outcome of looking for a defect.
type search struct {
	Name   string `json:"name"`
	Why    string `json:"why"`
	Rounds int    `json:"rounds"`
	Seed   uint64 `json:"seed,omitempty"`
	Found  string `json:"found,omitempty"` // the violation
	Error  string `json:"error,omitempty"`
}

// times collects measurements. In JSON they're the number, median and maximum.
type times []float64

func (t *times) add(value float64) { *t = append(*t, value) }

func (t *times) MarshalJSON() ([]byte, error) {
	all := slices.Sorted(slices.Values(*t))
	if len(all) == 0 {
		return []byte("null"), nil
	}
	return fmt.Appendf(nil, `{"count": %d, "p50": %.2f, "max": %.2f}`, len(all), all[len(all)/2], all[len(all)-1]), nil
}

func newSummary() *summary {
	return &summary{
		Operations: make(map[string]map[string]int), Faults: make(map[string]int), Quiet: new(times),
		Recovery: make(map[string]*times), Resident: make(map[string]*times),
	}
}

func (s *summary) add(r result) {
	s.Rounds++
	if r.err != nil {
		s.Errors = append(s.Errors, fmt.Sprintf("seed %d: %v", r.seed, r.err))
		return
	}
	for _, v := range r.violations {
		s.Violations = append(s.Violations, violation{r.seed, v.Promise, v.What})
	}
	s.Undecided = append(s.Undecided, r.undecided...)
	for _, op := range r.history.Ops {
		if s.Operations[string(op.Kind)] == nil {
			s.Operations[string(op.Kind)] = make(map[string]int)
		}
		s.Operations[string(op.Kind)][string(op.Outcome)]++
	}
	undone := []string{string(faults.Kill), string(faults.Pause), string(faults.Cut), string(faults.Wipe), string(faults.Outage)}
	for _, f := range r.history.Faults {
		s.Faults[f.Kind]++
		if f.Recovered > 0 && slices.Contains(undone, f.Kind) {
			of(s.Recovery, f.Kind+" "+part(f.Target)).add((f.Recovered - f.End).Seconds())
		}
	}
	s.Skewed += len(r.plan.Skew)
	if r.history.Final.Quiet {
		s.Quiet.add((r.history.Final.At - r.history.Healed).Seconds())
	}
	for _, p := range r.history.Final.Processes {
		of(s.Resident, part(p.Name)).add(float64(p.Resident) / 1e6)
	}
}

func of(m map[string]*times, key string) *times {
	if m[key] == nil {
		m[key] = new(times)
	}
	return m[key]
}

// part is the service or link of a replica: orders for orders-1, orders→mongo for orders-1→mongo.
func part(target string) string {
	from, to, link := strings.Cut(target, "→")
	from, _, _ = strings.Cut(from, "-")
	if link {
		return from + "→" + to
	}
	return from
}

// err says why the rounds don't show that all promises hold, or which defects weren't found.
func (s *summary) err() error {
	var errs []error
	if len(s.Violations) > 0 {
		errs = append(errs, errors.New("promises were broken"))
	}
	if len(s.Undecided) > 0 {
		errs = append(errs, fmt.Errorf("P1 is undecided for tickets %v", s.Undecided))
	}
	if len(s.Errors) > 0 {
		errs = append(errs, fmt.Errorf("%d rounds couldn't be carried out", len(s.Errors)))
	}
	for _, d := range s.Defects {
		if d.Error != "" {
			errs = append(errs, fmt.Errorf("%s: %s", d.Name, d.Error))
		}
	}
	return errors.Join(errs...)
}

func (s *summary) String() string {
	var lines []string
	if s.Rounds > 0 {
		ops, faults := 0, 0
		for _, outcomes := range s.Operations {
			for _, n := range outcomes {
				ops += n
			}
		}
		for _, n := range s.Faults {
			faults += n
		}
		lines = append(lines, fmt.Sprintf("%d rounds, %d faults, %d operations, %d violations", s.Rounds, faults, ops, len(s.Violations)))
	}
	for _, d := range s.Defects {
		lines = append(lines, fmt.Sprintf("%-24s round %d: %s%s", d.Name, d.Rounds, d.Found, d.Error))
	}
	return strings.Join(lines, "\n")
}

// String is a line about the round, and its violations with the requests that show them.
func (r result) String() string {
	if r.err != nil {
		return fmt.Sprintf("seed %d: couldn't be carried out: %v\n", r.seed, r.err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d: %d operations, %d faults, quiet: %v after %.0fs, %d violations, %d undecided; took %.0fs\n",
		r.seed, len(r.history.Ops), len(r.history.Faults), r.history.Final.Quiet, (r.history.Final.At - r.history.Healed).Seconds(),
		len(r.violations), len(r.undecided), r.took.Seconds())
	const shown = 5
	for i, v := range r.violations {
		fmt.Fprintf(&b, "\n%s: %s\n", v.Promise, v.What)
		if i < shown {
			b.WriteString(describe(r.history, v.Ops))
		}
	}
	return b.String()
}

// describe lists requests and the faults around them, in the order they began. What was read at the end says
// nothing about how it came about, so the changes of the same ticket or order are listed with it.
func describe(h history.History, ops []history.Op) string {
	if !slices.ContainsFunc(ops, func(op history.Op) bool { return op.Kind != check.Final }) {
		ops = append(changes(h, ops), ops...)
	}
	if len(ops) == 0 {
		return ""
	}
	last := slices.MaxFunc(ops, func(a, b history.Op) int { return int(a.Return - b.Return) }).Return
	faults := slices.DeleteFunc(slices.Clone(h.Faults), func(f history.Fault) bool {
		return max(f.End, f.Recovered) < ops[0].Call-time.Second || f.Begin > last
	})
	var b strings.Builder
	for _, op := range ops {
		for len(faults) > 0 && faults[0].Begin <= op.Call {
			fmt.Fprintln(&b, faults[0])
			faults = faults[1:]
		}
		fmt.Fprintln(&b, op)
	}
	for _, f := range faults {
		fmt.Fprintln(&b, f)
	}
	return b.String()
}

// changes are the requests that may have changed the same tickets or orders.
func changes(h history.History, ops []history.Op) (found []history.Op) {
	for _, op := range h.Ops {
		same := func(final history.Op) bool {
			return op.Ticket != "" && op.Ticket == final.Ticket || op.Order != "" && op.Order == final.Order
		}
		if op.Changes() && op.Outcome != history.Refused && slices.ContainsFunc(ops, same) {
			found = append(found, op)
		}
	}
	return found
}

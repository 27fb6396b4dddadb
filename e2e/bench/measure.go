package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"time"

	"ticketing.dev/local/system"
)

// measuring says how long and how often to measure.
type measuring struct {
	warm, each time.Duration
	rounds     int
	listed     []int
}

// report is what make bench writes as JSON. Times are in microseconds, memory in bytes.
type report struct {
	At        time.Time        `json:"at"`
	Machine   machine          `json:"machine"`
	Limits    map[string]int64 `json:"limits"` // processor time per request
	Scenarios []outcome        `json:"scenarios"`
	AtRest    map[string]int64 `json:"memoryAtRest"`
	Loaded    map[string]int64 `json:"memoryAfterLoad"`
}

type machine struct {
	Cores int    `json:"cores"`
	Go    string `json:"go"`
	OS    string `json:"os"`
	Load  string `json:"load,omitempty"` // the load average when it began
}

// outcome is a scenario's result.
type outcome struct {
	Name      string           `json:"name"`
	Clients   int              `json:"clients"`
	Requests  int              `json:"requests"`
	PerSecond float64          `json:"perSecond"`
	P50       int64            `json:"p50"`
	P99       int64            `json:"p99"`
	P999      int64            `json:"p99.9"`
	Processor map[string]int64 `json:"processor"` // by process, per request
	Services  int64            `json:"services"`  // what the services that do the work took of it
	Limit     int64            `json:"limit"`
	Ratio     float64          `json:"ratio"`
	// Elsewhere is what the best-known implementation took, scaled by the empty handler of this run.
	Elsewhere int64 `json:"elsewhere,omitempty"`

	rounds   []sample
	services []string
}

// emptyThere is what the empty handler took on the machine of the best-known implementation's figures.
const emptyThere = 13 * time.Microsecond

// measure runs all limits and scenarios on a new site.
func measure(ctx context.Context, o measuring, progress io.Writer) (r report, err error) {
	r = report{At: time.Now(), Machine: thisMachine()}
	return r, withSite(ctx, progress, func(s *site) (err error) {
		if err := s.quiet(ctx); err != nil {
			return err
		}
		r.AtRest = memory(s.Run)
		st, err := newStage(ctx, s)
		if err != nil {
			return err
		}
		limits, err := startLimits(s)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, limits.close()) }()
		if err := r.run(ctx, o, st, limits, progress); err != nil {
			return err
		}
		r.Loaded = memory(s.Run)
		return nil
	})
}

// run measures scenarios and limits in turns, so that what else the machine does hits both.
func (r *report) run(ctx context.Context, o measuring, st *stage, limits *limitProcess, progress io.Writer) error {
	scenarios := st.scenarios()
	for _, n := range slices.Sorted(slices.Values(o.listed)) {
		scenarios = append(scenarios, st.listing(n))
	}
	measured, sums := make([][]sample, len(scenarios)), make(map[string]*sample)
	for round := range o.rounds {
		for _, l := range allLimits {
			fmt.Fprintf(progress, "round %d of %d: limit: %s\n", round+1, o.rounds, l.Name)
			s, err := limits.measure(ctx, l, st.ticket, o)
			if err != nil {
				return fmt.Errorf("%s: %w", l.Name, err)
			}
			if sums[l.Name] == nil {
				sums[l.Name] = new(sample)
			}
			sums[l.Name].add(s)
		}
		for i, sc := range scenarios {
			fmt.Fprintf(progress, "round %d of %d: %s\n", round+1, o.rounds, sc.name)
			s, err := st.measure(ctx, sc, o)
			if err != nil {
				return fmt.Errorf("%s: %w", sc.name, err)
			}
			fmt.Fprintf(progress, "  %.0f/s, p99 %v\n", s.perSecond(), s.percentile(0.99).Round(10*time.Microsecond))
			measured[i] = append(measured[i], s)
		}
	}
	b := make(bare)
	r.Limits = make(map[string]int64)
	for name, s := range sums {
		b[name] = s.each("limit")
		r.Limits[name] = b[name].Microseconds()
	}
	for i, sc := range scenarios {
		r.Scenarios = append(r.Scenarios, sc.outcome(measured[i], b))
	}
	return nil
}

func (st *stage) measure(ctx context.Context, sc scenario, o measuring) (sample, error) {
	if sc.prepare != nil {
		if err := sc.prepare(ctx); err != nil {
			return sample{}, err
		}
	}
	if err := st.quiet(ctx); err != nil {
		return sample{}, err
	}
	d := driver{clients: sc.clients, warm: o.warm, each: o.each, settle: st.quiet, processor: func() usage { return processor(st.Run) }}
	return d.run(ctx, sc.request)
}

func (sc scenario) outcome(rounds []sample, b bare) outcome {
	var all sample
	for _, s := range rounds {
		all.add(s)
	}
	o := outcome{
		Name: sc.name, Clients: sc.clients, Requests: len(all.took), PerSecond: all.perSecond(), Processor: make(map[string]int64),
		P50: all.percentile(0.5).Microseconds(), P99: all.percentile(0.99).Microseconds(), P999: all.percentile(0.999).Microseconds(),
		Services: all.each(sc.services...).Microseconds(), Limit: b.cost(sc.limits...).Microseconds(), rounds: rounds, services: sc.services,
		Elsewhere: int64(float64(sc.elsewhere.Microseconds()) * float64(b.cost()) / float64(emptyThere)),
	}
	o.Ratio = float64(all.each(sc.services...)) / float64(max(1, b.cost(sc.limits...)))
	for name := range maps.Keys(all.busy) {
		o.Processor[name] = all.each(name).Microseconds()
	}
	return o
}

func thisMachine() machine {
	return machine{Cores: runtime.NumCPU(), Go: runtime.Version(), OS: runtime.GOOS + "/" + runtime.GOARCH, Load: loadAverage()}
}

// total is the sum for all services.
func total(held map[string]int64) (sum int64) {
	for _, name := range system.Services {
		sum += held[name]
	}
	return sum
}

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

	"golang.org/x/sync/errgroup"

	"ticketing.dev/local/system"
)

// measuring says how long and how often to measure.
type measuring struct {
	warm, each time.Duration
	rounds     int
	listed     []int
	// profiles is a directory for processor profiles. Empty means none.
	profiles string
}

// report is what make bench writes as JSON. Times are in microseconds, memory in bytes.
type report struct {
	At        time.Time        `json:"at"`
	Machine   machine          `json:"machine"`
	Limits    map[string]int64 `json:"limits"` // processor time per request
	Scenarios []outcome        `json:"scenarios"`
	AtRest    map[string]int64 `json:"memoryAtRest"`
	Loaded    map[string]int64 `json:"memoryAfterLoad"`
	Idle      map[string]int64 `json:"idle"` // processor time of a second at rest
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
	// Allocations are the objects that those services allocated per request.
	Allocations int64 `json:"allocations"`
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
		if err := s.rest(ctx); err != nil {
			return err
		}
		r.AtRest, r.Idle = memory(s.Run), make(map[string]int64)
		for name, took := range s.idle {
			r.Idle[name] = took.Microseconds()
		}
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

// run measures the listing first, at ever larger sizes, since other requests list tickets, too.
func (r *report) run(ctx context.Context, o measuring, st *stage, limits *limitProcess, progress io.Writer) error {
	t := turns{measuring: o, stage: st, limits: limits, progress: progress, bare: make(map[string]*sample), done: make(map[string][]sample)}
	var all []scenario
	for _, n := range slices.Sorted(slices.Values(o.listed)) {
		all = append(all, st.listing(n))
		if err := t.take(ctx, []string{emptyHandler, pageOfTickets}, all[len(all)-1:]); err != nil {
			return err
		}
	}
	rest := st.scenarios()
	if err := t.take(ctx, slices.Sorted(maps.Keys(allLimits)), rest); err != nil {
		return err
	}
	b := make(bare)
	r.Limits = make(map[string]int64)
	for name, s := range t.bare {
		b[name] = s.each("limit")
		r.Limits[name] = b[name].Microseconds()
	}
	for _, sc := range append(rest, all...) {
		r.Scenarios = append(r.Scenarios, sc.outcome(t.done[sc.name], b))
	}
	return nil
}

// turns measures limits and scenarios in turns, so that what else the machine does hits both.
type turns struct {
	measuring
	stage    *stage
	limits   *limitProcess
	progress io.Writer
	bare     map[string]*sample
	done     map[string][]sample
}

func (t turns) take(ctx context.Context, limits []string, scenarios []scenario) error {
	for round := range t.rounds {
		for _, name := range limits {
			fmt.Fprintf(t.progress, "round %d of %d: limit: %s\n", round+1, t.rounds, name)
			s, err := t.limits.measure(ctx, allLimits[name], t.stage.ticket, t.measuring)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			if t.bare[name] == nil {
				t.bare[name] = new(sample)
			}
			t.bare[name].add(s)
		}
		for _, sc := range scenarios {
			fmt.Fprintf(t.progress, "round %d of %d: %s\n", round+1, t.rounds, sc.name)
			s, err := t.stage.measure(ctx, sc, t.measuring)
			if err != nil {
				return fmt.Errorf("%s: %w", sc.name, err)
			}
			fmt.Fprintf(t.progress, "  %.0f/s, p99 %v\n", s.perSecond(), s.percentile(0.99).Round(10*time.Microsecond))
			t.done[sc.name] = append(t.done[sc.name], s)
		}
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
	if o.profiles != "" {
		if err := st.profile(ctx, sc, o); err != nil {
			return sample{}, err
		}
	}
	d := driver{clients: sc.clients, warm: o.warm, each: o.each, settle: st.quiet, idle: st.idle, processor: func() usage { return processor(st.Run) }, count: st.allocations}
	return d.run(ctx, sc.request)
}

// profile runs a scenario for profiles alone: taking them slows a service down.
func (st *stage) profile(ctx context.Context, sc scenario, o measuring) error {
	var both errgroup.Group
	both.Go(func() error { return st.save(ctx, o.profiles, sc.name, sc.services, o.each) })
	both.Go(func() error {
		d := driver{clients: sc.clients, each: o.each, settle: st.quiet, processor: func() usage { return processor(st.Run) }}
		_, err := d.run(ctx, sc.request)
		return err
	})
	return both.Wait()
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
	o.Allocations = all.allocations(sc.services...)
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

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
)

// tell prints the summary.
func (r report) tell(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "scenario\tclients\trequests/s\tp50 ms\tp99 ms\tp99.9 ms\tservices µs\tlimit µs\tratio\telsewhere µs\t")
	for _, o := range r.Scenarios {
		elsewhere := "-"
		if o.Elsewhere > 0 {
			elsewhere = fmt.Sprint(o.Elsewhere)
		}
		fmt.Fprintf(t, "%s\t%d\t%.0f\t%s\t%s\t%s\t%d\t%d\t%.2f\t%s\t\n", o.Name, o.Clients, o.PerSecond,
			ms(o.P50), ms(o.P99), ms(o.P999), o.Services, o.Limit, o.Ratio, elsewhere)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w, "\nProcessor time per request by process, in µs:")
	for _, o := range r.Scenarios {
		fmt.Fprintf(w, "  %s: %s\n", o.Name, list(o.Processor, 1))
	}
	fmt.Fprintf(w, "\nLimits, processor time per request in µs:\n  %s\n", list(r.Limits, 1))
	fmt.Fprintf(w, "\nMemory of the services at rest %d MiB (%s), after the load %d MiB (%s)\n",
		total(r.AtRest)>>20, list(r.AtRest, 1<<20), total(r.Loaded)>>20, list(r.Loaded, 1<<20))
	return nil
}

func ms(microseconds int64) string { return fmt.Sprintf("%.2f", float64(microseconds)/1000) }

// list names what a map has, in order, divided by a unit. Zeros are left out.
func list(m map[string]int64, unit int64) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if m[name] >= unit {
			parts = append(parts, fmt.Sprintf("%s %d", name, m[name]/unit))
		}
	}
	return strings.Join(parts, ", ")
}

// write writes name.json, and name.txt in the format of Go's benchmarks, which benchstat compares.
func (r report) write(name string) error {
	text, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	if err := os.WriteFile(name+".json", append(text, '\n'), 0o644); err != nil {
		return err
	}
	var lines strings.Builder
	goos, goarch, _ := strings.Cut(r.Machine.OS, "/")
	fmt.Fprintf(&lines, "goos: %s\ngoarch: %s\npkg: ticketing.dev/e2e/bench\n", goos, goarch)
	for _, o := range r.Scenarios {
		for _, s := range o.rounds {
			fmt.Fprintf(&lines, "Benchmark%s-%d %d %d ns/op %d p99-ns/op %d cpu-ns/op %.1f req/s\n", benchName(o.Name), r.Machine.Cores,
				len(s.took), s.percentile(0.5).Nanoseconds(), s.percentile(0.99).Nanoseconds(), s.each(o.services...).Nanoseconds(), s.perSecond())
		}
	}
	return os.WriteFile(name+".txt", []byte(lines.String()), 0o644)
}

// benchName is a scenario's name as the name of a benchmark, which has no spaces.
func benchName(name string) string {
	return strings.NewReplacer("GET /api/", "Get/", "POST /api/", "Post/", "/{id}", "/one", ", ", "/", " ", "_").Replace(name)
}

// loadAverage is how busy the machine is, as Linux tells it.
func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	fields := strings.Fields(string(text))
	return strings.Join(fields[:min(3, len(fields))], " ")
}

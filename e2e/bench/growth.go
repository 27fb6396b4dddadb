package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// growth measures what requests cost in a system that grows.
type growth struct {
	factors    []int
	base       population
	warm, each time.Duration
	progress   io.Writer
}

// grown is the result. Times are in microseconds of processor time.
type grown struct {
	At      time.Time     `json:"at"`
	Machine machine       `json:"machine"`
	Sizes   []sized       `json:"sizes"`
	Streams []streamPoint `json:"streams"`
}

// sized is what each request costs at one size.
type sized struct {
	Factor     int        `json:"factor"`
	Population population `json:"population"`
	Costs      []cost     `json:"costs"`
}

// cost is what a request takes of the services and of the database, and its latency with one size.
type cost struct {
	Name     string `json:"name"`
	Services int64  `json:"services"`
	Database int64  `json:"database"`
	P50      int64  `json:"p50"`
	P99      int64  `json:"p99"`
}

func runGrowth(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("bench growth", flag.ContinueOnError)
	flags.SetOutput(stderr)
	g := growth{factors: []int{1, 10, 100}, base: population{Tickets: 100, Orders: 100, Users: 100, Streams: 10}, progress: stderr}
	flags.Func("times", "`factors` of the size, separated by commas (default 1,10,100)", func(text string) (err error) {
		g.factors, err = numbers(text)
		slices.Sort(g.factors)
		return err
	})
	flags.DurationVar(&g.each, "for", 2*time.Second, "`duration` of each measurement")
	flags.DurationVar(&g.warm, "warm", time.Second/2, "`duration` of the warm-up before it")
	out := flags.String("out", filepath.Join(".bench", "growth"), "`directory` for the result and the plots")
	if err := flags.Parse(args); err != nil {
		return err
	}
	r := grown{At: time.Now(), Machine: thisMachine()}
	if err := withSite(ctx, stderr, func(s *site) error { return g.run(ctx, s, &r) }); err != nil {
		return err
	}
	r.tell(stdout)
	return r.write(*out)
}

// run lets a site grow, and measures it at each size. The streams come last, since they stay open.
func (g growth) run(ctx context.Context, s *site, r *grown) error {
	st, err := newStage(ctx, s)
	if err != nil {
		return err
	}
	f, err := newFiller(ctx, st)
	if err != nil {
		return err
	}
	for _, factor := range g.factors {
		want := g.base.times(factor)
		fmt.Fprintf(g.progress, "%d times: %v\n", factor, want)
		if err := f.fill(ctx, want); err != nil {
			return err
		}
		z := sized{Factor: factor, Population: want}
		for _, sc := range g.scenarios(st, want) {
			fmt.Fprintf(g.progress, "  %s\n", sc.name)
			measured, err := st.measure(ctx, sc, measuring{warm: g.warm, each: g.each})
			if err != nil {
				return fmt.Errorf("%d times: %s: %w", factor, sc.name, err)
			}
			z.Costs = append(z.Costs, sc.cost(measured))
		}
		r.Sizes = append(r.Sizes, z)
	}
	r.Streams, err = g.streams(ctx, st)
	return err
}

// scenarios are those of the table, in the order in which one makes what the next needs, and one's own orders.
func (g growth) scenarios(st *stage, size population) []scenario {
	listing := st.listing(size.Tickets)
	listing.name, listing.prepare = "GET /api/tickets", nil
	mine := scenario{name: "GET /api/orders", clients: 8, services: []string{"orders"}, request: func(ctx context.Context, c *client) (bool, error) {
		_, err := c.want(ctx, http.StatusOK, http.MethodGet, st.url("orders", "/api/orders"), st.as(c).cookie, "")
		return true, err
	}}
	return append(st.scenarios()[1:], listing, mine)
}

func (sc scenario) cost(s sample) cost {
	return cost{
		Name: sc.name, Services: s.each(sc.services...).Microseconds(), Database: s.each("mongo").Microseconds(),
		P50: s.percentile(0.5).Microseconds(), P99: s.percentile(0.99).Microseconds(),
	}
}

func (r grown) tell(w io.Writer) {
	for _, z := range r.Sizes {
		fmt.Fprintf(w, "%d times: %v\n", z.Factor, z.Population)
		for _, c := range z.Costs {
			fmt.Fprintf(w, "  %-26s services %6d µs, database %6d µs, p50 %s ms, p99 %s ms\n", c.Name, c.Services, c.Database, ms(c.P50), ms(c.P99))
		}
	}
	for _, p := range r.Streams {
		fmt.Fprintf(w, "%d streams of %s: %d µs a second at rest, %d KiB each, reading a ticket takes %d µs\n",
			p.Streams, p.Of, p.Rest, p.Bytes>>10, p.Read)
	}
}

// write writes growth.json and a plot of each kind of cost.
func (r grown) write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	text, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	errs := []error{os.WriteFile(filepath.Join(dir, "growth.json"), append(text, '\n'), 0o644)}
	for name, p := range r.plots() {
		errs = append(errs, os.WriteFile(filepath.Join(dir, name+".svg"), []byte(p.svg()), 0o644))
	}
	return errors.Join(errs...)
}

// plots leaves signing in out of the first two: its cost is argon2id's, a hundred times the others'.
func (r grown) plots() map[string]plot {
	services := plot{title: "Processor time of the services per request", unit: "µs"}
	database := plot{title: "Processor time of the database per request", unit: "µs"}
	for _, z := range r.Sizes {
		for _, c := range z.Costs {
			if c.Name == "POST /api/users/signin" {
				continue
			}
			services.add(c.Name, z.Factor, float64(c.Services))
			database.add(c.Name, z.Factor, float64(c.Database))
		}
	}
	streams := plot{title: "Processor time of tickets at rest, with open streams", unit: "ms a second"}
	for _, p := range r.Streams {
		streams.add(fmt.Sprintf("streams of %s", p.Of), p.Streams, float64(p.Rest)/1000)
	}
	return map[string]plot{"growth-services": services, "growth-database": database, "growth-streams": streams}
}

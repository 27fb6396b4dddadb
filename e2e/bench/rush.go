package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/bson"

	"ticketing.dev/e2e/chaos/check"
	"ticketing.dev/e2e/chaos/history"
)

// rush is a crowd of buyers who want the same tickets at the same moment.
type rush struct {
	buyers, tickets, connections int
	progress                     io.Writer
}

// rushed is the result. Times are in microseconds.
type rushed struct {
	At        time.Time `json:"at"`
	Machine   machine   `json:"machine"`
	Buyers    int       `json:"buyers"`
	Tickets   int       `json:"tickets"`
	Orders    int64     `json:"orders"`  // in the orders service's database at the end
	SoldOut   int64     `json:"soldOut"` // from the start to the last reservation
	PerSecond float64   `json:"reservationsPerSecond"`
	// Requests is how many requests were answered until then: a buyer whose ticket is gone asks for another.
	Requests int       `json:"requestsUntilSoldOut"`
	Decided  int64     `json:"decided"` // from the start until every buyer knew
	Winners  latencies `json:"winners"`
	Losers   latencies `json:"losers"`
	Listing  latencies `json:"listing"`
	// Unanswered are requests that were answered with 503 or not at all, and sent again.
	Unanswered int              `json:"unanswered"`
	Processor  map[string]int64 `json:"processor"` // by process, in all
	Violations []string         `json:"violations"`
	Judged     int              `json:"judged"` // requests in the history
}

// latencies are percentiles of requests, in microseconds.
type latencies struct {
	Requests int   `json:"requests"`
	P50      int64 `json:"p50"`
	P99      int64 `json:"p99"`
	P999     int64 `json:"p99.9"`
	Max      int64 `json:"max"`
}

func (s sample) latencies() latencies {
	return latencies{len(s.took), s.percentile(0.5).Microseconds(), s.percentile(0.99).Microseconds(), s.percentile(0.999).Microseconds(), s.percentile(1).Microseconds()}
}

func runRush(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("bench rush", flag.ContinueOnError)
	flags.SetOutput(stderr)
	c := rush{progress: stderr}
	flags.IntVar(&c.buyers, "buyers", 10_000, "`number` of buyers")
	flags.IntVar(&c.tickets, "tickets", 500, "`number` of tickets")
	flags.IntVar(&c.connections, "connections", 256, "`number` of requests under way at once")
	out := flags.String("out", "", "`file` for the result as JSON")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if c.tickets < 1 || c.buyers < 1 || c.connections < 1 {
		return errors.New("a rush needs buyers, tickets, and connections")
	}
	var r rushed
	err := withSite(ctx, stderr, func(s *site) (err error) {
		r, err = c.run(ctx, s)
		return err
	})
	if err != nil {
		return err
	}
	r.tell(stdout)
	if *out != "" {
		text, err := json.MarshalIndent(r, "", "\t")
		if err := errors.Join(err, os.WriteFile(*out, append(text, '\n'), 0o644)); err != nil {
			return err
		}
	}
	return r.err()
}

// run puts the tickets on sale, lets the crowd in, lets the winners pay, and judges what happened.
func (c rush) run(ctx context.Context, s *site) (r rushed, err error) {
	r = rushed{At: time.Now(), Machine: thisMachine(), Buyers: c.buyers, Tickets: c.tickets, Processor: make(map[string]int64)}
	crowd, err := newCrowd(s, c.buyers, c.connections)
	if err != nil {
		return r, err
	}
	defer crowd.transport.CloseIdleConnections()
	fmt.Fprintf(c.progress, "putting %d tickets on sale\n", c.tickets)
	if err := crowd.sell(ctx, c.tickets); err != nil {
		return r, err
	}
	fmt.Fprintf(c.progress, "%d buyers come\n", c.buyers)
	before := processor(s.Run)
	if err := crowd.rush(ctx); err != nil {
		return r, err
	}
	if err := s.quiet(ctx); err != nil {
		return r, err
	}
	for name, took := range processor(s.Run).since(before) {
		r.Processor[name] = took.Microseconds()
	}
	crowd.report(&r)
	fmt.Fprintf(c.progress, "%d winners pay\n", len(crowd.won))
	if err := crowd.pay(ctx); err != nil {
		return r, err
	}
	final, err := crowd.final(ctx)
	if err != nil {
		return r, err
	}
	if r.Orders, err = s.collection("orders", "orders").CountDocuments(ctx, bson.M{}); err != nil {
		return r, err
	}
	fmt.Fprintln(c.progress, "judging the history")
	r.judge(crowd, final)
	return r, nil
}

// judge lets the campaign's checker judge the history.
func (r *rushed) judge(c *crowd, final history.Final) {
	h := history.History{Ops: c.record.Ops(), Began: c.record.Began(), OrderTTL: c.site.OrderTTL.Duration, Final: final}
	verdict := check.Judge(h)
	for _, v := range verdict.Violations {
		r.Violations = append(r.Violations, v.Promise+": "+v.What)
	}
	for _, ticket := range verdict.Undecided {
		r.Violations = append(r.Violations, "undecided: ticket "+ticket)
	}
	slices.Sort(r.Violations)
	r.Judged = len(h.Ops)
}

// err says what went wrong: each ticket has exactly one order, and no promise is broken.
func (r rushed) err() error {
	var errs []error
	if want := int64(min(r.Tickets, r.Buyers)); r.Orders != want {
		errs = append(errs, fmt.Errorf("there are %d orders, not %d", r.Orders, want))
	}
	for _, v := range r.Violations {
		errs = append(errs, errors.New(v))
	}
	return errors.Join(errs...)
}

func (r rushed) tell(w io.Writer) {
	fmt.Fprintf(w, "%d buyers, %d tickets, %d orders\n", r.Buyers, r.Tickets, r.Orders)
	fmt.Fprintf(w, "sold out after %s ms: %.0f reservations and %.0f requests a second. Every buyer knew after %s ms\n",
		ms(r.SoldOut), r.PerSecond, float64(r.Requests)/(float64(r.SoldOut)/1e6), ms(r.Decided))
	for _, l := range []struct {
		name string
		latencies
	}{{"winners", r.Winners}, {"losers", r.Losers}, {"listing", r.Listing}} {
		fmt.Fprintf(w, "%-8s %6d requests, p50 %s ms, p99 %s ms, p99.9 %s ms, max %s ms\n", l.name, l.Requests, ms(l.P50), ms(l.P99), ms(l.P999), ms(l.Max))
	}
	fmt.Fprintf(w, "sent again: %d\nprocessor time in ms: %s\n", r.Unanswered, list(r.Processor, 1000))
	fmt.Fprintf(w, "the checker judged %d requests and found %d violations\n", r.Judged, len(r.Violations))
}

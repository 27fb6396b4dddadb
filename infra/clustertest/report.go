package main

import (
	"fmt"
	"io"
	"time"
)

// report prints progress and a summary.
type report struct {
	out     io.Writer
	begun   time.Time
	steps   []string
	figures []string
}

func (r *report) begin(step string) { fmt.Fprintf(r.out, "\n%s\n", step) }

func (r *report) say(format string, args ...any) {
	fmt.Fprintf(r.out, "%7.1fs  %s\n", time.Since(r.begun).Seconds(), fmt.Sprintf(format, args...))
}

func (r *report) done(step string, took time.Duration) {
	r.steps = append(r.steps, fmt.Sprintf("%-50s %s", step, took.Round(100*time.Millisecond)))
}

// figure records a measurement.
func (r *report) figure(format string, args ...any) {
	r.say(format, args...)
	r.figures = append(r.figures, fmt.Sprintf(format, args...))
}

// notProven lists what a run doesn't show.
var notProven = []string{
	"minikube and its addons, where the cluster is another one",
	"ingress-nginx, where the controller of the class nginx is another one",
	"that network policies are enforced, where the network plugin ignores them",
	"MongoDB, where its stand-in takes its place",
	"more than one node: spreading, drained nodes, volumes that move",
	"the volumes of a cloud: fsGroup, sizes, expansion",
	"Stripe, for which the sandbox stands",
	"certificates of cert-manager, and the overlay for operation with its own MongoDB",
}

func (r *report) print(err error) {
	fmt.Fprintf(r.out, "\nSummary, after %s\n", time.Since(r.begun).Round(time.Second))
	for _, s := range r.steps {
		fmt.Fprintln(r.out, "  passed ", s)
	}
	if err != nil {
		fmt.Fprintln(r.out, "  FAILED ", err)
	}
	fmt.Fprintln(r.out, "Figures")
	for _, f := range r.figures {
		fmt.Fprintln(r.out, "  "+f)
	}
	fmt.Fprintln(r.out, "Not proven by this run")
	for _, n := range notProven {
		fmt.Fprintln(r.out, "  "+n)
	}
}

package main

import (
	"fmt"
	"io"
	"time"
)

// report explores everything, prints what it finds, and says whether all is as it should be.
func report(w io.Writer) bool {
	built := reportParts(w)
	needed := reportRules(w)
	spared := reportSpares(w)
	return built && needed && spared
}

func reportParts(w io.Writer) (ok bool) {
	ok = true
	fmt.Fprintln(w, "as built")
	for _, p := range parts {
		begun := time.Now()
		f := p.built.explore()
		fmt.Fprintf(w, "  %-8s %9d states %5.1f s  %s\n", p.name, f.states, time.Since(begun).Seconds(), verdict(f))
		printTrace(w, f)
		ok = ok && f.broken == ""
	}
	return ok
}

func reportRules(w io.Writer) (ok bool) {
	ok = true
	fmt.Fprintf(w, "\nwithout one rule\n  %-17s  %-60s  %-65s  %s\n", "", "the rule", "what breaks", "steps")
	for _, r := range rules {
		f := r.without.explore()
		fmt.Fprintf(w, "  %-17s  %-60s  %-65s  %5d\n", r.name, r.says, verdict(f), len(f.trace))
		ok = ok && f.broken != ""
	}
	return ok
}

func reportSpares(w io.Writer) (ok bool) {
	ok = true
	fmt.Fprint(w, "\nwithout what is there to be fast or polite\n")
	for _, r := range spares {
		f := r.without.explore()
		fmt.Fprintf(w, "  %-17s  %-71s  %s\n", r.name, r.says, verdict(f))
		printTrace(w, f)
		ok = ok && f.broken == ""
	}
	return ok
}

// trace prints how something breaks without a rule.
func trace(w io.Writer, r rule) bool {
	f := r.without.explore()
	fmt.Fprintf(w, "without: %s\n\n", r.says)
	printTrace(w, f)
	fmt.Fprintf(w, "\n%s\n\nplayed by\n", verdict(f))
	for _, test := range r.tests {
		fmt.Fprintf(w, "  %s\n", test)
	}
	return f.broken != ""
}

func printTrace(w io.Writer, f finding) {
	for i, step := range f.trace {
		fmt.Fprintf(w, "  %2d  %s\n", i+1, step)
	}
}

func verdict(f finding) string {
	if f.broken == "" {
		return "holds"
	}
	return f.broken
}

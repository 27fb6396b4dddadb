package main

import (
	"fmt"
	"io"
	"time"
)

// report explores all parts and rules, prints the results, and reports whether they are as expected.
func report(w io.Writer) (ok bool) {
	ok = true
	fmt.Fprintln(w, "as built")
	for _, p := range parts {
		begun := time.Now()
		f := p.built.explore()
		fmt.Fprintf(w, "  %-8s %9d states %5.1f s  %s\n", p.name, f.states, time.Since(begun).Seconds(), verdict(f))
		printTrace(w, f)
		ok = ok && f.broken == ""
	}
	fmt.Fprintf(w, "\nwithout one rule\n  %-17s  %-70s  %-65s  %s\n", "", "the rule", "what breaks", "steps")
	for _, r := range rules {
		ok = reportRule(w, r, true) && ok
	}
	fmt.Fprintf(w, "\nwithout a rule that only improves speed or messages\n")
	for _, r := range spares {
		ok = reportRule(w, r, false) && ok
	}
	return ok
}

// reportRule prints a line, and reports whether the part breaks without the rule if it should.
func reportRule(w io.Writer, r rule, breaks bool) bool {
	f := r.without.explore()
	fmt.Fprintf(w, "  %-17s  %-70s  %-65s  %5d\n", r.name, r.says, verdict(f), len(f.trace))
	return breaks == (f.broken != "")
}

// trace prints how the protocol breaks without a rule.
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

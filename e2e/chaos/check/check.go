// Package check checks a round's history against the promises. It sees only what clients see: requests and
// responses, the state at the end, and the sandbox's ledger. It knows the promises, not the code.
package check

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"ticketing.dev/e2e/chaos/history"
)

// The promises (docs/architecture.md), and two about processes: they don't leak, and they exit only when stopped or
// killed.
const (
	P1   = "P1"
	P2   = "P2"
	P3   = "P3"
	P4   = "P4"
	P5   = "P5"
	P5b  = "P5b"
	P6   = "P6"
	P7   = "P7"
	Leak = "leak"
	Exit = "exit"
)

// Violation is a broken promise.
type Violation struct {
	Promise string
	// What describes it in a sentence.
	What string
	// Ops is a short history that shows it, in the order of Call. Objects of a list stand alone, and reads at the
	// end have the kind Final.
	Ops []history.Op
}

const Final history.Kind = "final"

type Verdict struct {
	Violations []Violation
	// Undecided are the tickets for which the search for P1 took too long.
	Undecided []string
}

// Judge finds the violations of a round.
func Judge(h history.History) Verdict {
	j := &judge{facts: collect(h)}
	j.oneHolder()
	j.nothingLost()
	j.withdrawn()
	j.sensibleSteps()
	j.money()
	j.inTime()
	j.paidInTime()
	j.access()
	j.sales()
	j.agreement()
	j.operators()
	j.processes()
	return Verdict{j.violations, j.undecided}
}

type judge struct {
	facts
	violations []Violation
	undecided  []string
}

func (j *judge) broken(promise, what string, ops ...history.Op) {
	slices.SortStableFunc(ops, func(a, b history.Op) int {
		if a.Call != b.Call {
			return cmp.Compare(a.Call, b.Call)
		}
		return cmp.Compare(a.ID, b.ID)
	})
	ops = slices.CompactFunc(ops, sameObservation)
	j.violations = append(j.violations, Violation{promise, what, ops})
}

// sameObservation reports whether two requests are the same, or show the same element of a list.
func sameObservation(a, b history.Op) bool {
	return a.ID == b.ID && a.Kind == b.Kind && a.Order == b.Order && a.Ticket == b.Ticket &&
		(a.OrderState == nil) == (b.OrderState == nil) && (a.ChargeState == nil) == (b.ChargeState == nil)
}

// mentioned reports whether a violation mentions a text.
func (j *judge) mentioned(of string) bool {
	return slices.ContainsFunc(j.violations, func(v Violation) bool { return strings.Contains(v.What, of) })
}

// drift bounds how far the campaign's wall and monotonic clocks drift apart in a round. It also covers the
// millisecond to which services round.
const drift = 100 * time.Millisecond

// skew is how far a service's time of day may be off.
func (j *judge) skew() time.Duration { return j.h.Skew + drift }

// at is a time of day as time since the round began.
func (j *judge) at(t time.Time) time.Duration { return t.Sub(j.h.Began) }

// Package check judges a round of the campaign by what is visible outside: what clients asked and were
// told, what could be read at the end, and the sandbox's ledger. It knows nothing of how the services
// are made, only what they promise.
package check

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"ticketing.dev/e2e/chaos/history"
)

// The promises (docs/architecture.md), and what is asked of processes beside them: that they hold no
// more and more, and that they end only when they are killed or asked to, and then well.
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

// Violation is a promise that was broken.
type Violation struct {
	// Promise is P1 to P7, P5b, Leak or Exit.
	Promise string
	// What is a sentence that says what was seen.
	What string
	// Ops is the shortest relevant history, in the order of Call. A state that was read in a list is shown
	// as if it had been read alone, and what was read at the end as a request of the kind "final".
	Ops []history.Op
}

// Final is the kind of what was read at the end, where it is shown among requests.
const Final history.Kind = "final"

// Verdict is what came of judging a round.
type Verdict struct {
	Violations []Violation
	// Undecided are the tickets of which it could not be found out in time whether P1 was kept.
	Undecided []string
}

// Judge finds the promises that were broken in a round.
func Judge(h history.History) Verdict {
	j := &judge{facts: collect(h)}
	j.oneHolder()
	j.nothingLost()
	j.sensibleSteps()
	j.money()
	j.inTime()
	j.paidInTime()
	j.onesOwn()
	j.sales()
	j.agreement()
	j.operators()
	j.processes()
	return Verdict{j.violations, j.undecided}
}

// judge collects violations while it goes through the facts.
type judge struct {
	facts
	violations []Violation
	undecided  []string
}

// broken notes a violation.
func (j *judge) broken(promise, what string, ops ...history.Op) {
	slices.SortStableFunc(ops, func(a, b history.Op) int {
		if a.Call != b.Call {
			return cmp.Compare(a.Call, b.Call)
		}
		return cmp.Compare(a.ID, b.ID)
	})
	ops = slices.CompactFunc(ops, sameSight)
	j.violations = append(j.violations, Violation{promise, what, ops})
}

// sameSight says whether two requests, or what was told of one thing in a list, are the same.
func sameSight(a, b history.Op) bool {
	return a.ID == b.ID && a.Kind == b.Kind && a.Order == b.Order && a.Ticket == b.Ticket &&
		(a.OrderState == nil) == (b.OrderState == nil) && (a.ChargeState == nil) == (b.ChargeState == nil)
}

// told says whether a violation speaks of something.
func (j *judge) told(of string) bool {
	return slices.ContainsFunc(j.violations, func(v Violation) bool { return strings.Contains(v.What, of) })
}

// wander is how far apart the two clocks of the campaign itself, the wall's and the monotonic one, may get in a
// round, and more than the millisecond to which the services round.
const wander = 100 * time.Millisecond

// skew is how far a time of day that a service has noted may be off, by the clock of the campaign.
func (j *judge) skew() time.Duration { return j.h.Skew + wander }

// at is a time of day as the time since the round began, by the clock of the campaign.
func (j *judge) at(t time.Time) time.Duration { return t.Sub(j.h.Began) }

package main

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"ticketing.dev/e2e/chaos/check"
	"ticketing.dev/e2e/chaos/history"
)

// line tells of a round.
func (r result) line() string {
	if r.err != nil {
		return fmt.Sprintf("seed %d: could not be carried out: %v\n", r.seed, r.err)
	}
	outcomes := make(map[history.Outcome]int)
	for _, op := range r.history.Ops {
		outcomes[op.Outcome]++
	}
	quiet := fmt.Sprintf("quiet %.0fs after healing", r.quiet().Seconds())
	if !r.history.Final.Quiet {
		quiet = fmt.Sprintf("not quiet %.0fs after healing", r.quiet().Seconds())
	}
	undecided := ""
	if len(r.undecided) > 0 {
		undecided = fmt.Sprintf(", undecided: %s", strings.Join(r.undecided, ", "))
	}
	return fmt.Sprintf("seed %d: %d operations (%d ok, %d refused, %d unknown), %d faults, %s, violations: %d%s; took %.0fs\n",
		r.seed, len(r.history.Ops), outcomes[history.OK], outcomes[history.Refused], outcomes[history.Unknown],
		len(r.history.Faults), quiet, len(r.violations), undecided, r.took.Seconds())
}

// mostTold is how many violations of a round are shown in full. Where one is looked for, the first is
// enough.
const mostTold = 5

// findings tell of what is wrong in a round, where it is kept, and how to run it again.
func (r result) findings(c config) string {
	var b strings.Builder
	most := mostTold
	if c.defect != nil {
		most = 1
	}
	for i, v := range r.violations {
		if i == most {
			fmt.Fprintf(&b, "\n… and %d more\n", len(r.violations)-most)
			break
		}
		fmt.Fprintf(&b, "\n%s is broken: %s\n", v.Promise, v.What)
		b.WriteString(table(related(v.Ops, r.history.Ops), r.history.Faults))
	}
	if r.kept != "" {
		fmt.Fprintf(&b, "\n  kept in   %s\n  again     %s\n\n", r.kept, c.again(r.seed))
	}
	return b.String()
}

// again is the command that runs one round again.
func (c config) again(seed uint64) string {
	var args []string
	if c.load != defaultLoad {
		args = append(args, "-load "+c.load.String())
	}
	if c.quiet != defaultQuiet {
		args = append(args, "-quiet "+c.quiet.String())
	}
	if len(c.only) > 0 {
		args = append(args, "-only "+strings.Join(c.only, ","))
	}
	if c.defect != nil {
		args = append(args, "-defect "+c.defect.Name)
	}
	command := fmt.Sprintf("make chaos SEED=%d", seed)
	if c.mongo != nil { // which changes the plan; there may be a password in it
		command = "MONGO_URI=… " + command
	}
	if len(args) > 0 {
		command += fmt.Sprintf(" ARGS=%q", strings.Join(args, " "))
	}
	return command
}

// around is how long before the first request of a table a fault still matters.
const around = time.Second

// writes are the requests that change something.
var writes = []history.Kind{history.List, history.Edit, history.Place, history.Cancel, history.Pay, history.Decide}

// related puts before what was read at the end, if there is nothing else, the requests by which it
// became so.
func related(ops, all []history.Op) []history.Op {
	things := make(map[string]bool)
	for _, op := range ops {
		if op.Kind != check.Final {
			return ops
		}
		things[op.Ticket], things[op.Order] = true, true
	}
	delete(things, "")
	var before []history.Op
	for _, op := range all {
		if slices.Contains(writes, op.Kind) && op.Outcome != history.Refused && (things[op.Ticket] || things[op.Order]) {
			before = append(before, op)
		}
	}
	return append(before, ops...)
}

// table shows requests, and the faults that overlapped them, in the order in which they began.
func table(ops []history.Op, faults []history.Fault) string {
	if len(ops) == 0 {
		return ""
	}
	var b strings.Builder
	rows := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(rows, "  from\tto\twho\twhat\toutcome")
	first, last := ops[0].Call, ops[0].Return
	for _, op := range ops {
		last = max(last, op.Return)
	}
	for _, op := range ops {
		for len(faults) > 0 && faults[0].Begin <= op.Call {
			writeFault(rows, faults[0], first)
			faults = faults[1:]
		}
		fmt.Fprintf(rows, "  %s\t%s\t%s\t%s\t%s\n", at(op.Call), at(op.Return), who(op.User), what(op), outcome(op))
	}
	for _, f := range faults {
		if f.Begin <= last {
			writeFault(rows, f, first)
		}
	}
	_ = rows.Flush() // a strings.Builder takes everything
	var trimmed strings.Builder
	for line := range strings.Lines(b.String()) {
		trimmed.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return trimmed.String()
}

// writeFault writes one that had not ended long before.
func writeFault(rows *tabwriter.Writer, f history.Fault, first time.Duration) {
	if max(f.End, f.Recovered) >= first-around {
		fmt.Fprintf(rows, "  %s\t%s\t\t~ %s\t\n", at(f.Begin), at(f.End), strings.TrimSpace(f.Kind+" "+f.Target+" "+f.Details))
	}
}

func at(d time.Duration) string { return fmt.Sprintf("%.3fs", d.Seconds()) }

// who is the end of an id, which is what tells users apart.
func who(user string) string {
	const shown = 6
	return user[max(0, len(user)-shown):]
}

// what says what was asked.
func what(op history.Op) string {
	words := []string{string(op.Kind)}
	for _, part := range []struct{ name, value string }{
		{"ticket", op.Ticket}, {"order", op.Order}, {"title", op.Title}, {"token", op.Token},
		{"decision", op.Decision}, {"tried", string(op.Tried)},
	} {
		if part.value != "" {
			words = append(words, part.name+" "+part.value)
		}
	}
	if op.Price != 0 {
		words = append(words, fmt.Sprintf("price %d.%02d", op.Price/100, op.Price%100))
	}
	return strings.Join(words, " ")
}

// outcome says what was answered.
func outcome(op history.Op) string {
	words := []string{string(op.Outcome)}
	if op.Status != 0 {
		words = append(words, fmt.Sprint(op.Status))
	}
	if op.Message != "" {
		words = append(words, fmt.Sprintf("%q", op.Message))
	}
	if t := op.TicketState; t != nil {
		words = append(words, fmt.Sprintf("%s v%d, %s", t.Status, t.Version, t.Price.Cents))
		if t.OrderID != "" && t.OrderID != op.Order {
			words = append(words, "for order "+t.OrderID)
		}
	}
	if o := op.OrderState; o != nil {
		words = append(words, fmt.Sprintf("%s v%d", o.Status, o.Version))
		if o.Reason != "" {
			words = append(words, "("+o.Reason+")")
		}
		if o.Ticket.ID != op.Ticket {
			words = append(words, "of ticket "+o.Ticket.ID)
		}
		words = append(words, "until "+o.ExpiresAt.UTC().Format("15:04:05.000"))
	}
	if c := op.ChargeState; c != nil {
		words = append(words, fmt.Sprintf("%s, %s, %s", c.Status, c.Amount.Cents, c.StripeID))
	}
	return strings.Join(words, " ")
}

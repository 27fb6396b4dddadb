package check

import (
	"cmp"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"

	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
)

// linearizeTimeout bounds the search for one ticket, which takes milliseconds.
const linearizeTimeout = 10 * time.Second

// span is an interval in which something happened.
type span struct{ from, to time.Duration }

// claim is when an order of a ticket was placed and, if it ended, when.
type claim struct {
	id     string
	placed span
	ended  *span
	ops    []history.Op // that show this
}

// oneHolder judges P1: the orders of each ticket can be put in a sequence in which each ends before the next
// begins, at moments that the requests allow, and every refusal as reserved had an order to refuse for.
func (j *judge) oneHolder() {
	byTicket := make(map[string][]string)
	for _, id := range sorted(j.orders) {
		ticket := j.orders[id][0].state.Ticket.ID
		byTicket[ticket] = append(byTicket[ticket], id)
	}
	for ticket := range j.places {
		if _, known := byTicket[ticket]; !known {
			byTicket[ticket] = nil
		}
	}
	for _, ticket := range sorted(byTicket) {
		j.oneHolderOf(ticket, byTicket[ticket])
	}
}

func (j *judge) oneHolderOf(ticket string, orders []string) {
	j.oneSale(ticket, orders)
	var claims []claim
	for _, id := range orders {
		c, ok := j.claimOf(id)
		if !ok {
			return // a contradiction, which another rule reports
		}
		claims = append(claims, c)
	}
	var refusals []history.Op
	for _, op := range j.places[ticket] {
		// For a ticket that orders knows, a 400 can only mean reserved or withdrawn.
		if op.Outcome == history.Refused && op.Status == http.StatusBadRequest && !saysWithdrawn(op) && !provesNothing(op, claims) {
			refusals = append(refusals, op)
		}
	}
	switch linearizable(claims, refusals) {
	case porcupine.Unknown:
		j.undecided = append(j.undecided, ticket)
	case porcupine.Illegal:
		j.reportHolders(ticket, claims, refusals)
	}
}

// provesNothing reports whether an order was certainly live at some moment of a refusal. Such refusals only slow the
// search.
func provesNothing(refusal history.Op, claims []claim) bool {
	return slices.ContainsFunc(claims, func(c claim) bool {
		from, to := c.placed.to, time.Duration(math.MaxInt64)
		if c.ended != nil {
			to = c.ended.from
		}
		return from <= to && refusal.Return >= from && refusal.Call <= to
	})
}

func (j *judge) oneSale(ticket string, orders []string) {
	var sales []observation[api.Order]
	for _, id := range orders {
		if s, found := earliest(j.orders[id], isComplete); found {
			sales = append(sales, s)
		}
	}
	if len(sales) > 1 {
		j.broken(P1, fmt.Sprintf("ticket %s was sold twice: orders %s and %s are both complete", ticket, sales[0].state.ID, sales[1].state.ID),
			sales[0].op, sales[1].op)
	}
}

// placedOf is when an order was placed, by the requests that may have placed it and the first observation. It's
// false if no request can have placed it.
func (j *judge) placedOf(id string) (c claim, ok bool) {
	first, _ := earliest(j.orders[id], always)
	c = claim{id: id, placed: span{-1, first.op.Return}, ops: []history.Op{first.op}}
	for _, op := range j.places[first.state.Ticket.ID] {
		if op.Outcome == history.OK && op.Order == id {
			c.placed.from = op.Call
			c.ops = append(c.ops, op)
			break
		}
		possible := op.Outcome == history.Unknown && op.User == first.state.UserID
		if possible && (c.placed.from < 0 || op.Call < c.placed.from) {
			c.placed.from = op.Call
			c.ops = append(c.ops, op)
		}
	}
	return c, c.placed.from >= 0
}

// claimOf is when an order began and ended. It's false if its observations contradict each other, which another
// rule reports.
func (j *judge) claimOf(id string) (claim, bool) {
	c, ok := j.placedOf(id)
	if !ok {
		return c, false
	}
	seen := j.orders[id]
	// The service reads its clock before it stores the order.
	read := j.at(seen[0].state.ExpiresAt) - j.h.OrderTTL - j.skew()
	c.placed.from = max(c.placed.from, min(read, c.placed.to))

	ended := span{c.placed.from, -1}
	if last, found := latest(seen, isLive); found {
		ended.from = max(ended.from, last.op.Call)
		c.ops = append(c.ops, last.op)
	}
	if s, found := earliest(seen, isCancelled); found {
		ended.to = s.op.Return
		c.ops = append(c.ops, s.op)
	}
	for _, op := range j.cancels[id] {
		if op.Outcome == history.OK && (ended.to < 0 || op.Return < ended.to) {
			ended.to = op.Return
			c.ops = append(c.ops, op)
		}
	}
	if ended.to >= 0 {
		ended.from = max(ended.from, j.endedAfter(id, ended))
		c.ended = &ended
	}
	return c, c.placed.from <= c.placed.to && (c.ended == nil || ended.from <= ended.to)
}

// endedAfter is a time before which a cancelled order can't have ended, by its reason.
func (j *judge) endedAfter(id string, ended span) time.Duration {
	s, found := earliest(j.orders[id], isCancelled)
	if !found {
		return 0
	}
	after := time.Duration(-1)
	var causes []history.Op
	switch s.state.Reason {
	case api.Expired:
		after = j.at(s.state.ExpiresAt) - j.skew()
	case api.ByUser:
		causes = j.cancels[id]
	case api.PaymentFailed:
		causes = j.pays[id]
	case api.TicketWithdrawn:
		causes = j.withdrawals[s.state.Ticket.ID]
	}
	for _, op := range causes {
		if after < 0 || op.Call < after {
			after = op.Call
		}
	}
	if after > ended.to {
		return 0 // it ended before that, which another rule reports
	}
	return after
}

type step struct {
	what  stepKind
	claim int // from 1
}

type stepKind int

const (
	begins stepKind = iota
	ends
	refused
)

// oneAtATime is a ticket held by at most one order. Its state is that order's number, 0 for none.
var oneAtATime = porcupine.Model{
	Init: func() any { return 0 },
	Step: func(state, input, _ any) (bool, any) {
		holder := state.(int)
		switch s := input.(step); s.what {
		case begins:
			return holder == 0, s.claim
		case ends:
			return holder == s.claim, 0
		default:
			return holder != 0, holder
		}
	},
}

// linearizable reports whether one order at a time can have held the ticket, and every refusal had a holder.
func linearizable(claims []claim, refusals []history.Op) porcupine.CheckResult {
	var ops []porcupine.Operation
	add := func(s step, when span) {
		ops = append(ops, porcupine.Operation{ClientId: len(ops), Input: s, Call: int64(when.from), Return: int64(when.to)})
	}
	for i, c := range claims {
		add(step{begins, i + 1}, c.placed)
		if c.ended != nil {
			add(step{ends, i + 1}, *c.ended)
		}
	}
	for _, op := range refusals {
		add(step{what: refused}, span{op.Call, op.Return})
	}
	return porcupine.CheckOperationsTimeout(oneAtATime, ops, linearizeTimeout)
}

// reportHolders reports the fewest requests that show that no sequence exists.
func (j *judge) reportHolders(ticket string, claims []claim, refusals []history.Op) {
	if linearizable(claims, nil) == porcupine.Illegal {
		claims = fewest(claims, func(some []claim) bool { return linearizable(some, nil) == porcupine.Illegal })
		var names []string
		var ops []history.Op
		for _, c := range claims {
			names = append(names, c.id)
			ops = append(ops, c.ops...)
		}
		j.broken(P1, fmt.Sprintf("ticket %s had two live orders at once, among %s", ticket, strings.Join(names, ", ")), ops...)
		return
	}
	// All orders stay: a refusal needs them.
	refusals = fewest(refusals, func(some []history.Op) bool { return linearizable(claims, some) == porcupine.Illegal })
	ops := slices.Clone(refusals)
	if len(refusals) > 0 {
		for _, c := range around(claims, refusals[0]) {
			ops = append(ops, c.ops...)
		}
	}
	j.broken(P1, fmt.Sprintf("ticket %s was refused as reserved when no order can have held it", ticket), ops...)
}

// fewest removes the elements that a condition doesn't need.
func fewest[T any](all []T, holds func([]T) bool) []T {
	for i := 0; i < len(all); {
		without := slices.Delete(slices.Clone(all), i, i+1)
		if holds(without) {
			all = without
		} else {
			i++
		}
	}
	return all
}

// around returns the last order placed before a refusal and the first after it.
func around(claims []claim, refusal history.Op) []claim {
	var before, after []claim
	for _, c := range claims {
		if c.placed.from <= refusal.Call {
			before = append(before, c)
		} else {
			after = append(after, c)
		}
	}
	byPlace := func(a, b claim) int { return cmp.Compare(a.placed.from, b.placed.from) }
	slices.SortFunc(before, byPlace)
	slices.SortFunc(after, byPlace)
	return append(before[max(0, len(before)-1):], after[:min(1, len(after))]...)
}

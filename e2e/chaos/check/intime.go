package check

import (
	"fmt"
	"strings"
	"time"

	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
)

// overtime is how long an order may outlive its time without a payment when a part was down.
const overtime = 15 * time.Second

// inTime judges P5: every order has ended, none before its time by itself, and none long after it.
func (j *judge) inTime() {
	for _, id := range sorted(j.h.Final.Orders) {
		if o := j.h.Final.Orders[id]; isLive(o) && !isComplete(o) {
			j.broken(P5, fmt.Sprintf("order %s has not ended: it is %s", id, o.Status), j.about(id)...)
		}
	}
	for _, id := range sorted(j.h.Final.Charges) {
		if c := j.h.Final.Charges[id]; c.Status == api.Pending {
			j.broken(P5, fmt.Sprintf("the payment of order %s is still in flight", id), j.about(id)...)
		}
	}
	for _, id := range sorted(j.orders) {
		j.notEarly(id)
		j.notLate(id)
	}
	for _, id := range sorted(j.pays) {
		for _, op := range j.pays[id] {
			j.refusedInTime(op)
		}
	}
}

// notEarly finds an order that expired before its time by every clock.
func (j *judge) notEarly(id string) {
	s, found := earliest(j.orders[id], func(o api.Order) bool { return isCancelled(o) && o.Reason == api.Expired })
	if found && s.op.Kind != Final && s.op.Return < j.at(s.state.ExpiresAt)-j.h.Skew {
		j.broken(P5, fmt.Sprintf("order %s has expired %v before its time", id, j.at(s.state.ExpiresAt)-s.op.Return), s.op)
	}
}

// notLate finds an order without a payment that was seen long after its time, and long after all faults.
func (j *judge) notLate(id string) {
	s, found := latest(j.orders[id], func(o api.Order) bool { return o.Status == api.Created })
	if !found || s.op.Kind == Final {
		return
	}
	due := max(j.at(s.state.ExpiresAt), j.h.Healed) + overtime + j.h.Skew
	_, charged := j.h.Final.Charges[id]
	if s.op.Call > due && !charged {
		j.broken(P5, fmt.Sprintf("order %s was still open %v after its time, and %v after all faults had ended", id, s.op.Call-j.at(s.state.ExpiresAt), s.op.Call-j.h.Healed), s.op)
	}
}

// refusedInTime finds a payment that was refused for its time, or for what became of the order, when that
// was not so.
func (j *judge) refusedInTime(op history.Op) {
	o, there := j.h.Final.Orders[op.Order]
	if op.Outcome != history.Refused || !there {
		return
	}
	switch {
	case strings.Contains(op.Message, "has expired") && op.Return < j.at(o.ExpiresAt)-j.h.Skew:
		j.broken(P5, fmt.Sprintf("a payment of order %s was refused as too late, %v before its time", op.Order, j.at(o.ExpiresAt)-op.Return), op, j.finalOrder(op.Order))
	case strings.Contains(op.Message, "order is cancelled") && isComplete(o):
		j.broken(P2, fmt.Sprintf("a payment of order %s was refused as it is cancelled, and it is complete", op.Order), op, j.finalOrder(op.Order))
	}
}

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

// Parts of the messages of payments.
const (
	saysExpired   = "order has expired"
	saysCancelled = "order is cancelled"
)

// inTime judges P5: every order has ended, none too early and none too late.
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
		j.asLong(id)
		j.notEarly(id)
		j.notLate(id)
	}
	for _, id := range sorted(j.pays) {
		for _, op := range j.pays[id] {
			j.refusedInTime(op)
		}
	}
}

// asLong finds an order with more or less time than orders get, by any clock.
func (j *judge) asLong(id string) {
	c, ok := j.placedOf(id)
	if !ok {
		return // unrequested, which another rule reports
	}
	read := j.at(j.orders[id][0].state.ExpiresAt) - j.h.OrderTTL
	if read < c.placed.from-j.skew() || read > c.placed.to+j.skew() {
		j.broken(P5, fmt.Sprintf("order %s was placed between %v and %v, but expires as if it was placed at %v", id, c.placed.from, c.placed.to, read), c.ops...)
	}
}

// notEarly finds an order that expired before its time by every clock.
func (j *judge) notEarly(id string) {
	s, found := earliest(j.orders[id], func(o api.Order) bool { return isCancelled(o) && o.Reason == api.Expired })
	if found && s.op.Kind != Final && s.op.Return < j.at(s.state.ExpiresAt)-j.skew() {
		j.broken(P5, fmt.Sprintf("order %s expired %v before its time", id, j.at(s.state.ExpiresAt)-s.op.Return), s.op)
	}
}

// notLate finds an order without a payment in flight that was open long after its time and after all faults.
func (j *judge) notLate(id string) {
	s, found := latest(j.orders[id], func(o api.Order) bool { return o.Status == api.Created })
	if !found || s.op.Kind == Final {
		return
	}
	free := max(j.at(s.state.ExpiresAt), j.h.Healed)
	if _, charged := j.h.Final.Charges[id]; charged {
		ended, has := earliest(j.charges[id], func(c api.Charge) bool { return c.ID != "" && c.Status != api.Pending })
		if !has {
			return
		}
		free = max(free, ended.op.Return)
	}
	if due := free + overtime + j.skew() + j.h.Stall; s.op.Call > due {
		j.broken(P5, fmt.Sprintf("order %s was still open %v after its time, and %v after all faults had ended", id, s.op.Call-j.at(s.state.ExpiresAt), s.op.Call-j.h.Healed), s.op)
	}
}

// refusedInTime finds a payment that was refused for a wrong reason.
func (j *judge) refusedInTime(op history.Op) {
	o, there := j.h.Final.Orders[op.Order]
	if op.Outcome != history.Refused || !there {
		return
	}
	switch {
	case strings.Contains(op.Message, saysExpired) && op.Return < j.at(o.ExpiresAt)-j.skew():
		j.broken(P5, fmt.Sprintf("a payment of order %s was refused as too late, %v before its time", op.Order, j.at(o.ExpiresAt)-op.Return), op, j.finalOrder(op.Order))
	case strings.Contains(op.Message, saysCancelled) && isComplete(o):
		j.broken(P2, fmt.Sprintf("a payment of order %s was refused because it is cancelled, but it is complete", op.Order), op, j.finalOrder(op.Order))
	}
}

// catchUp is how long orders may lag behind the broker after another fault: the broker redelivers a frozen replica's
// messages after 15 seconds.
const catchUp = 15 * time.Second

// paidInTime judges P5b: an order whose payment was answered `succeeded` in time doesn't expire because of
// a broker outage. It skips orders whose events another fault may have delayed.
func (j *judge) paidInTime() {
	for _, id := range sorted(j.pays) {
		o, there := j.h.Final.Orders[id]
		if !there || !isCancelled(o) || o.Reason != api.Expired {
			continue
		}
		due := j.at(o.ExpiresAt)
		for _, op := range j.pays[id] {
			if op.Outcome == history.OK && op.ChargeState != nil && op.ChargeState.Status == api.Succeeded &&
				op.Return < due-j.skew() && !j.delayed(op.Call, due) {
				j.broken(P5b, fmt.Sprintf("order %s was paid %v before its time, but expired", id, due-op.Return), op, j.finalOrder(id))
				break
			}
		}
	}
}

// delayed reports whether a fault other than the broker's may have delayed a payment's event beyond the order's
// time.
func (j *judge) delayed(from, due time.Duration) bool {
	for _, f := range j.h.Faults {
		if !brokers(f) && max(f.End, f.Recovered)+catchUp > from && f.Begin < due+catchUp {
			return true
		}
	}
	return false
}

// brokers reports whether a fault only takes the broker away.
func brokers(f history.Fault) bool {
	_, to, link := strings.Cut(f.Target, "→")
	switch f.Kind {
	case "kill", "pause", "outage":
		return f.Target == "nats"
	case "cut":
		return link && to == "nats"
	}
	return false
}

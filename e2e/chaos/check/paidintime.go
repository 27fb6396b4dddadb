package check

import (
	"fmt"
	"strings"
	"time"

	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
)

// catchUp is how long orders may be behind what the broker has stored after a fault that isn't the
// broker's: a replica that freezes keeps what it was given for 15 seconds.
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
				op.Return < due-j.skew() && !j.keptBack(op.Call, due) {
				j.broken(P5b, fmt.Sprintf("order %s was paid for %v before its time, and has expired", id, due-op.Return), op, j.finalOrder(id))
				break
			}
		}
	}
}

// keptBack reports whether a fault that isn't the broker's may have kept a payment's event from orders until
// the order's time was up.
func (j *judge) keptBack(from, due time.Duration) bool {
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

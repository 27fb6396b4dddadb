package metrics

import (
	"encoding/json"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Outcomes of handling a message.
const (
	Handled = "handled"
	Failed  = "failed" // and will be redelivered
	Dead    = "dead"   // sent to the dead letters
)

var (
	publications = histogram("events_publish_duration_seconds", "Time until the broker stored a message, or until that failed.",
		"channel", "outcome")
	handlings = histogram("events_handle_duration_seconds", "Time that a listener took for a message.",
		"channel", "outcome")
	delays = histogram("events_delay_seconds", "Age of a message when a listener gets it, redeliveries included.",
		"channel")
)

// Published records an attempt to publish a message.
func Published(channel string, message []byte, took time.Duration, err error) {
	if !enabled.Load() {
		return
	}
	outcome := "stored"
	if err != nil {
		outcome = "failed"
	}
	publications.WithLabelValues(channel, outcome).Observe(took.Seconds())
	if err == nil {
		countBusiness(channel, message)
	}
}

// Listening makes the time series of a channel before anything happens there, so that the first dead letter is a change.
func Listening(channel string) {
	for _, outcome := range []string{Handled, Failed, Dead} {
		handlings.WithLabelValues(channel, outcome)
	}
}

// Received records what became of a message.
func Received(channel, outcome string, message []byte, began time.Time) {
	if !enabled.Load() {
		return
	}
	now := time.Now()
	handlings.WithLabelValues(channel, outcome).Observe(now.Sub(began).Seconds())
	var envelope struct {
		Time time.Time `json:"time"`
	}
	if json.Unmarshal(message, &envelope) == nil && !envelope.Time.IsZero() {
		delays.WithLabelValues(channel).Observe(max(0, began.Sub(envelope.Time).Seconds()))
	}
}

// pendingAge asks the relay of the process, of which there's at most one.
var pendingAge atomic.Pointer[func() time.Duration]

func init() {
	factory.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "outbox_oldest_pending_seconds",
		Help: "Age of the oldest event that this process has committed or found and the broker hasn't stored; 0 without one.",
	}, func() float64 {
		if age := pendingAge.Load(); age != nil {
			return (*age)().Seconds()
		}
		return 0
	})
}

// OldestPending exports how long the oldest event has waited for the broker.
func OldestPending(age func() time.Duration) { pendingAge.Store(&age) }

// Package outage keeps the log readable while something is away: an outage is told once when it begins
// and once when it is over, however much fails in between.
package outage

import (
	"log/slog"
	"sync/atomic"
)

// Outage is one thing that may be away, now and then.
type Outage struct {
	log         *slog.Logger
	began, over string
	on          atomic.Bool
}

// New makes an outage that is not on. began is logged as an error when it begins, which is an alarm,
// and over when it ends.
func New(log *slog.Logger, began, over string) *Outage {
	return &Outage{log: log, began: began, over: over}
}

// Report takes the outcome of anything that fails during the outage.
func (o *Outage) Report(err error) {
	switch {
	case err != nil && !o.on.Swap(true):
		o.log.Error(o.began, "error", err)
	case err == nil && o.on.Swap(false):
		o.log.Info(o.over)
	}
}

// On says whether it has begun and is not over.
func (o *Outage) On() bool { return o.on.Load() }

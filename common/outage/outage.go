// Package outage keeps the log readable during outages: it logs one line when an outage begins and one when it ends.
package outage

import (
	"log/slog"
	"sync/atomic"
)

// Outage tracks whether something is unavailable.
type Outage struct {
	log         *slog.Logger
	began, over string
	on          atomic.Bool
}

// New returns an outage that hasn't begun. began is logged as an error when it begins, over when it ends.
func New(log *slog.Logger, began, over string) *Outage {
	return &Outage{log: log, began: began, over: over}
}

// Report records the outcome of an operation that fails during the outage.
func (o *Outage) Report(err error) {
	switch {
	case err != nil && !o.on.Swap(true):
		o.log.Error(o.began, "error", err)
	case err == nil && o.on.Swap(false):
		o.log.Info(o.over)
	}
}

// On reports whether the outage is going on.
func (o *Outage) On() bool { return o.on.Load() }

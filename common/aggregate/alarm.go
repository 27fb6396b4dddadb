package aggregate

import (
	"log/slog"
	"sync"
	"time"

	"ticketing.dev/common/outage"
)

// alarm logs when publishing begins to fail, and when it works again. That takes a sweep without failures after
// everything that failed was old enough for it: events that work don't end the alarm about one that doesn't.
type alarm struct {
	outage *outage.Outage
	mu     sync.Mutex
	last   time.Time // of the latest failure
}

func newAlarm(log *slog.Logger) alarm {
	return alarm{outage: outage.New(log, "outbox: publishing events fails", "outbox: publishing events works again")}
}

func (a *alarm) failed(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.last = time.Now()
	a.outage.Report(err)
}

// swept reports a sweep without failures.
func (a *alarm) swept(began time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if began.Sub(a.last) > sweepAge {
		a.outage.Report(nil)
	}
}

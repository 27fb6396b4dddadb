package tickets

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"ticketing.dev/common/outage"
)

const (
	// pollEvery bounds how late a change by another replica is seen.
	pollEvery = 500 * time.Millisecond
	// pollTimeout bounds a poll, so that the end of a database outage is noticed soon.
	pollTimeout = 2 * time.Second
)

// watcher notifies streams of changes to their tickets. It's notified of this process's own changes, and polls the
// database for those of other replicas: one query for all watched tickets, however many streams there are.
type watcher struct {
	newer  newerFunc
	outage *outage.Outage
	// streams are the goroutines of all streams.
	streams sync.WaitGroup

	mu      sync.Mutex
	watches map[string]map[*watch]struct{} // by the ticket's id
}

// newerFunc reads the tickets that have changed since the known version of each.
type newerFunc func(ctx context.Context, known map[string]int64) ([]*Ticket, error)

// watch is one stream of a ticket.
type watch struct {
	// version is the last one that was sent, or known from the start.
	version int64
	// updates holds the newest state until it's taken or replaced.
	updates chan view
}

func newWatcher(newer newerFunc, log *slog.Logger) *watcher {
	return &watcher{
		newer:   newer,
		outage:  outage.New(log, "ticket watcher: database unavailable", "ticket watcher: database available again"),
		watches: make(map[string]map[*watch]struct{}),
	}
}

// watch subscribes to the states of a ticket that are newer than a version. A slow receiver gets only the newest.
// The caller must call stop.
func (w *watcher) watch(id string, version int64) (updates <-chan view, stop func()) {
	one := &watch{version: version, updates: make(chan view, 1)}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.watches[id] == nil {
		w.watches[id] = make(map[*watch]struct{})
	}
	w.watches[id][one] = struct{}{}
	return one.updates, func() { w.forget(id, one) }
}

func (w *watcher) forget(id string, one *watch) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.watches[id], one)
	if len(w.watches[id]) == 0 {
		delete(w.watches, id)
	}
}

// notify passes a state to the streams that have an older one, without waiting for them.
func (w *watcher) notify(now view) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for one := range w.watches[now.ID] {
		if one.version >= now.Version {
			continue
		}
		one.version = now.Version
		select {
		case <-one.updates: // outdated
		default:
		}
		one.updates <- now // never blocks: notify is the only sender
	}
}

// run polls until ctx ends, and then waits for the streams, which end when the service starts to shut down.
func (w *watcher) run(ctx context.Context) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			w.poll(ctx)
		case <-ctx.Done():
			w.streams.Wait()
			return nil
		}
	}
}

// poll notifies streams of changes. If it fails, the next one catches up.
func (w *watcher) poll(ctx context.Context) {
	known := w.versions()
	if len(known) == 0 {
		return
	}
	bounded, cancel := context.WithTimeout(ctx, pollTimeout)
	defer cancel()
	changed, err := w.newer(bounded, known)
	if ctx.Err() == nil {
		w.outage.Report(err)
	}
	for _, t := range changed {
		w.notify(show(t))
	}
}

// versions returns, for each watched ticket, the oldest version that one of its streams has.
func (w *watcher) versions() map[string]int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	known := make(map[string]int64, len(w.watches))
	for id, all := range w.watches {
		for one := range all {
			if oldest, ok := known[id]; !ok || one.version < oldest {
				known[id] = one.version
			}
		}
	}
	return known
}

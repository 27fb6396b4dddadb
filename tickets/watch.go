package tickets

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo/options"

	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/outage"
)

const (
	// lookEvery is how long what another replica has changed may go unseen.
	lookEvery = 500 * time.Millisecond
	// lookTimeout ends a question to a database that hangs, so that its return is soon noticed.
	lookTimeout = 2 * time.Second
)

// watcher tells those who watch a ticket how it changes. It is told of the changes that this process
// makes. For those of other replicas it asks the database, about all tickets at once that are watched,
// however many watch them.
type watcher struct {
	newer newerFunc
	blind *outage.Outage

	mu      sync.Mutex
	watches map[string]map[*watch]struct{} // by the ticket's id
}

// newerFunc reads those of the tickets that have changed since the version that is known of each.
type newerFunc func(ctx context.Context, known map[string]int64) ([]*Ticket, error)

// watch is one who watches a ticket.
type watch struct {
	// version is the last one that was told, or known from the start.
	version int64
	// news holds the newest state, until it is taken or a newer one takes its place.
	news chan view
}

func newWatcher(newer newerFunc, log *slog.Logger) *watcher {
	return &watcher{
		newer:   newer,
		blind:   outage.New(log, "what other replicas change is not seen: the database does not answer", "changes are seen again"),
		watches: make(map[string]map[*watch]struct{}),
	}
}

// watch begins to tell of a ticket what is newer than a version. The newest state alone is kept for a
// watcher who is slow. stop has to be called at the end.
func (w *watcher) watch(id string, version int64) (news <-chan view, stop func()) {
	one := &watch{version, make(chan view, 1)}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.watches[id] == nil {
		w.watches[id] = make(map[*watch]struct{})
	}
	w.watches[id][one] = struct{}{}
	return one.news, func() { w.forget(id, one) }
}

func (w *watcher) forget(id string, one *watch) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.watches[id], one)
	if len(w.watches[id]) == 0 {
		delete(w.watches, id)
	}
}

// tell hands a state to those who know an older one. It waits for nobody.
func (w *watcher) tell(now view) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for one := range w.watches[now.ID] {
		if one.version >= now.Version {
			continue
		}
		one.version = now.Version
		select {
		case <-one.news: // is outdated
		default:
		}
		one.news <- now // has room: nobody else puts anything there
	}
}

// run looks for changes until ctx ends.
func (w *watcher) run(ctx context.Context) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			w.look(ctx)
		case <-ctx.Done():
			return nil
		}
	}
}

// look tells what has changed. While the database is away that is nothing, and the next look tells all.
func (w *watcher) look(ctx context.Context) {
	known := w.known()
	if len(known) == 0 {
		return
	}
	asking, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	changed, err := w.newer(asking, known)
	if ctx.Err() == nil {
		w.blind.Report(err)
	}
	for _, t := range changed {
		w.tell(show(t))
	}
}

// known is the oldest version of each ticket that somebody knows who watches it.
func (w *watcher) known() map[string]int64 {
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

// newer asks the database: for the versions of all, and then for the whole of what has changed.
func (s *Service) newer(ctx context.Context, known map[string]int64) ([]*Ticket, error) {
	changed, err := s.changedSince(ctx, known)
	if len(changed) == 0 || err != nil {
		return nil, err
	}
	return s.tickets.All(ctx, among(changed), len(changed))
}

// changedSince names the tickets whose version is above the known one.
func (s *Service) changedSince(ctx context.Context, known map[string]int64) ([]string, error) {
	ids := slices.Collect(maps.Keys(known))
	cursor, err := s.db.Collection("tickets").Find(ctx, among(ids), options.Find().SetProjection(bson.M{"version": 1}))
	if err != nil {
		return nil, fmt.Errorf("ask for versions: %w", err)
	}
	var found []aggregate.Root
	if err := cursor.All(ctx, &found); err != nil {
		return nil, fmt.Errorf("read versions: %w", err)
	}
	var changed []string
	for _, f := range found {
		if f.Version > known[f.ID] {
			changed = append(changed, f.ID)
		}
	}
	return changed, nil
}

func among(ids []string) bson.M { return bson.M{"_id": bson.M{"$in": ids}} }

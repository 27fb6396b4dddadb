package main

// outbox is a document with its outbox, as common/aggregate stores it. Two replicas have a writer and a relay's worker
// each. Each field leaves out a rule.
type outbox struct {
	publishAfter  bool // the event isn't in the document: it's published after the commit
	publishBefore bool // the event isn't in the document: it's published before the commit
	anyVersion    bool // a writer replaces any version
	anyOutbox     bool // a writer replaces an outbox that changed since it was read
	overtake      bool // a worker doesn't wait for the other replica's earlier events
	removeFirst   bool // an event is removed before it's published
	removeAny     bool // the removal takes the first events instead of its own
	passFailed    bool // the events after a failed one are published
	noSweep       bool
	sweepYoung    bool // a sweep takes events that another worker is publishing
}

// outboxChanges is how often the document is changed, its insertion included. A change and its event
// have one number.
const outboxChanges = 3

type outboxState struct {
	document
	committed uint8 // acknowledged changes
	published set
	trouble   bool // something failed or died, so events may be published again
	writers   [2]writer
	workers   [2]worker
}

type document struct {
	version uint8 // from 1; 0 means no document
	changes set   // the changes in its state
	outbox  set
}

// writer is a call of Store.Insert or Store.Update.
type writer struct {
	at   writerAt
	read document
}

type writerAt uint8

const (
	writerAway writerAt = iota
	writerReads
	writerWrites
	writerHasPublished // where that comes first
)

// worker is a replica's relay.
type worker struct {
	todo    set // events to publish
	sent    set // published, and to be removed
	skipped set // left in the outbox by passFailed
}

func (o outbox) explore() finding {
	var inserted outboxState
	inserted.writers[0].at = writerWrites
	return model[outboxState]{inserted, o.next, outboxState.wrong, outboxState.wrongAtRest, nil}.explore()
}

func (s outboxState) wrong() string {
	if s.changes != below(int(s.committed)) {
		return "P2: an acknowledged change is lost"
	}
	return ""
}

func (s outboxState) wrongAtRest() string {
	switch {
	case s.published != below(int(s.committed)):
		return "P2: a change is never published"
	case s.outbox != 0:
		return "an outbox is never emptied"
	}
	return ""
}

func (o outbox) next(s outboxState, next *steps[outboxState]) {
	for i := range s.writers {
		o.write(s, i, next)
	}
	for i := range s.workers {
		o.relay(s, i, next)
	}
}

// write is Store.Update: read, change, and replace if the version is still the same. It
// starts over otherwise.
func (o outbox) write(s outboxState, i int, next *steps[outboxState]) {
	w, n := s.writers[i], s
	switch w.at {
	case writerAway:
		if s.version > 0 && s.committed < outboxChanges {
			n.writers[i] = writer{writerWrites, s.document}
			next.may(n, "writer %d reads version %d, outbox %v", i+1, s.version-1, s.outbox.list())
		}
		return
	case writerReads:
		n.writers[i] = writer{writerWrites, s.document}
		next.must(n, "writer %d reads version %d, outbox %v", i+1, s.version-1, s.outbox.list())
	case writerWrites:
		if o.publishBefore {
			n.writers[i].at = writerHasPublished
			next.must(n, "writer %d publishes the event", i+1)
			break
		}
		o.commit(s, i, next)
	case writerHasPublished:
		o.commit(s, i, next)
		n.writers[i] = writer{}
		next.wrong("an event describes a change that never happened", "writer %d dies", i+1)
		return
	}
	n = s
	n.writers[i] = writer{}
	next.may(n, "writer %d dies", i+1)
}

// commit is the only write of an update. The process passes the event to its worker, unless the queue is full or it
// dies first.
func (o outbox) commit(s outboxState, i int, next *steps[outboxState]) {
	w, n := s.writers[i], s
	n.writers[i] = writer{}
	moved := w.read.outbox != 0 && s.outbox.first() != w.read.outbox.first()
	switch {
	case s.committed == outboxChanges:
		next.must(n, "writer %d gives up", i+1)
		return
	case s.version != w.read.version && !o.anyVersion, moved && !o.anyOutbox:
		n.writers[i].at = writerReads
		if o.publishBefore {
			next.wrong("an event describes a change that never happened", "writer %d is too late", i+1)
		}
		next.must(n, "writer %d is too late: version %d, outbox %v", i+1, s.version-1, s.outbox.list())
		return
	}
	change := int(s.committed)
	n.committed++
	n.document = document{w.read.version + 1, w.read.changes.with(change), w.read.outbox.with(change)}
	if o.publishAfter {
		n.outbox = 0
	}
	if o.publishBefore {
		n.outbox, n.published = 0, s.published.with(change)
	} else {
		passed := n
		passed.workers[i].todo = n.workers[i].todo.with(change)
		next.must(passed, "writer %d commits change %d: version %d, outbox %v", i+1, change, n.version-1, n.outbox.list())
	}
	n.trouble = true
	next.must(n, "writer %d commits change %d: version %d, outbox %v, and dies", i+1, change, n.version-1, n.outbox.list())
}

// relay is one worker of aggregate.Relay: it publishes events in order and removes them.
func (o outbox) relay(s outboxState, i int, next *steps[outboxState]) {
	o.sweep(s, i, next)
	w, n := s.workers[i], s
	if w == (worker{}) {
		return
	}
	n.workers[i], n.trouble = worker{}, true
	next.may(n, "worker %d dies", i+1)
	if w.sent != 0 {
		n = s
		n.workers[i].sent = 0
		n.outbox = s.outbox &^ w.sent
		if o.removeAny {
			n.outbox = s.outbox
			for range w.sent.list() {
				n.outbox &^= only(n.outbox.first())
			}
		}
		next.must(n, "worker %d removes the events %v, outbox %v", i+1, w.sent.list(), n.outbox.list())
	}
	if w.todo != 0 {
		o.publish(s, i, next)
	}
}

// publish publishes a worker's first event, unless the other replica has earlier ones.
func (o outbox) publish(s outboxState, i int, next *steps[outboxState]) {
	w, n := s.workers[i], s
	e := w.todo.first()
	if others := s.outbox & below(e) &^ (w.sent | w.skipped); others != 0 && !o.overtake {
		return
	}
	if o.removeFirst && s.outbox.has(e) {
		n.outbox = s.outbox.without(e)
		next.must(n, "worker %d removes event %d", i+1, e)
		return
	}
	n.published = s.published.with(e)
	n.workers[i].todo, n.workers[i].sent = w.todo.without(e), w.sent.with(e)
	switch {
	case !s.published.hasAll(below(e)):
		next.wrong("an event is published before an earlier one", "worker %d publishes event %d", i+1, e)
	case s.published.has(e) && !s.trouble:
		next.wrong("an event is published twice though nothing went wrong", "worker %d publishes event %d", i+1, e)
	default:
		next.must(n, "worker %d publishes event %d", i+1, e)
	}
	n = s
	n.trouble = true
	if o.passFailed {
		n.workers[i].todo, n.workers[i].skipped = w.todo.without(e), w.skipped.with(e)
	}
	next.may(n, "worker %d fails to publish event %d", i+1, e)
}

// sweep takes events so old that their worker must have died or failed.
func (o outbox) sweep(s outboxState, i int, next *steps[outboxState]) {
	var held set
	for _, w := range s.workers {
		held |= w.todo | w.sent
	}
	old := s.outbox&^held != 0 || s.trouble
	found := s.outbox &^ (s.workers[i].todo | s.workers[i].sent)
	if o.noSweep || found == 0 || !old && !o.sweepYoung {
		return
	}
	n := s
	n.workers[i].todo |= found
	next.must(n, "worker %d sweeps and finds the events %v", i+1, found.list())
}

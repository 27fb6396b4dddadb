package main

// outbox is a document with its outbox as common/aggregate keeps it, with two writers and two workers of
// relays, of whatever replicas. Each field leaves a rule out.
type outbox struct {
	publishAfter   bool // the event is not in the document: it is published after the commit
	publishBefore  bool // the event is not in the document: it is published before the commit
	anyVersion     bool // a writer replaces whatever version it finds
	handOverNewest bool // a worker is handed the new event alone
	removeFirst    bool // an event is removed before it is published
	removeAny      bool // the removal takes the first event, whichever it is
	passFailed     bool // the events behind one that cannot be published go on
	noSweep        bool
}

// outboxChanges is how often the document is changed, its insertion included. A change and its event
// have one number.
const outboxChanges = 3

type outboxState struct {
	document
	committed uint8 // changes that have been acknowledged
	published set
	writers   [2]writer
	workers   [2]worker
}

type document struct {
	version uint8 // from 1, as 0 says that there is no document
	changes set   // those that its state is made of
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

// worker is one of a relay, with what it has still to publish.
type worker struct {
	at   workerAt
	todo set
}

type workerAt uint8

const (
	workerAway workerAt = iota
	workerPublishes
	workerRemoves
)

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
		return "P2: nobody hears of a change"
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

// write is Store.Update: read, change, and replace where the version is the one that was read. It
// starts again where it is not.
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
		next.wrong("an event tells of a change that never was", "writer %d dies", i+1)
		return
	}
	n = s
	n.writers[i] = writer{}
	next.may(n, "writer %d dies", i+1)
}

// commit is the one write of an update. The process hands the outbox over to a worker, unless none has
// time or it dies first.
func (o outbox) commit(s outboxState, i int, next *steps[outboxState]) {
	w, n := s.writers[i], s
	n.writers[i] = writer{}
	switch {
	case s.committed == outboxChanges:
		next.must(n, "writer %d gives up", i+1)
		return
	case s.version != w.read.version && !o.anyVersion:
		n.writers[i].at = writerReads
		if o.publishBefore {
			next.wrong("an event tells of a change that never was", "writer %d is too late", i+1)
		}
		next.must(n, "writer %d is too late, the version is %d", i+1, s.version-1)
		return
	}
	change := int(s.committed)
	n.committed++
	n.document = document{w.read.version + 1, w.read.changes.with(change), w.read.outbox.with(change)}
	handedOver := n.outbox
	switch {
	case o.publishAfter:
		n.outbox, handedOver = 0, only(change)
	case o.publishBefore:
		n.outbox, n.published, handedOver = 0, s.published.with(change), 0
	case o.handOverNewest:
		handedOver = only(change)
	}
	for k := range n.workers {
		if n.workers[k].at == workerAway && handedOver != 0 {
			told := n
			told.workers[k] = o.take(handedOver)
			next.must(told, "writer %d commits change %d: version %d, outbox %v, which worker %d gets",
				i+1, change, n.version-1, n.outbox.list(), k+1)
			break
		}
	}
	next.must(n, "writer %d commits change %d: version %d, outbox %v, and dies", i+1, change, n.version-1, n.outbox.list())
}

// relay is Relay.publish: each event of an outbox is published and then removed. A sweep begins it too.
func (o outbox) relay(s outboxState, i int, next *steps[outboxState]) {
	w, n := s.workers[i], s
	e := w.todo.first()
	switch w.at {
	case workerAway:
		if s.outbox != 0 && !o.noSweep {
			n.workers[i] = o.take(s.outbox)
			next.must(n, "worker %d sweeps and finds the outbox %v", i+1, s.outbox.list())
		}
		return
	case workerPublishes:
		n.published = s.published.with(e)
		n.workers[i].at = workerRemoves
		if o.removeFirst {
			n.workers[i] = o.take(w.todo.without(e))
		}
		if s.published.hasAll(below(e)) {
			next.must(n, "worker %d publishes event %d", i+1, e)
		} else {
			next.wrong("an event is published before an earlier one", "worker %d publishes event %d", i+1, e)
		}
		if o.passFailed {
			n = s
			n.workers[i] = o.take(w.todo.without(e))
			next.may(n, "worker %d fails to publish event %d, and goes on", i+1, e)
		}
	case workerRemoves:
		if s.outbox.first() == e || o.removeAny {
			n.outbox = s.outbox.without(s.outbox.first())
		}
		n.workers[i] = o.take(w.todo.without(e))
		if o.removeFirst {
			n.workers[i] = worker{workerPublishes, w.todo}
		}
		next.must(n, "worker %d removes event %d, outbox %v", i+1, e, n.outbox.list())
	}
	n = s
	n.workers[i] = worker{}
	next.may(n, "worker %d dies", i+1)
}

// take is a worker that begins with the first of what it has still to publish.
func (o outbox) take(todo set) worker {
	switch {
	case todo == 0:
		return worker{}
	case o.removeFirst:
		return worker{workerRemoves, todo}
	}
	return worker{workerPublishes, todo}
}

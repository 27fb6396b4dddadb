package main

// copied is a service's copy of another's aggregate, as mongodb.SetIfNewer writes it, with two concurrent handlers.
// Events arrive in any order and repeatedly. Each field leaves out a rule.
type copied struct {
	anyVersion bool // an event is written over any version
	oneRound   bool // a duplicate key counts as a newer copy
}

// copyVersions is how many versions are published.
const copyVersions = 3

type copyState struct {
	version  uint8 // of the copy, from 1; 0 means no copy
	handled  set   // versions whose event was acknowledged
	handlers [2]handler
}

// handler is a call of SetIfNewer with a version.
type handler struct {
	at      handlerAt
	version uint8
}

type handlerAt uint8

const (
	handlerAway    handlerAt = iota
	handlerInserts           // the second half of the upsert, which found nothing to update
	handlerUpdates           // after a duplicate key
)

func (c copied) explore() finding {
	return model[copyState]{next: c.next, always: copyState.wrong, atRest: copyState.wrong}.explore()
}

func (s copyState) wrong() string {
	if s.handled&^below(int(s.version)+1) != 0 {
		return "P3: a copy is older than an acknowledged event"
	}
	return ""
}

func (c copied) next(s copyState, next *steps[copyState]) {
	for i, h := range s.handlers {
		n, v := s, h.version
		switch h.at {
		case handlerAway:
			for v := range uint8(copyVersions) {
				c.begin(s, i, v+1, next)
			}
			continue
		case handlerInserts:
			switch {
			case s.version == 0:
				n.write(i, v)
				next.must(n, "handler %d inserts version %d", i+1, v-1)
			case c.oneRound:
				n.acknowledge(i, v)
				next.must(n, "handler %d cannot insert version %d: a copy exists", i+1, v-1)
			default:
				n.handlers[i].at = handlerUpdates
				next.must(n, "handler %d cannot insert version %d: a copy exists", i+1, v-1)
			}
		case handlerUpdates:
			n.acknowledge(i, v)
			n.version = max(s.version, v)
			next.must(n, "handler %d updates a copy below version %d: now it is %d", i+1, v-1, n.version-1)
		}
		n = s
		n.handlers[i] = handler{}
		next.may(n, "handler %d dies", i+1)
	}
}

// begin is the first half of an upsert, which updates an older copy when the event of a version arrives.
func (c copied) begin(s copyState, i int, v uint8, next *steps[copyState]) {
	n, again := s, s.handled.has(int(v))
	if s.version > 0 && (s.version < v || c.anyVersion) {
		n.write(i, v)
		next.comes(again, n, "handler %d gets version %d and updates the copy", i+1, v-1)
		return
	}
	n.handlers[i] = handler{handlerInserts, v}
	next.comes(again, n, "handler %d gets version %d and finds no older copy", i+1, v-1)
}

func (s *copyState) write(i int, v uint8) {
	s.version = v
	s.acknowledge(i, v)
}

func (s *copyState) acknowledge(i int, v uint8) {
	s.handled = s.handled.with(int(v))
	s.handlers[i] = handler{}
}

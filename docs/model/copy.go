package main

// copied is what one service knows of another's aggregate, as mongodb.SetIfNewer keeps it, with two
// handlers at once. The events come in any order, and any of them again. Each field leaves a rule out.
type copied struct {
	anyVersion bool // an event is written whatever version is there
	oneRound   bool // a duplicate key counts as "there is a newer one"
}

// copyVersions is how many versions are published.
const copyVersions = 3

type copyState struct {
	version  uint8 // of the copy, from 1, as 0 says that there is none
	handled  set   // versions whose event has been acknowledged
	handlers [2]handler
}

// handler is a call of SetIfNewer, with the version that it was told of.
type handler struct {
	at      handlerAt
	version uint8
}

type handlerAt uint8

const (
	handlerAway    handlerAt = iota
	handlerInserts           // the second half of the upsert, which has found nothing to update
	handlerUpdates           // after a duplicate key
)

func (c copied) explore() finding {
	return model[copyState]{next: c.next, always: copyState.wrong, atRest: copyState.wrong}.explore()
}

func (s copyState) wrong() string {
	if s.handled&^below(int(s.version)+1) != 0 {
		return "P3: a copy is older than what was acknowledged"
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
				next.must(n, "handler %d cannot insert version %d: there is a copy", i+1, v-1)
			default:
				n.handlers[i].at = handlerUpdates
				next.must(n, "handler %d cannot insert version %d: there is a copy", i+1, v-1)
			}
		case handlerUpdates:
			n.acknowledge(i, v)
			n.version = max(s.version, v)
			next.must(n, "handler %d updates what is below version %d: now it is %d", i+1, v-1, n.version-1)
		}
		n = s
		n.handlers[i] = handler{}
		next.may(n, "handler %d dies", i+1)
	}
}

// begin is the first half of an upsert, which updates an older copy. It comes with the event of a version.
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

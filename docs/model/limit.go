package main

import "math/bits"

// limit is the limit of a user's open orders, as orders.place keeps it by holds, with three requests at once for
// different tickets. Each field leaves out a rule.
type limit struct {
	countFirst bool // a request counts the open orders, and inserts its own without a unique hold
	giveApart  bool // an order ends first, and gives its hold back with a second write
	giveUp     bool // a request that finds its hold taken meanwhile is refused
}

// holdLimit is how many open orders the user may have.
const holdLimit = 2

type holdsState struct {
	taken    set // holds in the unique index
	requests [holdLimit + 1]request
}

// request is a request for an order, and then the order.
type request struct {
	at   requestAt
	hold uint8
}

type requestAt uint8

const (
	requestReads requestAt = iota
	requestInserts
	requestRefused
	orderOpen
	orderEnds // it has ended, and its hold isn't free yet
	orderEnded
)

func (h limit) explore() finding {
	return model[holdsState]{next: h.next, always: holdsState.wrong, atRest: holdsState.left}.explore()
}

func (s holdsState) open() (n int) {
	for _, r := range s.requests {
		if r.at == orderOpen {
			n++
		}
	}
	return n
}

func (s holdsState) wrong() string {
	if s.open() > holdLimit {
		return "a user has more open orders than the limit"
	}
	return ""
}

func (s holdsState) left() string {
	if bits.OnesCount8(uint8(s.taken)) != s.open() {
		return "a hold is taken without an open order"
	}
	return ""
}

func (h limit) next(s holdsState, next *steps[holdsState]) {
	for i, r := range s.requests {
		n := s
		switch r.at {
		case requestReads:
			h.read(s, i, next)
		case requestInserts:
			h.insert(s, i, next)
		case orderOpen:
			n.requests[i].at = orderEnds
			if !h.giveApart {
				n.end(i)
			}
			next.may(n, "order %d ends", i+1)
		case orderEnds:
			n.end(i)
			next.may(n, "order %d gives its hold back", i+1) // the process may have died
		}
	}
}

// read picks the first hold that no open order has.
func (h limit) read(s holdsState, i int, next *steps[holdsState]) {
	n := s
	free := below(holdLimit) &^ s.taken
	if free == 0 {
		if s.open() < holdLimit {
			next.wrong("a user is refused an order below the limit", "request %d finds no free hold", i+1)
			return
		}
		n.requests[i].at = requestRefused
		next.must(n, "request %d finds no free hold and is refused", i+1)
		return
	}
	n.requests[i] = request{requestInserts, uint8(free.first())}
	next.must(n, "request %d finds hold %d free", i+1, free.first()+1)
}

// insert inserts the order with its hold. A hold that was taken meanwhile is a duplicate key.
func (h limit) insert(s holdsState, i int, next *steps[holdsState]) {
	n, hold := s, int(s.requests[i].hold)
	if s.taken.has(hold) && !h.countFirst {
		if h.giveUp && s.open() < holdLimit {
			next.wrong("a user is refused an order below the limit", "request %d finds hold %d taken", i+1, hold+1)
			return
		}
		n.requests[i] = request{}
		next.must(n, "request %d finds hold %d taken", i+1, hold+1)
		return
	}
	n.taken = n.taken.with(hold)
	n.requests[i].at = orderOpen
	next.must(n, "order %d is inserted with hold %d", i+1, hold+1)
	n = s
	n.requests[i].at = requestRefused
	next.may(n, "request %d dies before it inserts", i+1)
}

// end frees the hold of an order that has ended.
func (s *holdsState) end(i int) {
	s.taken = s.taken.without(int(s.requests[i].hold))
	s.requests[i].at = orderEnded
}

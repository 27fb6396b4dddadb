package main

import "slices"

// returns is the money of one succeeded payment: its order ends, payments refunds a late payment, an operator refunds
// it in Stripe's dashboard in halves or whole, and the payer disputes it. payments has two processes. Each field
// leaves out a rule; the last two leave out spares.
type returns struct {
	noFeed       bool // Stripe's list of events isn't read
	forgetEvents bool // events count as read before they're handled
	writeOld     bool // a check writes even if the charge changed since it was read
	keepLost     bool // a lost dispute doesn't settle the charge of a cancelled order

	noHooks      bool // webhooks don't arrive
	refundAsKept bool // a refund that is refused for a dispute isn't followed by a check
}

type returnsState struct {
	order, copy orderStatus
	truth       returned // at Stripe
	byHand      bool     // an operator refunded a part
	unread      bool     // Stripe lists an unhandled event
	charge      chargeStatus
	noted       returned // of the charge
	settled     bool
	asked       bool // the order is on the operator's list
	events      uint8
	tasks       [2]look
}

// returned is how much money went back.
type returned struct {
	halves  uint8 // refunded
	dispute disputeStatus
}

type disputeStatus uint8

const (
	undisputed disputeStatus = iota
	disputed
	won
	lost
)

func (d disputeStatus) String() string {
	return [...]string{"none", "needs_response", "won", "lost"}[d]
}

// look is the current step of a process: checking the money, or settling.
type look struct {
	at    lookAt
	feed  bool     // for an event of Stripe's list
	stale bool     // the charge changed since it was read
	read  returned // from Stripe
}

type lookAt uint8

const (
	lookAway lookAt = iota
	lookAsks        // read the charge, and asks Stripe
	lookWrites
	settleRefunds // read the charge and the copy, and found no whole refund
	settleWrites  // writes refunded
)

func (r returns) explore() finding { return r.model().explore() }

func (r returns) model() model[returnsState] {
	return model[returnsState]{
		start: returnsState{order: created, copy: created, charge: succeeded},
		next:  r.next, always: returnsState.wrong, atRest: returnsState.wrongAtRest, as: returnsState.sorted,
	}
}

// sorted maps states to one that differ only in the order of their processes.
func (s returnsState) sorted() returnsState {
	slices.SortFunc(s.tasks[:], func(a, b look) int { return a.rank() - b.rank() })
	return s
}

func (l look) rank() int {
	rank := int(l.at)<<8 | int(l.read.halves)<<4 | int(l.read.dispute)<<2
	if l.feed {
		rank |= 2
	}
	if l.stale {
		rank |= 1
	}
	return rank
}

func (s returnsState) wrong() string {
	switch {
	case s.order == complete && s.truth.halves > 0 && !s.byHand:
		return "P4: an order is complete, but payments refunded it"
	case s.events > 1:
		return "payment:refunded is published twice"
	case s.charge == refunded && s.truth.halves < 2:
		return "P4: a charge is refunded, but its money was kept"
	}
	return ""
}

func (s returnsState) wrongAtRest() string {
	back := s.truth.halves == 2 || s.truth.dispute == lost
	switch {
	case s.order == cancelled && !back && s.truth.dispute != disputed:
		return "P4: an order is cancelled, but its money was kept"
	case s.noted != s.truth, (s.charge == refunded) != (s.truth.halves == 2):
		return "P4: money went back, but its charge doesn't show it"
	case s.order == complete && (s.byHand || s.truth.dispute == lost) && !s.asked:
		return "money of a complete order went back, but isn't on the operator's list"
	}
	return ""
}

func (r returns) next(s returnsState, next *steps[returnsState]) {
	r.world(s, next)
	r.begin(s, next)
	for i, l := range s.tasks {
		if l.at != lookAway {
			r.goOn(s, i, next)
		}
	}
}

// world has the steps of orders, operators, the payer and the bank.
func (r returns) world(s returnsState, next *steps[returnsState]) {
	n := s
	if s.order == created {
		n.order = complete
		next.must(n, "orders completes the order")
		n.order = cancelled
		next.must(n, "the order is cancelled")
	}
	if n = s; s.copy != s.order {
		n.copy = s.order
		next.must(n, "payments gets the event: the order is %s", s.order)
	}
	for part := uint8(1); part <= 2-s.truth.halves && !s.truth.held(); part++ {
		n := s.happens()
		n.truth.halves += part
		n.byHand = true
		next.may(n, "an operator refunds at Stripe: %d of 2 halves are back", n.truth.halves)
	}
	ends := map[disputeStatus][]disputeStatus{undisputed: {disputed}, disputed: {won, lost}}
	for _, status := range ends[s.truth.dispute] {
		n := s.happens()
		n.truth.dispute = status
		next.may(n, "the dispute at the bank: %s", status)
	}
}

// happens adds an event of Stripe.
func (s returnsState) happens() returnsState {
	s.unread = true
	return s
}

// held reports whether the bank has the money, so that Stripe refuses a refund.
func (r returned) held() bool { return r.dispute == disputed || r.dispute == lost }

// begin lets a process check, for an event of Stripe's list or a webhook, or settle.
func (r returns) begin(s returnsState, next *steps[returnsState]) {
	free := slices.Index(s.tasks[:], look{})
	if free < 0 {
		return
	}
	n := s
	if n.tasks[free] = (look{at: lookAsks}); !r.noHooks {
		next.may(n, "a webhook starts a check, which reads the charge")
	}
	if s.unread && !r.noFeed {
		n.tasks[free].feed = true
		n.unread = false
		next.must(n, "an event in Stripe's list starts a check, which reads the charge")
	}
	r.settle(s, free, next)
}

// settle is the first half of Service.settle, by the event of the order or the reconciler.
func (r returns) settle(s returnsState, free int, next *steps[returnsState]) {
	n := s
	switch {
	case s.charge != succeeded || s.settled:
	case s.copy == complete, s.copy == cancelled && s.noted.dispute == lost && !r.keepLost:
		n.settled = true
		next.must(n.wrote(free), "a process settles: the order is %s", s.copy)
	case s.copy == cancelled && s.noted.dispute == disputed: // nothing yet
	case s.copy == cancelled && s.truth.halves == 2:
		n.tasks[free].at = settleWrites
		next.must(n, "a process settles: it finds refunds of all the money")
	case s.copy == cancelled:
		n.tasks[free].at = settleRefunds
		next.must(n, "a process settles: it finds no refund of all the money")
	}
}

// wrote makes other processes' reads of the charge stale.
func (s returnsState) wrote(by int) returnsState {
	for i := range s.tasks {
		if i != by && s.tasks[i].at != lookAway {
			s.tasks[i].stale = true
		}
	}
	return s
}

// goOn takes a process one step further, or lets it die.
func (r returns) goOn(s returnsState, i int, next *steps[returnsState]) {
	n := s
	switch l := s.tasks[i]; l.at {
	case lookAsks:
		n.tasks[i].at, n.tasks[i].read = lookWrites, s.truth
		next.must(n, "it reads at Stripe: %d halves are back, the dispute is %s", s.truth.halves, s.truth.dispute)
	case lookWrites:
		if l.stale && !r.writeOld {
			n.tasks[i] = look{at: lookAsks, feed: l.feed}
			next.must(n, "it finds that the charge changed, and reads it again")
		} else {
			next.must(s.note(i), "it records %d halves, and the dispute as %s", l.read.halves, l.read.dispute)
		}
	case settleRefunds:
		r.refund(s, i, next)
	case settleWrites:
		n.tasks[i] = look{}
		next.must(n.refund().wrote(i), "it writes refunded")
	}
	n = s
	n.unread = s.unread || s.tasks[i].feed && !r.forgetEvents
	n.tasks[i] = look{}
	next.may(n, "a process dies")
}

// refund is the call to Stripe that refunds the rest.
func (r returns) refund(s returnsState, i int, next *steps[returnsState]) {
	n := s
	switch {
	case s.truth.held() && r.refundAsKept:
		n.tasks[i] = look{}
		next.must(n, "it can't refund: the payment is disputed")
	case s.truth.held():
		n.tasks[i] = look{at: lookAsks}
		next.must(n, "it can't refund: the payment is disputed; it starts a check")
	default:
		n = s.happens()
		n.truth.halves = 2
		n.tasks[i].at = settleWrites
		next.must(n, "it refunds the rest")
	}
}

// note is Charge.Note.
func (s returnsState) note(i int) returnsState {
	read := s.tasks[i].read
	s.tasks[i] = look{}
	before := s
	unasked := s.charge == succeeded && read.halves > s.noted.halves && s.copy != cancelled
	unasked = unasked || read.dispute != s.noted.dispute && read.held()
	s.asked = s.asked || unasked
	s.noted = read
	if read.halves == 2 {
		s = s.refund()
	}
	if s == before {
		return s
	}
	return s.wrote(i)
}

// refund is Charge.Refund.
func (s returnsState) refund() returnsState {
	if s.charge == succeeded {
		s.charge, s.noted.halves = refunded, 2
		s.events++
	}
	return s
}

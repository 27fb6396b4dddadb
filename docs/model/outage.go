package main

// outage is one order and its payment while payments and orders lose and regain the broker. The connection of orders
// may be silent before orders notices. Each field leaves out a rule. Durations appear only as the order of events:
// see README.md.
type outage struct {
	askFirst     bool // Stripe is asked before the broker has payment:started
	sweepAway    bool // orders sweeps without a session
	sweepAtOnce  bool // the sweep ends orders before a silent broker is noticed
	noCatchUp    bool // the sweep trusts a new session
	hastyCatchUp bool // a session has lasted before its silence would be noticed
	obeyTimer    bool // expiration:complete counts in a new session
	leavePaused  bool // paused payments aren't ended

	openDoor bool // payments aren't refused early
}

// link is orders' session with the broker.
type link uint8

const (
	steady link = iota
	silent      // lost, but not noticed yet
	severed
	fresh
)

// The time of the order.
const (
	inTime = iota
	timeUp
	overdue
)

type outageState struct {
	link
	payAway  bool // payments has no session
	time     uint8
	payment  payStep
	answered bool // the POST returned `succeeded` in time
	stored   set  // by the broker, of the events of the payment
	heard    set  // by orders
	timer    bool // the broker has expiration:complete
	order    orderStatus
}

// payStep is the state of the payment.
type payStep uint8

const (
	notBegun payStep = iota
	inserted
	paused
	hasSucceeded
	hasFailed
)

func (o outage) explore() finding {
	return model[outageState]{start: outageState{order: created}, next: o.next, always: outageState.wrong, atRest: outageState.wrongAtRest}.explore()
}

func (s outageState) wrong() string {
	if s.answered && s.order == cancelled {
		return "P5b: an order that was paid in time is cancelled"
	}
	return ""
}

func (s outageState) wrongAtRest() string {
	if !s.order.ended() {
		return "P5: an order is " + s.order.String()
	}
	if s.payment == inserted || s.payment == paused {
		return "P5: a charge is pending"
	}
	return s.wrong()
}

func (o outage) next(s outageState, next *steps[outageState]) {
	o.connections(s, next)
	o.clock(s, next)
	o.pay(s, next)
	o.relay(s, next)
	o.hear(s, next)
	o.expire(s, next)
}

// behind reports whether orders has yet to handle an event of the payment.
func (s outageState) behind() bool { return s.stored&^s.heard != 0 }

func (o outage) connections(s outageState, next *steps[outageState]) {
	n := s
	n.payAway = !s.payAway
	if s.payAway {
		next.must(n, "payments has the broker again")
	} else {
		next.may(n, "payments loses the broker")
	}
	n = s
	switch s.link {
	case steady:
		n.link = silent
		next.may(n, "orders' connection falls silent")
	case silent:
		n.link = severed
		next.must(n, "orders notices that the broker is away")
	case severed:
		n.link = fresh
		next.must(n, "orders has a new session")
	case fresh:
		if n.link = steady; !s.behind() { // the bound: stored events are handled in this time
			next.must(n, "orders' session has lasted")
		}
		n.link = severed // noticed before the session has lasted
		if o.hastyCatchUp {
			n.link = silent
		}
		next.may(n, "orders' new connection falls silent")
	}
}

func (o outage) clock(s outageState, next *steps[outageState]) {
	n := s
	n.time++
	switch {
	case s.time == inTime && !(s.link == steady && s.behind()): // delivery is fast
		next.must(n, "the order's time is up")
	case s.time == timeUp && s.link != silent: // a silence is noticed sooner
		next.must(n, "the order is overdue")
	}
	if n = s; s.time > inTime && !s.timer {
		n.timer = true
		next.may(n, "the broker stores expiration:complete")
	}
}

func (o outage) pay(s outageState, next *steps[outageState]) {
	n := s
	switch {
	case s.payment == notBegun && s.time == inTime && (!s.payAway || o.openDoor):
		n.payment = inserted
		next.may(n, "a POST inserts the charge")
	case s.payment == inserted && (s.stored.has(paymentStarted) || o.askFirst):
		n.payment, n.answered = hasSucceeded, s.time == inTime
		next.must(n, "Stripe takes the money, and the POST answers succeeded")
	case s.payment == inserted && s.payAway:
		n.payment = paused
		next.must(n, "the broker doesn't store payment:started, and the POST answers 503")
	case s.payment == paused && s.time == inTime:
		n.payment = inserted
		next.may(n, "another POST resumes the payment")
	case s.payment == paused && !o.leavePaused:
		n.payment = hasFailed
		next.must(n, "the reconciler ends the paused payment")
	}
}

// relay is the outbox of payments, which publishes in order.
func (o outage) relay(s outageState, next *steps[outageState]) {
	if s.payAway || s.payment == notBegun {
		return
	}
	n := s
	switch {
	case !s.stored.has(paymentStarted):
		n.stored = s.stored.with(paymentStarted)
		next.must(n, "the broker stores payment:started")
	case s.payment == hasSucceeded && !s.stored.has(paymentCreated):
		n.stored = s.stored.with(paymentCreated)
		next.must(n, "the broker stores payment:created")
	case s.payment == hasFailed && !s.stored.has(paymentFailed):
		n.stored = s.stored.with(paymentFailed)
		next.must(n, "the broker stores payment:failed")
	}
}

// hear delivers stored events to orders, in any order.
func (o outage) hear(s outageState, next *steps[outageState]) {
	if s.link == silent || s.link == severed {
		return
	}
	for e, subject := range paymentEvents {
		if !s.stored.has(e) || s.heard.has(e) {
			continue
		}
		n := s
		n.heard = s.heard.with(e)
		switch {
		case s.order.ended():
		case e == paymentCreated:
			n.order = complete
		case e == paymentFailed:
			n.order = cancelled
		case s.order == created:
			n.order = awaitingPayment
		}
		next.must(n, "orders gets %s: the order is %s", subject, n.order)
	}
}

// expire is Service.expirationComplete and Service.expireOverdue.
func (o outage) expire(s outageState, next *steps[outageState]) {
	if s.order != created || s.time == inTime {
		return
	}
	n := s
	n.order = cancelled
	if s.timer && (s.link == steady || s.link == fresh && o.obeyTimer) {
		next.may(n, "orders gets expiration:complete: the order is cancelled")
	}
	acts := s.link == steady || s.link == silent || s.link == severed && o.sweepAway || s.link == fresh && o.noCatchUp
	if acts && (s.time == overdue || o.sweepAtOnce) {
		next.must(n, "orders' sweep cancels the order")
	}
}

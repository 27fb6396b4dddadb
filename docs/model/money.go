package main

import "slices"

// money is one order and what is paid for it: orders, payments with up to three processes at once, Stripe,
// the bank and the payer. Each field leaves a rule out; those at the end leave out what is there to be
// fast or polite, and make the model smaller.
type money struct {
	// Of the order.
	payCancelled  bool // payment:created completes a cancelled order
	startEnded    bool // payment:started takes an order back that has ended
	payStarted    bool // payment:created applies only after payment:started
	failStarted   bool // payment:failed applies only after payment:started
	ignoreFailure bool // payment:failed changes nothing
	trustTimer    bool // an expiration that comes early is obeyed
	noOverdue     bool // orders does not end what is overdue by itself

	// Of the charge.
	chargeEach     bool // each POST makes a charge of its own
	confirmFirst   bool // the PaymentIntent is confirmed before it is stored
	attachEnded    bool // it is stored though the charge is no longer pending
	attachAgain    bool // it is stored in place of another
	failAttached   bool // a charge without a PaymentIntent fails though one has been stored meanwhile
	failFirst      bool // failed is written before the PaymentIntent is cancelled
	cancelAnyhow   bool // a cancellation that is refused counts as one
	cancelSilent   bool // a cancellation that is not answered counts as one
	impatient      bool // nobody waits a minute before a payment is taken as dead
	noReconciler   bool // nobody looks for pending charges
	leaveUnasked   bool // … those without a PaymentIntent
	leaveOpen      bool // … those whose PaymentIntent is not confirmed
	leaveQuestions bool // … those whose bank still asks
	noSettling     bool // nobody looks for charges that are not settled
	refundCreated  bool // the money goes back unless the order is complete
	refundBlindly  bool // a refund is not looked for
	believeHooks   bool // what a webhook says is written

	endAwaiting   bool // time and buyer end an order whose payment is in flight
	payEnded      bool // an order that has ended can be paid
	noHints       bool // nobody but the reconciler looks at a pending charge
	eventNoSettle bool // the order's events do not settle
	payNoSettle   bool // a payment that has succeeded does not settle
	few           bool // two processes
}

type orderStatus uint8

const (
	none orderStatus = iota
	created
	awaitingPayment
	complete
	cancelled
)

func (s orderStatus) String() string {
	return [...]string{"unknown", "created", "awaiting:payment", "complete", "cancelled"}[s]
}

func (s orderStatus) ended() bool { return s == complete || s == cancelled }

type moneyState struct {
	order    orderStatus
	timeUp   bool // expiresAt has passed, and whatever is waited after it
	minute   bool // the charge was opened a minute ago
	copy     orderStatus
	told     bool // payments has acknowledged how the order ended
	payments [2]payment
	tasks    [3]task
}

// payment is a charge, what orders hears of it, and its PaymentIntent. As built there is one.
type payment struct {
	charge   chargeStatus
	attached bool // it has the PaymentIntent's id
	replaced bool // its first PaymentIntent took the money, and another is stored instead
	settled  bool
	recorded set
	heard    set // of the recorded events, those that orders has acknowledged
	intent
}

type chargeStatus uint8

const (
	unopened chargeStatus = iota
	pending
	succeeded
	failed
	refunded
)

func (s chargeStatus) String() string {
	return [...]string{"not there", "pending", "succeeded", "failed", "refunded"}[s]
}

// The events of a charge.
const (
	paymentStarted = iota
	paymentCreated
	paymentFailed
)

var paymentEvents = [...]string{"payment:started", "payment:created", "payment:failed"}

func (m money) explore() finding { return m.model().explore() }

func (m money) model() model[moneyState] {
	ordered := moneyState{order: created}
	return model[moneyState]{ordered, m.next, moneyState.wrong, moneyState.wrongAtRest, moneyState.sorted}
}

// sorted makes one of the states that differ only in which process is which, and in what has begun a task
// where that is only told.
func (s moneyState) sorted() moneyState {
	for i := range s.tasks {
		if t := &s.tasks[i]; t.of == another {
			t.of = thePOST
		}
	}
	slices.SortFunc(s.tasks[:], func(a, b task) int { return a.rank() - b.rank() })
	return s
}

func (s moneyState) wrong() string {
	taken := 0
	for _, p := range s.payments {
		if p.status == captured {
			taken++
		}
		if p.replaced {
			taken++
		}
		switch {
		case p.charge == failed && p.status == captured:
			return "P4: a charge has failed, and its money is taken"
		case p.charge == succeeded && p.status != captured:
			return "P4: a charge has succeeded, and no money is taken"
		case p.charge == failed && !p.refused && !s.minute:
			return "a payment is ended while it is under way"
		}
		if p.refunded && s.order == complete {
			return "P4: an order is complete, and its money given back"
		}
	}
	switch {
	case taken > 1:
		return "P4: a card is charged twice"
	case taken == 0 && s.order == complete:
		return "P4: an order is complete, and no money taken"
	}
	return ""
}

func (s moneyState) wrongAtRest() string {
	if !s.order.ended() {
		return "P5: an order is " + s.order.String()
	}
	for _, p := range s.payments {
		switch {
		case p.charge == pending:
			return "P5: a charge is pending"
		case p.status == captured && s.order == cancelled && !p.refunded:
			return "P4: an order is cancelled, and its money kept"
		case p.refunded && p.charge != refunded:
			return "P4: money was given back, and its charge is " + p.charge.String()
		case p.status == captured && s.order == complete && p.charge != succeeded:
			return "P4: an order is complete, and its charge " + p.charge.String()
		}
	}
	return ""
}

func (m money) next(s moneyState, next *steps[moneyState]) {
	m.time(s, next)
	m.end(s, next)
	m.hearOrder(s, next)
	for k, p := range s.payments {
		if p.charge != unopened {
			m.hearPayment(s, k, next)
			m.ask(s, k, next)
			m.late(s, k, next)
		}
	}
	m.begin(s, next)
	for i, t := range s.tasks {
		if t.at != away {
			m.goOn(s, i, next)
		}
	}
}

func (m money) time(s moneyState, next *steps[moneyState]) {
	n := s
	if n.timeUp = true; !s.timeUp {
		next.must(n, "the order's time is up")
	}
	n = s
	if n.minute = true; !s.minute && s.payments[0].charge != unopened {
		next.must(n, "a minute has passed since the payment began")
	}
}

// end is Order.Cancel and Order.Expire.
func (m money) end(s moneyState, next *steps[moneyState]) {
	if s.order != created && !(s.order == awaitingPayment && m.endAwaiting) {
		return
	}
	n := s
	n.order = cancelled
	next.may(n, "the buyer cancels the order")
	switch {
	case s.timeUp && m.noOverdue:
		next.may(n, "orders gets expiration:complete: the order is cancelled")
	case s.timeUp:
		next.must(n, "orders finds the order overdue: it is cancelled")
	case m.trustTimer:
		next.wrong("P5: an order ends before its time", "orders gets expiration:complete early: the order is cancelled")
	}
}

// hearPayment brings orders the events of a charge: Order.StartPayment, Pay and FailPayment.
func (m money) hearPayment(s moneyState, k int, next *steps[moneyState]) {
	p := s.payments[k]
	for e, subject := range paymentEvents {
		if !p.recorded.has(e) {
			continue
		}
		n := s
		n.payments[k].heard = p.heard.with(e)
		switch e {
		case paymentStarted:
			if s.order == created || m.startEnded {
				n.order = awaitingPayment
			}
		case paymentCreated:
			if s.order == created && !m.payStarted || s.order == awaitingPayment || s.order == cancelled && m.payCancelled {
				n.order = complete
			}
		case paymentFailed:
			if (s.order == created && !m.failStarted || s.order == awaitingPayment) && !m.ignoreFailure {
				n.order = cancelled
			}
		}
		if s.order.ended() && n.order != s.order {
			next.wrong("P1: an order that has ended lives again", "orders gets %s: the order is %s", subject, n.order)
			continue
		}
		next.comes(p.heard.has(e), n, "orders gets %s: the order is %s", subject, n.order)
	}
}

// hearOrder brings payments the events of the order: Service.Listeners and Service.orderEnded. Settling while the
// order is open does nothing, so the program skips it.
func (m money) hearOrder(s moneyState, next *steps[moneyState]) {
	m.learn(s, created, s.copy != none, another, next)
	if s.order.ended() {
		m.learn(s, s.order, s.told, theEvent, next)
	}
}

// learn writes what an event says into the copy, if it is newer, and then settles all the same.
func (m money) learn(s moneyState, status orderStatus, again bool, of taskOf, next *steps[moneyState]) {
	free := m.free(s)
	if free < 0 {
		return
	}
	n := s
	n.copy = max(s.copy, status) // which grows with the version
	if s.payments[0].charge != unopened && !m.eventNoSettle {
		n.tasks[free] = task{settles, of, 0}
	} else {
		n.told = s.told || of == theEvent
	}
	next.comes(again, n, "payments hears that the order is %s", status)
}

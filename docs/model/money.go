package main

import "slices"

// money is one order and its payment: orders, up to three concurrent processes of payments, Stripe, the bank and the
// payer. Each field leaves out a rule; those at the end leave out spares, and make the model smaller.
type money struct {
	// Of the order.
	payCancelled  bool // payment:created completes a cancelled order
	startEnded    bool // payment:started reopens an ended order
	payStarted    bool // payment:created applies only after payment:started
	failStarted   bool // payment:failed applies only after payment:started
	ignoreFailure bool // payment:failed changes nothing
	trustTimer    bool // an early expiration ends the order
	noOverdue     bool // orders doesn't end overdue orders by itself

	// Of the charge.
	chargeEach     bool // each POST makes its own charge
	confirmFirst   bool // the PaymentIntent is confirmed before it is stored
	attachEnded    bool // it is stored even if the charge has ended
	attachAgain    bool // it replaces another
	failAttached   bool // a charge fails unasked even if a PaymentIntent was stored meanwhile
	failFirst      bool // failed is written before the PaymentIntent is cancelled
	cancelAnyhow   bool // a refused cancellation counts as done
	cancelSilent   bool // a cancellation without a response counts as done
	impatient      bool // a payment counts as abandoned at once
	noReconciler   bool // pending charges aren't checked
	leaveUnasked   bool // … those without a PaymentIntent
	leaveOpen      bool // … those whose PaymentIntent is not confirmed
	leaveQuestions bool // … those whose bank still asks
	noSettling     bool // unsettled charges aren't checked
	refundCreated  bool // a payment is refunded unless the order is complete
	refundBlindly  bool // an earlier refund isn't looked for
	believeHooks   bool // a webhook's status is written

	endAwaiting   bool // the timer and the buyer end an order with a payment in flight
	payEnded      bool // an ended order can be paid
	noHints       bool // only the reconciler checks pending charges
	eventNoSettle bool // the order's events don't settle
	payNoSettle   bool // a succeeded payment doesn't settle
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
	order        orderStatus
	timeUp       bool // expiresAt has passed, with all waits after it
	minute       bool // a minute has passed since the charge was opened
	copy         orderStatus
	acknowledged bool // payments acknowledged the order's end
	payments     [2]payment
	tasks        [3]task
}

// payment is a charge, its events, and its PaymentIntent. As built there is one.
type payment struct {
	charge   chargeStatus
	attached bool // it has the PaymentIntent's id
	replaced bool // its first PaymentIntent captured the money, but another is stored
	settled  bool
	recorded set
	heard    set // the recorded events that orders acknowledged
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

// sorted maps states to one that differ only in the order of their processes, or in the origin of a task where it only
// matters for traces.
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
			return "P4: a charge failed, but its money was captured"
		case p.charge == succeeded && p.status != captured:
			return "P4: a charge succeeded, but no money was captured"
		case p.charge == failed && !p.refused && !s.minute:
			return "a payment is ended while it is in progress"
		}
		if p.refunded && s.order == complete {
			return "P4: an order is complete, but its money was refunded"
		}
	}
	switch {
	case taken > 1:
		return "P4: a card is charged twice"
	case taken == 0 && s.order == complete:
		return "P4: an order is complete, but no money was captured"
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
			return "P4: an order is cancelled, but its money was kept"
		case p.refunded && p.charge != refunded:
			return "P4: money was refunded, but its charge is " + p.charge.String()
		case p.status == captured && s.order == complete && p.charge != succeeded:
			return "P4: an order is complete, but its charge is " + p.charge.String()
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

// hearPayment delivers a charge's events to orders: Order.StartPayment, Pay and FailPayment.
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
			next.wrong("P1: an ended order is open again", "orders gets %s: the order is %s", subject, n.order)
			continue
		}
		next.comes(p.heard.has(e), n, "orders gets %s: the order is %s", subject, n.order)
	}
}

// hearOrder delivers the order's events to payments: Service.Listeners and Service.orderEnded. Settling an open order
// does nothing, so the program skips it.
func (m money) hearOrder(s moneyState, next *steps[moneyState]) {
	m.copyOrder(s, created, s.copy != none, another, next)
	if s.order.ended() {
		m.copyOrder(s, s.order, s.acknowledged, theEvent, next)
	}
}

// copyOrder updates the copy if the event is newer, and settles in any case.
func (m money) copyOrder(s moneyState, status orderStatus, again bool, of taskOf, next *steps[moneyState]) {
	free := m.free(s)
	if free < 0 {
		return
	}
	n := s
	n.copy = max(s.copy, status) // statuses grow with the version
	if s.payments[0].charge != unopened && !m.eventNoSettle {
		n.tasks[free] = task{settles, of, 0}
	} else {
		n.acknowledged = s.acknowledged || of == theEvent
	}
	next.comes(again, n, "payments gets the event: the order is %s", status)
}

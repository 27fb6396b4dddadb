package main

import "slices"

// task is the current step of a process of payments.
type task struct {
	at      taskAt
	of      taskOf
	payment uint8
}

// taskOf is the origin of a task.
type taskOf uint8

const (
	thePOST  taskOf = iota
	another         // a repeated POST, a webhook, the reconciler
	theEvent        // of the order's end
)

func (o taskOf) String() string { return [...]string{"the POST", "another", "the event"}[o] }

type taskAt uint8

const (
	away taskAt = iota
	inserts
	opens
	attaches
	confirms
	readsRefusal // of the confirmation
	reads
	cancels
	fails
	failsUnasked
	succeeds
	asks
	settles
	looksForRefund
	refunds
	writesRefund
	writesSettled
)

// rank orders tasks: equal only for equal tasks.
func (t task) rank() int { return int(t.at)<<16 | int(t.of)<<8 | int(t.payment) }

// free is an idle process, or -1.
func (m money) free(s moneyState) int {
	busy := 0
	for _, t := range s.tasks {
		if t.at != away {
			busy++
		}
	}
	if m.few && busy == 2 {
		return -1
	}
	return slices.Index(s.tasks[:], task{})
}

// begin lets a process start a payment or check one.
func (m money) begin(s moneyState, next *steps[moneyState]) {
	free := m.free(s)
	if free < 0 {
		return
	}
	n, k := s, 0
	if m.chargeEach && s.payments[0].charge != unopened {
		k = 1
	}
	payable := s.copy != cancelled && !s.timeUp || m.payEnded
	if s.copy != none && payable && s.payments[k].charge == unopened {
		n.tasks[free] = task{inserts, thePOST, uint8(k)}
		next.may(n, "POST /api/payments: the order is %s, without a charge", s.copy)
	}
	for k, p := range s.payments {
		m.look(s, free, k, next)
		if p.charge == succeeded && !p.settled && !m.noSettling {
			n.tasks[free] = task{settles, another, uint8(k)}
			next.must(n, "the reconciler finds the charge succeeded, but not settled")
		}
		if p.attached && p.refused && m.believeHooks {
			n.tasks[free] = task{fails, another, uint8(k)}
			next.may(n, "a webhook reports that the payment failed")
		}
	}
}

// look is the beginning of Service.resolve, after a read of a pending charge.
func (m money) look(s moneyState, free, k int, next *steps[moneyState]) {
	p, n := s.payments[k], s
	if p.charge == pending && !p.attached && s.copy != cancelled && !s.timeUp && !m.noHints {
		n.tasks[free] = task{opens, another, uint8(k)}
		next.may(n, "another POST resumes the payment with its own token")
	}
	at := m.resolve(s, p)
	if at == away {
		return
	}
	n.tasks[free] = task{at, another, uint8(k)}
	if s.minute && !m.noReconciler {
		next.must(n, "the reconciler finds the charge pending")
	} else if !m.noHints {
		next.may(n, "a repeated POST or a webhook finds the charge pending")
	}
}

// resolve returns the next step for a charge.
func (m money) resolve(s moneyState, p payment) taskAt {
	switch {
	case p.charge != pending:
		return away
	case p.attached:
		return reads
	case m.overtime(s) && !m.leaveUnasked:
		return failsUnasked
	}
	return away
}

func (m money) overtime(s moneyState) bool { return s.minute || m.impatient }

// turn is a process at one of its steps.
type turn struct {
	money
	task
	s    moneyState
	i    int // the process
	p    payment
	next *steps[moneyState]
}

// goOn takes a process one step further, or lets it die. An error has the same effect as a death.
func (m money) goOn(s moneyState, i int, next *steps[moneyState]) {
	task := s.tasks[i]
	t := turn{m, task, s, i, s.payments[task.payment], next}
	switch t.at {
	case inserts:
		t.insert()
	case opens:
		t.open()
	case attaches:
		t.attach()
	case confirms:
		t.confirm()
	case readsRefusal, reads:
		t.read()
	case cancels:
		t.cancel()
	case fails, failsUnasked:
		t.fail()
	case succeeds:
		t.succeed()
	case asks:
		t.ask()
	case settles:
		t.settle()
	case looksForRefund:
		t.lookForRefund()
	case refunds:
		t.refund()
	case writesRefund, writesSettled:
		t.write()
	}
	next.may(t.gone(t.p), "%s: its process dies", t.of)
}

// then is the state after the process changed the payment, before its next step.
func (t turn) then(p payment, at taskAt) moneyState {
	if at == away {
		return t.done(p)
	}
	t.s.payments[t.payment] = p
	t.s.tasks[t.i].at = at
	return t.s
}

// done is the state after the process changed the payment and finished, and acknowledged its event.
func (t turn) done(p payment) moneyState {
	t.s.acknowledged = t.s.acknowledged || t.of == theEvent
	return t.gone(p)
}

// gone is the state after the process changed the payment and failed or died.
func (t turn) gone(p payment) moneyState {
	t.s.payments[t.payment] = p
	t.s.tasks[t.i] = task{}
	return t.s
}

// insert is step 2. An existing charge is checked instead.
func (t turn) insert() {
	p := t.p
	if p.charge != unopened {
		t.next.must(t.then(p, t.resolve(t.s, p)), "%s cannot insert the charge: it exists and is %s", t.of, p.charge)
		return
	}
	p.charge, p.recorded = pending, only(paymentStarted)
	t.next.must(t.then(p, opens), "%s inserts the charge", t.of)
}

// open is step 3.
func (t turn) open() {
	p, then := t.p, attaches
	if t.confirmFirst {
		then = confirms
	}
	if !p.attached {
		p.status = requiresConfirmation
	}
	t.next.must(t.then(p, then), "%s makes a PaymentIntent", t.of)
	p = t.p
	p.refused = true
	t.next.may(t.then(p, failsUnasked), "%s is refused a PaymentIntent", t.of)
}

// attach is step 4.
func (t turn) attach() {
	p, then := t.p, confirms
	if t.confirmFirst {
		then = reads
	}
	if p.charge != pending && !t.attachEnded {
		t.next.must(t.done(p), "%s cannot store the PaymentIntent: the charge is %s", t.of, p.charge)
		return
	}
	if p.attached && !t.attachAgain {
		t.next.must(t.done(p), "%s cannot store the PaymentIntent: the charge has another", t.of)
		return
	}
	if p.attached {
		p.replaced = p.replaced || p.status == captured
		p.status = requiresConfirmation
	}
	p.attached = true
	t.next.must(t.then(p, then), "%s stores the PaymentIntent", t.of)
}

// confirm is step 5.
func (t turn) confirm() {
	p, then, refused := t.p, reads, readsRefusal
	if t.confirmFirst {
		then, refused = attaches, attaches
	}
	if p.status != requiresConfirmation {
		t.next.must(t.then(p, refused), "%s cannot confirm the PaymentIntent: it is %s", t.of, p.status)
		return
	}
	for _, answer := range answers {
		p.intent = t.p.intent.confirm(answer)
		if answer == requiresPaymentMethod {
			t.next.must(t.then(p, refused), "%s confirms the PaymentIntent: %s", t.of, answer)
		} else {
			t.next.must(t.then(p, then), "%s confirms the PaymentIntent: %s", t.of, answer)
		}
	}
	p = t.p
	p.refused = true
	t.next.may(t.then(p, refused), "%s is refused the confirmation", t.of)
	p = t.p
	p.late = p.late.with(confirmation)
	t.next.may(t.then(p, then), "%s confirms the PaymentIntent and gets no response", t.of)
}

// read is step 6, with the decisions of resolve, resolveRefused and record.
func (t turn) read() {
	then, abandon := away, cancels
	if t.failFirst {
		abandon = fails
	}
	switch t.p.status {
	case requiresConfirmation:
		if t.at == readsRefusal || t.overtime(t.s) && !t.leaveOpen {
			then = abandon
		}
	case requiresAction:
		if t.at == reads && t.s.minute && t.s.timeUp && !t.leaveQuestions {
			t.next.must(t.then(t.p, abandon), "%s reads the PaymentIntent: %s, too late", t.of, t.p.status)
		}
		then = asks
	case requiresPaymentMethod:
		then = abandon
	case captured:
		then = succeeds
	case canceled:
		then = fails
	}
	t.next.must(t.then(t.p, then), "%s reads the PaymentIntent: %s", t.of, t.p.status)
}

// cancel is the first half of abandon.
func (t turn) cancel() {
	p := t.p
	switch {
	case p.status != captured:
		p.status = canceled
		t.next.must(t.then(p, fails), "%s cancels the PaymentIntent", t.of)
	case t.cancelAnyhow:
		t.next.must(t.then(p, fails), "%s cannot cancel the PaymentIntent: it has succeeded", t.of)
	default:
		t.next.must(t.then(p, succeeds), "%s cannot cancel the PaymentIntent: it has succeeded", t.of)
	}
	p = t.p
	p.late = p.late.with(cancellation)
	if t.cancelSilent {
		t.next.may(t.then(p, fails), "%s cancels the PaymentIntent and gets no response", t.of)
	} else {
		t.next.may(t.gone(p), "%s cancels the PaymentIntent and gets no response", t.of)
	}
}

// fail is Charge.Fail and Charge.FailUnasked.
func (t turn) fail() {
	p := t.p
	if p.charge == pending && (t.at == fails || !p.attached || t.failAttached) {
		p.charge, p.recorded = failed, p.recorded.with(paymentFailed)
	}
	t.next.must(t.done(p), "%s writes failed: the charge is %s", t.of, p.charge)
}

// succeed is Charge.Succeed, which step 7 follows.
func (t turn) succeed() {
	p, then := t.p, settles
	if t.payNoSettle {
		then = away
	}
	if p.charge == pending {
		p.charge, p.recorded = succeeded, p.recorded.with(paymentCreated)
	}
	t.next.must(t.then(p, then), "%s writes succeeded: the charge is %s", t.of, p.charge)
}

// ask is Charge.AskPayer.
func (t turn) ask() {
	p := t.p
	p.secret = p.secret || p.charge == pending
	t.next.must(t.done(p), "%s hands the client secret to the payer", t.of)
}

// settle is the first half of Service.settle: it compares the charge with the copy of the order.
func (t turn) settle() {
	then := away
	switch {
	case t.p.charge != succeeded || t.p.settled:
	case t.s.copy == complete:
		then = writesSettled
	case t.s.copy == cancelled, t.refundCreated:
		then = looksForRefund
		if t.refundBlindly {
			then = refunds
		}
	}
	t.next.must(t.then(t.p, then), "%s settles: the charge is %s, the order %s", t.of, t.p.charge, t.s.copy)
}

// lookForRefund is the first half of processor.refund.
func (t turn) lookForRefund() {
	if t.p.refunded {
		t.next.must(t.then(t.p, writesRefund), "%s finds a refund", t.of)
	} else {
		t.next.must(t.then(t.p, refunds), "%s finds no refund", t.of)
	}
}

// refund is the second half of processor.refund. Stripe refunds only once.
func (t turn) refund() {
	p := t.p
	switch {
	case p.refunded && t.refundBlindly:
		t.next.must(t.gone(p), "%s cannot refund: charge_already_refunded", t.of)
		return
	case p.refunded:
		t.next.must(t.then(p, writesRefund), "%s cannot refund: charge_already_refunded; it finds that refund", t.of)
		return
	}
	p.refunded = true
	t.next.must(t.then(p, writesRefund), "%s refunds", t.of)
	p = t.p
	p.late = p.late.with(refunding)
	t.next.may(t.gone(p), "%s refunds and gets no response", t.of)
}

// write is Charge.Refund and Charge.Settle.
func (t turn) write() {
	p := t.p
	if t.at == writesSettled {
		p.settled = p.settled || p.charge == succeeded
		t.next.must(t.done(p), "%s writes settled", t.of)
		return
	}
	if p.charge == succeeded {
		p.charge = refunded
	}
	t.next.must(t.done(p), "%s writes refunded: the charge is %s", t.of, p.charge)
}

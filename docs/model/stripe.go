package main

// intent is a PaymentIntent as Stripe has it.
type intent struct {
	status   intentStatus
	refunded bool
	refused  bool // the bank has declined, or Stripe refused
	secret   bool // the payer has the client secret
	late     set  // requests that are on their way though nobody waits for the answer
}

type intentStatus uint8

const (
	notMade intentStatus = iota
	requiresConfirmation
	requiresAction
	requiresPaymentMethod
	captured
	canceled
)

func (s intentStatus) String() string {
	return [...]string{
		"not made", "requires_confirmation", "requires_action", "requires_payment_method", "succeeded", "canceled",
	}[s]
}

// The requests that may be late.
const (
	confirmation = iota
	cancellation
	refunding
)

// answers are what the bank may say to a confirmation.
var answers = [...]intentStatus{captured, requiresAction, requiresPaymentMethod}

// confirm is a PaymentIntent that somebody confirms whom the bank answers.
func (i intent) confirm(answer intentStatus) intent {
	i.status = answer
	i.refused = i.refused || answer == requiresPaymentMethod
	return i
}

// ask is what a payer may do with the client secret, on their own: answer the bank, or confirm with
// another card.
func (m money) ask(s moneyState, k int, next *steps[moneyState]) {
	i := s.payments[k].intent
	if !i.secret || i.status != requiresAction && i.status != requiresPaymentMethod {
		return
	}
	for _, answer := range answers {
		n := s
		n.payments[k].intent = i.confirm(answer)
		next.may(n, "the payer confirms at Stripe: %s", answer)
	}
}

// late lets requests arrive whose sender has not waited for the answer.
func (m money) late(s moneyState, k int, next *steps[moneyState]) {
	i, n := s.payments[k].intent, s
	if i.late.has(confirmation) {
		i := i
		i.late = i.late.without(confirmation)
		if i.status != requiresConfirmation {
			n.payments[k].intent = i
			next.may(n, "the late confirmation is refused")
		} else {
			for _, answer := range answers {
				n.payments[k].intent = i.confirm(answer)
				next.may(n, "the late confirmation arrives: %s", answer)
			}
		}
	}
	if i.late.has(cancellation) {
		n.payments[k].intent = i
		n.payments[k].late = i.late.without(cancellation)
		if i.status != captured {
			n.payments[k].status = canceled
		}
		next.may(n, "the late cancellation arrives: %s", n.payments[k].status)
	}
	if i.late.has(refunding) {
		n.payments[k].intent = i
		n.payments[k].late = i.late.without(refunding)
		n.payments[k].refunded = true
		next.may(n, "the late refund arrives")
	}
}

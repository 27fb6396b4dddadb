package main

// intent is a PaymentIntent as Stripe has it.
type intent struct {
	status   intentStatus
	refunded bool
	refused  bool // the bank declined, or Stripe refused
	secret   bool // the payer has the client secret
	late     set  // requests still on their way after their sender gave up
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

// The requests that may arrive late.
const (
	confirmation = iota
	cancellation
	refunding
)

// answers are the bank's possible responses to a confirmation.
var answers = [...]intentStatus{captured, requiresAction, requiresPaymentMethod}

// confirm returns the intent after a confirmation.
func (i intent) confirm(answer intentStatus) intent {
	i.status = answer
	i.refused = i.refused || answer == requiresPaymentMethod
	return i
}

// ask lets a payer with the client secret respond to the bank, or confirm with another card.
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

// late lets requests arrive after their sender gave up.
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

// Package sandbox stands in for Stripe on one machine: it speaks the part of
// Stripe's HTTP API (version 2023-10-16) that a shop needs to take and refund a
// card payment, and it remembers what it was told.
//
// Unlike stripe-mock, which answers every call from fixtures, it has behaviour:
// test cards that are declined or ask for 3-D Secure, idempotency keys that
// replay, a PaymentIntent that captures at most once, refunds that can fail
// later, disputes, events that can be listed, webhooks that are signed and retried. Beyond Stripe it has what a test
// wants to know and to break, under /sandbox: the ledger of what was captured and
// refunded, the log of requests, and faults on demand.
//
// A request passes through these steps, each in its own file:
//
//	sandbox.go      routes it and gives it a Request-Id
//	auth.go         checks the API key
//	idempotency.go  replays the answer of an earlier request with the same key
//	params.go       reads its parameters; what is wrong here leaves no trace
//	fault.go        lets it go wrong on demand, before or after its effect
//	operation.go    runs it in one transaction together with its stored answer
//	courier.go      delivers the events it caused
//
// The rules of Stripe's objects are in paymentmethod.go, paymentintent.go,
// charge.go, refund.go and dispute.go, and do no I/O.
//
// Messages and codes are worded as Stripe words them. Where a comment says
// "Stripe:", what follows is taken from https://docs.stripe.com/api, from
// https://docs.stripe.com/testing or from https://docs.stripe.com/error-low-level.
package sandbox

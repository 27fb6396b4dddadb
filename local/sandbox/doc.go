// Package sandbox stands in for Stripe on one machine. It speaks the part of Stripe's API
// (version 2023-10-16) that payments uses, and unlike stripe-mock it has state: test cards
// that are declined or ask for 3-D Secure, idempotent replays, refunds that can fail later,
// disputes, and signed webhooks with retries. Under /sandbox it adds a ledger and faults.
// Objects have only the fields that payments, the bank's page or a test reads.
//
// A request passes through these files:
//
//	sandbox.go      routing and errors
//	auth.go         API key
//	idempotency.go  replay of an earlier answer
//	params.go       form fields
//	fault.go        injected faults, before or after the effect
//	operation.go    effect and stored answer, in one transaction
//	webhooksender.go  delivery of the events
//
// Messages and codes are Stripe's. Rules marked "Stripe:" come from its documentation.
package sandbox

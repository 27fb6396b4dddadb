package sandbox

import "slices"

// testCard is one of Stripe's test cards: https://docs.stripe.com/testing.
type testCard struct {
	token       string // the card as a token
	method      string // the card as a PaymentMethod
	brand       string
	last4       string // identifies the card
	declineCode string // empty if the bank accepts
	message     string // of a decline
	asksBank    bool   // requires 3-D Secure
	dispute     string // status of the dispute that follows the payment, or empty if none
}

var testCards = []testCard{
	{token: "tok_visa", method: "pm_card_visa", brand: "visa", last4: "4242"},
	{token: "tok_mastercard", method: "pm_card_mastercard", brand: "mastercard", last4: "4444"},
	{
		token: "tok_chargeDeclined", method: "pm_card_chargeDeclined", brand: "visa", last4: "0002",
		declineCode: "generic_decline", message: "Your card was declined.",
	},
	{
		token: "tok_chargeDeclinedInsufficientFunds", method: "pm_card_chargeDeclinedInsufficientFunds", brand: "visa", last4: "9995",
		declineCode: "insufficient_funds", message: "Your card has insufficient funds.",
	},
	{method: "pm_card_authenticationRequired", brand: "visa", last4: "3184", asksBank: true},
	{token: "tok_createDispute", method: "pm_card_createDispute", brand: "visa", last4: "0259", dispute: needsResponse},
	{
		token: "tok_createDisputeInquiry", method: "pm_card_createDisputeInquiry", brand: "visa", last4: "1976",
		dispute: warningNeedsResponse,
	},
}

// findCard returns the test card that matches, if any.
func findCard(matches func(testCard) bool) (testCard, bool) {
	i := slices.IndexFunc(testCards, matches)
	if i < 0 {
		return testCard{}, false
	}
	return testCards[i], true
}

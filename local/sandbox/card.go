package sandbox

import "slices"

// testCard is a card whose behaviour is known. Stripe: https://docs.stripe.com/testing.
type testCard struct {
	token       string // names the card where a token is wanted
	method      string // names it where a PaymentMethod is wanted
	brand       string
	last4       string // tells the cards apart, as their numbers do at Stripe
	declineCode string // empty: the bank agrees
	message     string // with a decline
	asksBank    bool   // wants 3-D Secure
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

// findCard returns the test card that matches, if there is one.
func findCard(matches func(testCard) bool) (testCard, bool) {
	i := slices.IndexFunc(testCards, matches)
	if i < 0 {
		return testCard{}, false
	}
	return testCards[i], true
}

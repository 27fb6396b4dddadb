package sandbox

import "github.com/stripe/stripe-go/v76"

// paymentMethod is a payer's card.
// Stripe: https://docs.stripe.com/api/payment_methods/object.
type paymentMethod struct {
	ID       string            `json:"id"`
	Object   string            `json:"object"`
	Card     card              `json:"card"`
	Created  int64             `json:"created"`
	Metadata map[string]string `json:"metadata"`
	Type     string            `json:"type"`
}

type card struct {
	Brand string `json:"brand"`
	Last4 string `json:"last4"`
}

// newPaymentMethod creates a PaymentMethod from a test card.
func newPaymentMethod(tx *tx, of testCard, metadata map[string]string) *paymentMethod {
	pm := &paymentMethod{
		ID:       tx.newID(paymentMethods),
		Object:   "payment_method",
		Card:     card{of.brand, of.last4},
		Created:  tx.now.Unix(),
		Metadata: metadata,
		Type:     "card",
	}
	put(tx, paymentMethods, pm.ID, pm)
	return pm
}

// testCard returns the PaymentMethod's test card.
func (pm *paymentMethod) testCard() testCard {
	card, _ := findCard(func(c testCard) bool { return c.last4 == pm.Card.Last4 }) // every PaymentMethod is a test card
	return card
}

// namedPaymentMethod returns the PaymentMethod with an id. A built-in id such as
// pm_card_visa becomes a new PaymentMethod every time it is used, as at Stripe.
func namedPaymentMethod(tx *tx, id string) (*paymentMethod, error) {
	if card, ok := findCard(func(c testCard) bool { return c.method == id }); ok {
		return newPaymentMethod(tx, card, map[string]string{}), nil
	}
	return find[paymentMethod](tx, paymentMethods, id)
}

func createPaymentMethod(c *call) action {
	c.required("type")
	if c.oneOf("type", "card") == "card" && !c.has("card[token]") {
		c.refuse(invalid("card", stripe.ErrorCodeParameterMissing, "Missing required param: card."))
	}
	token, metadata := c.text("card[token]"), c.dict("metadata")
	return func(tx *tx) (any, error) {
		card, ok := findCard(func(c testCard) bool { return c.token == token })
		if !ok {
			return nil, invalid("card[token]", stripe.ErrorCodeResourceMissing, "No such token: '%s'", token)
		}
		return newPaymentMethod(tx, card, metadata), nil
	}
}

func retrievePaymentMethod(c *call) action {
	return func(tx *tx) (any, error) { return namedPaymentMethod(tx, c.object) }
}

package sandbox

import (
	"net/url"

	"github.com/stripe/stripe-go/v76"
)

func createPaymentIntent(c *call) action {
	amount, currency := c.amount(), c.required("currency")
	if currency != "" && currency != "usd" {
		c.refuse(invalid("currency", "", "Invalid currency: %s. The sandbox supports only usd.", currency))
	}
	method, metadata := c.text("payment_method"), c.dict("metadata")
	c.list("payment_method_types", "card")
	return func(tx *tx) (any, error) {
		in := newPaymentIntent(tx.newID(paymentIntents), amount, metadata, tx.now)
		if method != "" {
			pm, err := namedPaymentMethod(tx, method)
			if err != nil {
				return nil, asParam("payment_method", err)
			}
			in.use(pm)
		}
		put(tx, paymentIntents, in.ID, in)
		tx.emit("payment_intent.created", in)
		return in, nil
	}
}

// amount reads the amount to pay.
func (c *call) amount() int64 {
	c.required("amount")
	amount := c.integer("amount")
	switch {
	case amount < minAmount:
		c.refuse(invalid("amount", stripe.ErrorCodeAmountTooSmall, "Amount must be at least $0.50 usd"))
	case amount > maxAmount:
		c.refuse(invalid("amount", stripe.ErrorCodeAmountTooLarge, "Amount must be no more than $999,999.99"))
	}
	return amount
}

func retrievePaymentIntent(c *call) action {
	secret, expand := c.clientSecret(), c.list("expand", "latest_charge")
	return func(tx *tx) (any, error) {
		in, err := find[paymentIntent](tx, paymentIntents, c.object)
		if err != nil {
			return nil, err
		}
		if err := in.admits(c.apiKey, secret); err != nil || len(expand) == 0 || in.LatestCharge == "" {
			return in, err
		}
		ch, err := find[charge](tx, charges, string(in.LatestCharge))
		return expandedIntent{in, ch}, err
	}
}

// expandedIntent is a PaymentIntent with its charge in place of the charge's id.
type expandedIntent struct {
	*paymentIntent
	LatestCharge *charge `json:"latest_charge"`
}

func confirmPaymentIntent(c *call) action {
	method, secret := c.text("payment_method"), c.clientSecret()
	c.boolean("use_stripe_sdk") // Stripe.js always shows the bank's page
	return func(tx *tx) (any, error) {
		in, err := find[paymentIntent](tx, paymentIntents, c.object)
		if err != nil {
			return nil, err
		}
		if err := in.admits(c.apiKey, secret); err != nil {
			return nil, err
		}
		if err := in.mayConfirm(); err != nil {
			return nil, err
		}
		if method == "" {
			method = in.PaymentMethod
		}
		if method == "" {
			return nil, missingMethod(in)
		}
		pm, err := namedPaymentMethod(tx, method)
		if err != nil {
			return nil, asParam("payment_method", err)
		}
		return pay(tx, in, pm, bankPage(c.bank, in))
	}
}

// clientSecret reads the secret that identifies the payer.
func (c *call) clientSecret() string {
	if c.apiKey.publishable() {
		return c.required("client_secret")
	}
	return c.text("client_secret")
}

func missingMethod(in *paymentIntent) error {
	return in.unexpectedState("You cannot confirm this PaymentIntent because it's missing a payment method. " +
		"You can either update the PaymentIntent with a payment method and then confirm it again, " +
		"or confirm it again directly with a payment method.")
}

func cancelPaymentIntent(c *call) action {
	reason := c.oneOf("cancellation_reason", "duplicate", "fraudulent", "requested_by_customer", "abandoned")
	return func(tx *tx) (any, error) {
		in, err := find[paymentIntent](tx, paymentIntents, c.object)
		if err != nil {
			return nil, err
		}
		if err := in.cancel(reason, tx.now); err != nil {
			return nil, err
		}
		put(tx, paymentIntents, in.ID, in)
		tx.emit("payment_intent.canceled", in)
		return in, nil
	}
}

// pay charges a card: the payment is captured or declined, or the bank asks the payer.
func pay(tx *tx, in *paymentIntent, pm *paymentMethod, bankPage string) (any, error) {
	card := pm.testCard()
	switch {
	case card.asksBank:
		in.askBank(pm, bankPage)
		put(tx, paymentIntents, in.ID, in)
		tx.emit("payment_intent.requires_action", in)
		return in, nil
	case card.declineCode != "":
		return nil, decline(tx, in, pm, card)
	default:
		capture(tx, in, pm)
		return in, nil
	}
}

// capture takes the money.
func capture(tx *tx, in *paymentIntent, pm *paymentMethod) {
	ch := newCharge(tx.newID(charges), in, pm, tx.now)
	ch.capture()
	in.succeed(ch)
	put(tx, charges, ch.ID, ch)
	put(tx, paymentIntents, in.ID, in)
	tx.emit("charge.succeeded", ch)
	tx.emit("payment_intent.succeeded", in)
	if status := pm.testCard().dispute; status != "" {
		openDispute(tx, ch, status)
	}
}

// decline returns the error for the request that used the card.
func decline(tx *tx, in *paymentIntent, pm *paymentMethod, card testCard) error {
	ch := newCharge(tx.newID(charges), in, pm, tx.now)
	ch.Status = "failed"
	refusal := in.decline(ch, pm, card)
	put(tx, charges, ch.ID, ch)
	put(tx, paymentIntents, in.ID, in)
	tx.emit("charge.failed", ch)
	tx.emit("payment_intent.payment_failed", in)
	return refusal
}

// bankPage is the address of the bank's page.
func bankPage(bank string, in *paymentIntent) string {
	return bank + "/sandbox/authenticate/" + in.ID + "?client_secret=" + url.QueryEscape(in.ClientSecret)
}

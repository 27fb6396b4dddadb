package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"ticketing.dev/common/money"
	"ticketing.dev/local/api"
	"ticketing.dev/local/sandbox/remote"
)

func (d *demo) signUp(ctx context.Context) error {
	return errors.Join(
		d.enter(ctx, d.seller, "seller"),
		d.enter(ctx, d.buyer, "buyer"),
		d.enter(ctx, d.rival, "rival"))
}

func (d *demo) purchase(ctx context.Context) error {
	t, o, err := d.reserve(ctx, "Opening night", d.buyer)
	if err != nil {
		return err
	}
	charge, err := d.buyer.Pay(ctx, o.ID, "tok_visa")
	if err != nil {
		return err
	}
	if err := errors.Join(same("the charge", charge.Status, api.Succeeded), same("the amount", charge.Amount.Cents, price)); err != nil {
		return err
	}
	d.say("tok_visa pays %s", charge.Amount.Cents)
	return d.completed(ctx, t, o)
}

func (d *demo) declined(token, message string) func(context.Context) error {
	return func(ctx context.Context) error {
		t, o, err := d.reserve(ctx, "Second row", d.buyer)
		if err != nil {
			return err
		}
		_, err = d.buyer.Pay(ctx, o.ID, token)
		if err := refused(err, http.StatusPaymentRequired, message); err != nil {
			return err
		}
		d.say("%s is refused: 402 %s", token, message)
		return d.released(ctx, soon, t, o)
	}
}

func (d *demo) race(ctx context.Context) error {
	t, err := d.list(ctx, "The last seat")
	if err != nil {
		return err
	}
	type result struct {
		order api.Order
		who   *api.Client
		err   error
	}
	results := make(chan result)
	for _, who := range []*api.Client{d.buyer, d.rival} {
		go func() {
			o, err := who.PlaceOrder(ctx, t.ID)
			results <- result{o, who, err}
		}()
	}
	winner, loser := <-results, <-results
	if winner.err != nil {
		winner, loser = loser, winner
	}
	if winner.err != nil {
		return errors.Join(winner.err, loser.err)
	}
	if err := refused(loser.err, http.StatusBadRequest, "Ticket is already reserved"); err != nil {
		return err
	}
	d.say("both order it at once: one gets it, the other gets 400 Ticket is already reserved")
	if err := within(ctx, soon, d.ticketIs(t, api.Reserved)); err != nil {
		return err
	}
	if err := winner.who.CancelOrder(ctx, winner.order.ID); err != nil {
		return err
	}
	d.unpaid = append(d.unpaid, winner.order.ID)
	if err := within(ctx, soon, d.ticketIs(t, api.Available)); err != nil {
		return err
	}
	d.say("the winner thinks better of it and cancels, the ticket is free again")
	return nil
}

func (d *demo) bank(ctx context.Context) error {
	t, o, err := d.reserve(ctx, "Balcony", d.buyer)
	if err != nil {
		return err
	}
	charge, err := d.buyer.Pay(ctx, o.ID, "pm_card_authenticationRequired")
	if err != nil {
		return err
	}
	if err := same("the charge", charge.Status, api.Pending); err != nil {
		return err
	}
	d.say("pm_card_authenticationRequired: the charge of %s is pending, the bank asks the payer", charge.Amount.Cents)
	if err := d.approve(ctx, charge); err != nil {
		return err
	}
	d.say("the payer approves at the bank's page")
	return d.completed(ctx, t, o)
}

func (d *demo) expiry(ctx context.Context) error {
	t, o, err := d.reserve(ctx, "Standing room", d.buyer)
	if err != nil {
		return err
	}
	if err := d.released(ctx, time.Until(o.ExpiresAt)+late, t, o); err != nil {
		return err
	}
	after := time.Since(o.ExpiresAt)
	if after < 0 {
		return fmt.Errorf("it ended %v before its time", -after)
	}
	d.say("that was %.1fs after its time was up", after.Seconds())
	_, err = d.buyer.Pay(ctx, o.ID, "tok_visa")
	if err := refused(err, http.StatusBadRequest, "The order is cancelled"); err != nil {
		return err
	}
	d.say("tok_visa is refused: 400 The order is cancelled")
	return nil
}

const (
	// begunBefore is how long before the end of the order the late payment begins, and slow is how long
	// Stripe then takes: less than payments waits for it, and long enough for the order to end.
	begunBefore = 2 * time.Second
	slow        = 6 * time.Second
)

func (d *demo) latePayment(ctx context.Context) error {
	t, o, err := d.reserve(ctx, "Row thirteen", d.buyer)
	if err != nil {
		return err
	}
	if err := until(ctx, o.ExpiresAt.Add(-begunBefore)); err != nil {
		return err
	}
	if err := d.sandbox.SlowDown(ctx, "payment_methods.create", slow); err != nil {
		return err
	}
	d.say("%v before the end the buyer pays with tok_visa, and Stripe takes its time", begunBefore)
	paid := make(chan error, 1)
	go func() {
		_, err := d.buyer.Pay(ctx, o.ID, "tok_visa")
		paid <- err
	}()
	if err := d.released(ctx, begunBefore+late, t, o); err != nil {
		return err
	}
	if err := <-paid; err != nil {
		return err
	}
	d.say("the payment succeeds all the same")
	return d.refunded(ctx, o)
}

func (d *demo) refunded(ctx context.Context, o api.Order) error {
	return within(ctx, soon, func(ctx context.Context) error {
		charge, err := d.buyer.AwaitCharge(ctx, o.ID, api.Refunded)
		if err != nil {
			return err
		}
		if charge.StripeRefundID == "" {
			return errors.New("the refund has no number")
		}
		d.say("%s are given back: refund %s", charge.Amount.Cents, charge.StripeRefundID)
		return nil
	})
}

// money compares what Stripe has taken and kept with what was bought.
func (d *demo) money(ctx context.Context) error {
	ledger, err := d.sandbox.Ledger(ctx)
	if err != nil {
		return err
	}
	kept := money.Cents(0)
	for _, order := range d.paid {
		got, times := remote.Kept(ledger, order)
		if err := errors.Join(same("what a paid order has cost", got, price), same("the number of captures", times, 1)); err != nil {
			return fmt.Errorf("order %s: %w", order, err)
		}
		kept += got
	}
	for _, order := range d.unpaid {
		if got, _ := remote.Kept(ledger, order); got != 0 {
			return fmt.Errorf("order %s: %s were kept of an order that is cancelled", order, got)
		}
	}
	d.say("Stripe keeps %s for %d complete orders, and nothing for %d cancelled ones", kept, len(d.paid), len(d.unpaid))
	return nil
}

// until waits for a moment.
func until(ctx context.Context, moment time.Time) error {
	select {
	case <-time.After(time.Until(moment)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

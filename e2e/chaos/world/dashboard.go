package world

import (
	"context"
	"errors"
	"math/rand/v2"

	"ticketing.dev/common/money"
	"ticketing.dev/local/sandbox"
	"ticketing.dev/local/sandbox/remote"
)

// RefundByHand refunds some payments in Stripe's dashboard, each whole or in part, and says how many.
func (w *World) RefundByHand(ctx context.Context, chance *rand.Rand, count int) (refunded int, err error) {
	ledger, err := w.sandbox().Ledger(ctx)
	if err != nil {
		return 0, err
	}
	paid := kept(ledger.Entries)
	chance.Shuffle(len(paid), func(i, j int) { paid[i], paid[j] = paid[j], paid[i] })
	for _, e := range paid[:min(count, len(paid))] {
		amount := money.Cents(0) // all of it
		if chance.IntN(2) == 0 {
			amount = money.Cents(1 + chance.Int64N(e.Amount))
		}
		_, err := w.sandbox().Refund(ctx, e.PaymentIntent, amount)
		if _, refused := errors.AsType[*remote.Refusal](err); refused {
			continue // payments was faster, or Stripe is in trouble
		}
		if err != nil {
			return refunded, err
		}
		refunded++
	}
	return refunded, nil
}

// kept are the payments without a refund.
func kept(all []sandbox.LedgerEntry) (paid []sandbox.LedgerEntry) {
	for _, e := range all {
		if e.CapturedTimes > 0 && e.Refunded == 0 {
			paid = append(paid, e)
		}
	}
	return paid
}

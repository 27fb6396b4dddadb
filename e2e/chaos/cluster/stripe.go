package cluster

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"

	"ticketing.dev/common/money"
	"ticketing.dev/local/sandbox"
	"ticketing.dev/local/sandbox/remote"
)

func (c *Cluster) sandbox() remote.Sandbox { return remote.Sandbox{URL: c.Stripe()} }

// TroubleStripe injects faults into the sandbox until HealStripe removes all.
func (c *Cluster) TroubleStripe(ctx context.Context, faults ...sandbox.Fault) error {
	for _, f := range faults {
		if err := c.sandbox().Fail(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

// HealStripe removes all faults.
func (c *Cluster) HealStripe(ctx context.Context) error { return c.sandbox().Heal(ctx) }

// RefundByHand refunds up to count payments as in Stripe's dashboard, each whole or in part, and returns how many.
func (c *Cluster) RefundByHand(ctx context.Context, random *rand.Rand, count int) (refunded int, err error) {
	ledger, err := c.sandbox().Ledger(ctx)
	if err != nil {
		return 0, err
	}
	paid := slices.DeleteFunc(ledger.Entries, func(e sandbox.LedgerEntry) bool { return e.CapturedTimes == 0 || e.Refunded > 0 })
	random.Shuffle(len(paid), func(i, j int) { paid[i], paid[j] = paid[j], paid[i] })
	for _, e := range paid[:min(count, len(paid))] {
		amount := money.Cents(0) // all of it
		if random.IntN(2) == 0 {
			amount = money.Cents(1 + random.Int64N(e.Amount))
		}
		_, err := c.sandbox().Refund(ctx, e.PaymentIntent, amount)
		if _, refused := errors.AsType[*remote.Refusal](err); refused {
			continue // payments was faster, or the sandbox has a fault
		}
		if err != nil {
			return refunded, err
		}
		refunded++
	}
	return refunded, nil
}

package world

import (
	"context"

	"ticketing.dev/local/sandbox"
	"ticketing.dev/local/sandbox/remote"
)

// TroubleStripe makes Stripe fail in some ways until HealStripe is called.
func (w *World) TroubleStripe(ctx context.Context, faults ...sandbox.Fault) error {
	for _, f := range faults {
		if err := w.sandbox().Fail(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

// HealStripe ends all trouble.
func (w *World) HealStripe(ctx context.Context) error { return w.sandbox().Heal(ctx) }

func (w *World) sandbox() remote.Sandbox { return remote.Sandbox{URL: w.Stripe()} }

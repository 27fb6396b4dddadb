package world

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"ticketing.dev/local/sandbox"
)

// TroubleStripe makes Stripe fail in some ways until HealStripe is called.
func (w *World) TroubleStripe(ctx context.Context, faults ...sandbox.Fault) error {
	for _, f := range faults {
		body, err := json.Marshal(f)
		if err != nil {
			return err
		}
		if err := w.stripeFaults(ctx, http.MethodPost, body); err != nil {
			return err
		}
	}
	return nil
}

// HealStripe ends all trouble.
func (w *World) HealStripe(ctx context.Context) error {
	return w.stripeFaults(ctx, http.MethodDelete, nil)
}

func (w *World) stripeFaults(ctx context.Context, method string, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, method, w.Stripe()+"/sandbox/faults", bytes.NewReader(body))
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("faults of Stripe: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("faults of Stripe: %s to %s", response.Status, body)
	}
	return nil
}

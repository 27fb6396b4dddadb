package sandbox

import (
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/webhook"
)

// emit sends an event with the object's current state after the transaction commits.
func (tx *tx) emit(kind stripe.EventType, object any) {
	e := stripe.Event{
		ID:              tx.newID(events),
		Object:          "event",
		APIVersion:      stripe.APIVersion, // stripe-go's webhook package accepts no other
		Created:         tx.now.Unix(),
		Data:            &stripe.EventData{Raw: mustAnswer(0, object).Body},
		PendingWebhooks: 1,
		Request:         tx.cause,
		Type:            kind,
	}
	put(tx, events, e.ID, e)
	tx.events = append(tx.events, e)
}

func listEvents(c *call) action {
	window, since := c.window(), c.since("created")
	kinds := c.list("types")
	if kind := c.text("type"); kind != "" {
		kinds = append(kinds, kind)
	}
	return func(tx *tx) (any, error) {
		return listed(tx, events, window, func(e stripe.Event) bool {
			return e.Created >= since && (len(kinds) == 0 || slices.Contains(kinds, string(e.Type)))
		})
	}
}

// signature is the Stripe-Signature header of a payload: a timestamp, and the HMAC of
// both under the endpoint's secret. Stripe: https://docs.stripe.com/webhooks/signature.
func signature(payload []byte, secret string, at time.Time) string {
	mac := webhook.ComputeSignature(at, payload, secret)
	return fmt.Sprintf("t=%d,v1=%s", at.Unix(), hex.EncodeToString(mac))
}

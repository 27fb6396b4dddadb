package sandbox

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/stripe/stripe-go/v76/webhook"
)

// event reports a change. Stripe: https://docs.stripe.com/api/events/object.
type event struct {
	ID              string        `json:"id"`
	Object          string        `json:"object"`
	APIVersion      string        `json:"api_version"`
	Created         int64         `json:"created"`
	Data            eventData     `json:"data"`
	Livemode        bool          `json:"livemode"`
	PendingWebhooks int           `json:"pending_webhooks"`
	Request         *eventRequest `json:"request"`
	Type            string        `json:"type"`
}

type eventData struct {
	Object json.RawMessage `json:"object"`
}

// eventRequest is the API request that caused an event.
type eventRequest struct {
	ID             string   `json:"id"`
	IdempotencyKey nullable `json:"idempotency_key"`
}

// emit sends an event with the object's current state after the transaction commits.
func (tx *tx) emit(kind string, object any) {
	e := event{
		ID:              tx.newID(events),
		Object:          "event",
		APIVersion:      apiVersion,
		Created:         tx.now.Unix(),
		Data:            eventData{mustAnswer(0, object).Body},
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
		rows, err := selected(tx, events, func(e event) bool {
			return e.Created >= since && (len(kinds) == 0 || slices.Contains(kinds, e.Type))
		})
		if err != nil {
			return nil, err
		}
		return paginate(rows, func(e event) string { return e.ID }, events, window)
	}
}

// signature is the Stripe-Signature header of a payload: a timestamp, and the HMAC of
// both under the endpoint's secret. Stripe: https://docs.stripe.com/webhooks/signature.
func signature(payload []byte, secret string, at time.Time) string {
	mac := webhook.ComputeSignature(at, payload, secret)
	return fmt.Sprintf("t=%d,v1=%s", at.Unix(), hex.EncodeToString(mac))
}

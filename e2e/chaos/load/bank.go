package load

import (
	"context"
	"errors"
	"net/http"

	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
	"ticketing.dev/local/sandbox/remote"
)

// decide sends the payer's answer to the bank, remote.Approve or remote.Refuse.
func (c *client) decide(ctx context.Context, charge api.Charge, decision string) history.Op {
	op := history.Op{Kind: history.Decide, User: c.user.ID, Order: charge.OrderID, Decision: decision}
	return c.record.Do(op, func(op *history.Op) {
		ctx, cancel := c.request(ctx, requestTimeout)
		defer cancel()
		err := c.stripe.Decide(ctx, charge.StripeID, charge.ClientSecret, decision)
		if err == nil {
			op.Outcome, op.Status = history.OK, http.StatusOK
			return
		}
		op.Message = err.Error()
		if refusal, ok := errors.AsType[*remote.Refusal](err); ok {
			op.Status = refusal.Status
			if refusal.Status < http.StatusInternalServerError {
				op.Outcome = history.Refused
			}
		}
	})
}

package payments

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/bson"

	"ticketing.dev/common/events"
	"ticketing.dev/common/money"
	"ticketing.dev/common/problem"
)

const (
	// overdue is how long after the order's expiry a charge may be open before an operator should look. The
	// reconciler takes less: grace, one round and Stripe's timeouts.
	overdue = 5 * time.Minute
	// stuckLimit bounds the size of a list.
	stuckLimit = 10_000
)

// stuck is a charge that needs an operator.
type stuck struct {
	OrderID        string        `json:"orderId"`
	Status         Status        `json:"status"`
	Since          time.Time     `json:"since"`
	Amount         money.Dollars `json:"amount"`
	StripeID       string        `json:"stripeId,omitempty"`
	StripeRefundID string        `json:"stripeRefundId,omitempty"`
	RefundedAmount money.Dollars `json:"refundedAmount,omitzero"`
	Dispute        *viewDispute  `json:"dispute,omitempty"`
	Why            string        `json:"why"`
	WhatToDo       string        `json:"whatToDo"`
}

// stuck finds the charges that need an operator, longest wait first.
func (s *Service) stuck(ctx context.Context) ([]stuck, error) {
	charges, err := s.charges.All(ctx, bson.M{"$or": bson.A{
		bson.M{"status": bson.M{"$in": bson.A{Pending, Succeeded}}, "settled": false, "expiresAt": bson.M{"$lt": s.now().Add(-overdue)}},
		bson.M{"failedRefund.at": bson.M{"$exists": true}, "failedRefund.returnedAt": bson.M{"$exists": false}},
		bson.M{"review.since": bson.M{"$exists": true}, "review.doneAt": bson.M{"$exists": false}},
	}}, stuckLimit)
	if err != nil {
		return nil, err
	}
	found := make([]stuck, 0, len(charges))
	for _, c := range charges {
		o, err := s.orders.get(ctx, c.ID)
		if err != nil && !errors.Is(err, problem.ErrNotFound) {
			return nil, err
		}
		if !c.moot(o) {
			found = append(found, c.stuck(o))
		}
	}
	slices.SortStableFunc(found, func(a, b stuck) int { return a.Since.Compare(b.Since) })
	return found, nil
}

// stuck says why a charge needs an operator: it's been open for too long, its refund failed, or its money
// went back. o is nil if the order isn't known.
func (c *Charge) stuck(o *Order) stuck {
	st := stuck{
		OrderID: c.ID, Status: c.Status, Since: c.OpenedAt, Amount: c.Amount.Dollars(),
		StripeID: c.StripeID, StripeRefundID: c.StripeRefundID,
		RefundedAmount: c.GivenBack().Dollars(), Dispute: c.Dispute.view(),
	}
	switch {
	case c.owed():
		st.Since = c.FailedRefund.At
		st.Why = "its refund failed: " + c.FailedRefund.Reason
		st.WhatToDo = "refund it again at Stripe; or give the money back in another way, then: payments stuck done " + c.ID
	case c.undecided():
		st.Since = c.Review.Since
		st.Why, st.WhatToDo = c.toDecide(o)
	case c.StripeID == "":
		st.Why = "it never began at Stripe, and has not been ended"
		st.WhatToDo = `see whether payments runs, and why its log says "reconciliation failed"`
	case c.Status == Pending:
		st.Why = "Stripe has not said how it ended"
		st.WhatToDo = `look at its payment at Stripe, and why the log of payments says "reconciliation failed"`
	case o != nil && o.Status == events.StatusComplete:
		st.Why = "its order is complete, which has not been noted"
		st.WhatToDo = `see whether payments runs, and why its log says "reconciliation failed"`
	case o != nil && o.Status == events.StatusCancelled && c.Dispute.withdrawn():
		st.Why = "its order is cancelled, and it can't be refunded while it is disputed"
		st.WhatToDo = "accept the dispute at Stripe, which gives the money back; or wait for its end"
	case o != nil && o.Status == events.StatusCancelled:
		st.Why = "its order is cancelled, and the refund does not succeed"
		st.WhatToDo = `see why the log of payments says "reconciliation failed"; a refund made at Stripe by hand is found`
	default:
		st.Why = "it has succeeded, and orders has not said what becomes of the order"
		st.WhatToDo = "see whether orders runs, and: orders deadletters list; payments deadletters list"
	}
	return st
}

// moot reports whether there's nothing to decide, since the money of a cancelled order went back as it must.
func (c *Charge) moot(o *Order) bool {
	return c.Status == Refunded && !c.owed() && (c.Dispute == nil || c.Dispute.over()) &&
		o != nil && o.Status == events.StatusCancelled
}

// toDecide says what happened to the money, and what to decide.
func (c *Charge) toDecide(o *Order) (why, whatToDo string) {
	order, done := "its order isn't known", "; then: payments stuck done "+c.ID
	if o != nil {
		order = "its order is " + string(o.Status)
	}
	if d := c.Dispute; d != nil && !d.over() {
		switch d.Status {
		case disputeLost:
			return fmt.Sprintf("the dispute over %s was lost (%s), and %s", d.Amount, d.Reason, order),
				"decide whether the ticket stays sold, tell its buyer and its seller" + done
		case disputeOpen:
			return fmt.Sprintf("the payer disputes %s at the bank (%s), and %s", d.Amount, d.Reason, order),
				"answer the dispute at Stripe before its deadline" + done
		case inquiryOpen:
			return fmt.Sprintf("the payer's bank inquires about %s (%s), and %s", d.Amount, d.Reason, order),
				"answer the inquiry at Stripe, or refund the payment there" + done
		}
		return fmt.Sprintf("the dispute over %s is %s, and %s", d.Amount, d.Status, order),
			"wait for the bank: the result is noticed; to take it off this list until then: payments stuck done " + c.ID
	}
	return fmt.Sprintf("%s of %s were refunded at Stripe by hand, and %s", c.GivenBack(), c.Amount, order),
		"decide whether the ticket stays sold, tell its buyer and its seller" + done
}

package payments

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"go.mongodb.org/mongo-driver/bson"

	"ticketing.dev/common/bus"
	"ticketing.dev/common/events"
	"ticketing.dev/common/money"
	"ticketing.dev/common/problem"
	"ticketing.dev/common/service"
)

const (
	// overdue is how long after its order's time a charge may be open before somebody has to look. What
	// the reconciler ends it ends sooner: after grace, a round of its own and Stripe's timeouts.
	overdue = 5 * time.Minute
	// stuckLimit bounds the memory of a list.
	stuckLimit = 10_000
)

// stuck is a charge that waits for a person.
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

// stuck finds the charges that wait for a person, those that wait longest first.
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
// went back. There may be no copy of its order.
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

// toDecide says what happened to the money that an operator has to deal with.
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

// Commands are what an operator may ask of the program.
func Commands(string) []service.Command[*Service] {
	return []service.Command[*Service]{
		{
			Name: "stuck list", Arguments: "[-json]", About: "list the charges that wait for a person, and what to do",
			Parse: parseStuckList,
		}, {
			Name: "stuck done", Arguments: "ORDER...", About: "record that these were dealt with: a failed refund was paid back, or an order was decided",
			Parse: parseStuckDone,
		},
	}
}

func parseStuckList(args []string) (service.Action[*Service], error) {
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // the program says what is wrong
	asJSON := flags.Bool("json", false, "")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("unknown argument: %s", flags.Arg(0))
	}
	return func(ctx context.Context, out io.Writer, _ bus.Bus, s *Service) error {
		all, err := s.stuck(ctx)
		if err != nil {
			return err
		}
		if *asJSON {
			encoder := json.NewEncoder(out)
			encoder.SetIndent("", "  ")
			return encoder.Encode(all)
		}
		return table(out, all)
	}, nil
}

func parseStuckDone(args []string) (service.Action[*Service], error) {
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if flags.NArg() == 0 {
		return nil, errors.New("which? Charges are named by their orders")
	}
	return func(ctx context.Context, out io.Writer, _ bus.Bus, s *Service) error {
		for _, order := range flags.Args() {
			c, err := s.charges.Update(ctx, order, func(c *Charge) error { return c.Decide(s.now()) })
			if err != nil {
				return fmt.Errorf("charge of order %s: %w", order, err)
			}
			fmt.Fprintf(out, "%s: %s\n", order, c.decided())
		}
		return nil
	}, nil
}

// decided is what an operator has dealt with.
func (c *Charge) decided() string {
	if c.FailedRefund != nil {
		return c.Amount.String() + " were given back"
	}
	return "decided"
}

func table(out io.Writer, all []stuck) error {
	if len(all) == 0 {
		_, err := fmt.Fprintln(out, "no charge waits for a person")
		return err
	}
	columns := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(columns, "ORDER\tSINCE\tAMOUNT\tSTRIPE\tWHY\tWHAT TO DO")
	for _, c := range all {
		at := strings.TrimSpace(c.StripeID + " " + c.StripeRefundID)
		fmt.Fprintf(columns, "%s\t%s\t%s\t%s\t%s\t%s\n", c.OrderID, c.Since.UTC().Format(time.RFC3339), c.Amount.Cents, at, c.Why, c.WhatToDo)
	}
	return columns.Flush()
}

package defects

const (
	payFile      = "payments/pay.go"
	chargeFile   = "payments/charge.go"
	paymentsFile = "payments/service.go"
)

// paid breaks payments.
var paid = []Defect{
	{
		Name:     "cancelled-completed",
		Why:      "a payment completes an order that was cancelled, and is refunded too",
		Promises: []string{"P1", "P4"},
		Service:  "orders",
		Provoke:  latePayments,
		Edits: []Edit{{orderFile, `	if o.open() {
		o.Status = Complete
`, `	if o.Status != Complete {
		o.Status = Complete
`}},
	},
	{
		Name:     "refund-left-out",
		Why:      "a payment for a cancelled order isn't refunded",
		Promises: []string{"P4"},
		Service:  "payments",
		Provoke:  latePayments,
		Edits: []Edit{{payFile, `	case orderCancelled:
		switch {
		case c.chargedBack():
			return s.change(ctx, c, (*Charge).Settle)
		case c.Dispute.withdrawn():
			return c, nil
		}
		refund, err := s.stripe.refund(ctx, c.StripeID, c.Amount)
		if err != nil {
			return s.refuseRefund(ctx, c, err)
		}
		return s.change(ctx, c, func(c *Charge) { c.Refund(refund) })
	}
`, "\t}\n"}},
	},
	{
		Name:     "refund-too-early",
		Why:      "a payment is refunded before the order is known to be cancelled",
		Promises: []string{"P4"},
		Service:  "payments",
		Edits:    []Edit{{payFile, "\tcase orderCancelled:\n", "\tdefault:\n"}},
	},
	{
		Name:     "settled-only-when-paid",
		Why:      "a cancellation after a successful payment isn't looked at again",
		Promises: []string{"P4"},
		Service:  "payments",
		Provoke:  latePayments,
		Edits: []Edit{
			{"payments/events.go", `	if _, err := s.settle(ctx, e.ID); !errors.Is(err, problem.ErrNotFound) {
		return err
	}
	return nil
`, "\treturn nil\n"},
			{"payments/events.go", "\t\"errors\"\n", ""},
			{"payments/events.go", "\t\"ticketing.dev/common/problem\"\n", ""},
			{paymentsFile, `s.resolve),
		s.each(ctx, bson.M{"status": Succeeded, "settled": false, "openedAt": bson.M{"$lt": s.now().Add(-unsettled)}},
			func(ctx context.Context, c *Charge) (*Charge, error) { return s.settle(ctx, c.ID) }))
`, "s.resolve))\n"},
		},
	},
	{
		Name:     "intent-per-request",
		Why:      "each request to pay a pending charge makes and confirms a new PaymentIntent",
		Promises: []string{"P4"},
		Service:  "payments",
		Provoke:  []string{"stripe", "pause:payments", "slow:payments"},
		Edits: []Edit{
			{payFile, `	c, missing := s.charges.Get(ctx, o.ID)
`, `	c, missing := s.charges.Get(ctx, o.ID)
	if missing == nil && c.Status == Pending {
		return nil, false, problem.ErrNotFound
	}
`},
			{payFile, `		c, err = s.charges.Get(ctx, o.ID)
		return s.earlier(ctx, request, c, err)
	}
`, `		if c, err = s.charges.Get(ctx, o.ID); err != nil || c.Status != Pending {
			return s.again(ctx, c, err)
		}
	}
`},
			{chargeFile, "\tif c.Status == Pending && c.StripeID == \"\" {\n", "\tif c.Status == Pending {\n"},
		},
	},
	{
		Name:     "confirmed-before-stored",
		Why:      "the card is charged before the PaymentIntent is stored with the charge",
		Promises: []string{"P4"},
		Service:  "payments",
		Provoke:  []string{"slow:payments", "kill:payments"}, // a long moment between the two, and a death in it
		Edits: []Edit{
			{payFile, "\tc, err = s.change(ctx, c, func(c *Charge) { c.Attach(intent) })\n",
				"\tconfirmed := s.stripe.confirm(ctx, intent)\n\tc, err = s.change(ctx, c, func(c *Charge) { c.Attach(intent) })\n"},
			{payFile, "\terr = s.stripe.confirm(ctx, intent)\n", "\terr = confirmed\n"},
		},
	},
	{
		Name:     "failed-not-cancelled",
		Why:      "a charge fails while its PaymentIntent can still be confirmed",
		Promises: []string{"P4"},
		Service:  "payments",
		Edits: []Edit{{payFile, `	intent, err := s.stripe.cancel(ctx, c.StripeID, why)
	if err != nil {
		return c, fmt.Errorf("cancel %s of order %s: %w", c.StripeID, c.ID, err)
	}
	switch intent.Status {
	case stripe.PaymentIntentStatusCanceled:
		return s.change(ctx, c, func(c *Charge) { c.Fail(reason) })
	case stripe.PaymentIntentStatusSucceeded:
		return s.succeed(ctx, c)
	}
	return c, fmt.Errorf("cancel %s of order %s: it is %s", c.StripeID, c.ID, intent.Status)
`, "\treturn s.change(ctx, c, func(c *Charge) { c.Fail(reason) })\n"}},
	},
	{
		Name:     "reconciler-left-out",
		Why:      "payments left half-way by a crash or a silent Stripe are never resumed",
		Promises: []string{"P4", "P5"},
		Service:  "payments",
		Provoke:  []string{"kill:payments", "stripe", "webhooks"},
		Edits:    []Edit{{paymentsFile, "\t\tservice.Every(reconcileEvery, s.log, \"reconciliation\", s.reconcile),\n", ""}},
	},
	{
		Name:     "dashboard-not-noticed",
		Why:      "refunds in Stripe's dashboard are ignored",
		Promises: []string{"P4"},
		Service:  "payments",
		Provoke:  []string{"refund"},
		Edits: []Edit{{"payments/refund.go", `	if c, err = s.resolve(ctx, c); err != nil {
		return err
	}
	_, err = s.look(ctx, c)
	return err
`, "\t_ = c\n\treturn nil\n"}},
	},
	{
		Name:     "stripe-events-not-read",
		Why:      "refunds in Stripe's dashboard are only noticed by webhook, never in Stripe's list of events",
		Promises: []string{"P4"},
		Service:  "payments",
		Provoke:  []string{"refund", "refund", "webhooks"},
		Edits: []Edit{{paymentsFile,
			"\t\tafterAWhile(feedEvery, service.Every(feedEvery, s.log, \"reading Stripe's events\", s.readFeed)),\n", ""}},
	},
}

// latePayments make payments succeed after their orders were cancelled.
var latePayments = []string{"cut:payments", "pause:payments", "kill:nats", "pause:nats", "stripe"}

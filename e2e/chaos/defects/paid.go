package defects

const (
	payFile       = "payments/pay.go"
	reconcileFile = "payments/reconcile.go"
	chargeFile    = "payments/charge.go"
	paymentsFile  = "payments/service.go"
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
		o.Status, o.Hold = Complete, ""
`, `	if o.Status != Complete {
		o.Status, o.Hold = Complete, ""
`}},
	},
	{
		Name:     "refund-left-out",
		Why:      "a payment for a cancelled order isn't refunded",
		Promises: []string{"P4"},
		Service:  "payments",
		Provoke:  latePayments,
		Edits:    []Edit{{reconcileFile, "case o.Status != events.StatusCancelled:", "default:"}},
	},
	{
		Name:     "refund-too-early",
		Why:      "a payment is refunded before the order is known to be cancelled",
		Promises: []string{"P4"},
		Service:  "payments",
		Edits:    []Edit{{reconcileFile, "case o.Status != events.StatusCancelled:", "case false:"}},
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
`, ""},
			{"payments/events.go", "\t\"errors\"\n", ""},
			{"payments/events.go", "\t\"ticketing.dev/common/problem\"\n", ""},
			{reconcileFile, "return s.settle(ctx, c.ID) }})", "return c, nil }})"},
		},
	},
	{
		Name:     "intent-per-request",
		Why:      "each request to pay a pending charge makes and confirms a new PaymentIntent",
		Promises: []string{"P4"},
		Service:  "payments",
		Provoke:  []string{"stripe", "pause:payments", "slow:payments"},
		Edits: []Edit{
			{payFile, "	if c != nil && !c.resumable(s.now()) {\n", "	if c != nil && c.Status != Pending {\n"},
			{payFile, `	c, started, err := s.start(ctx, o, c, request)
`, `	c, started, err := s.start(ctx, o, nil, request)
`},
			{payFile, `		if c == nil || err != nil {
			return nil, false, err
		}
`, `		if c == nil || err != nil {
			return nil, false, err
		}
		if c.Status == Pending {
			break
		}
`},
			{chargeFile, "c.StripeID == \"\" {\n\t\tc.StripeID = intent\n", "intent != \"\" {\n\t\tc.StripeID = intent\n"},
		},
	},
	{
		Name:     "confirmed-before-stored",
		Why:      "the card is charged before the PaymentIntent is stored with the charge",
		Promises: []string{"P4"},
		Service:  "payments",
		Provoke:  []string{"slow:payments", "kill:payments"}, // a long moment between the two, and a death in it
		Edits: []Edit{
			{payFile, "\tc, err = s.update(ctx, c, func(c *Charge) { c.Attach(intent) })\n",
				"\tconfirmed := s.stripe.confirm(ctx, intent)\n\tc, err = s.update(ctx, c, func(c *Charge) { c.Attach(intent) })\n"},
			{payFile, "\terr = s.stripe.confirm(ctx, intent)\n", "\terr = confirmed\n"},
		},
	},
	{
		Name:     "failed-not-cancelled",
		Why:      "a charge fails while its PaymentIntent can still be confirmed",
		Promises: []string{"P4"},
		Service:  "payments",
		Edits: []Edit{{reconcileFile, `	intent, err := s.stripe.cancel(ctx, c.StripeID, why)
	if err != nil {
`, `	return s.update(ctx, c, func(c *Charge) { c.Fail(reason) })
	intent, err := s.stripe.cancel(ctx, c.StripeID, why)
	if err != nil {
`}},
	},
	{
		Name:     "reconciler-left-out",
		Why:      "payments left half-way by a crash or a silent Stripe are never resumed",
		Promises: []string{"P4", "P5"},
		Service:  "payments",
		Provoke:  []string{"kill:payments", "stripe", "webhooks"},
		Edits: []Edit{
			{paymentsFile, "\t\tservice.Every(reconcileEvery, s.log, \"reconciliation\", s.resolvePending),\n", ""},
			{paymentsFile, "\t\tservice.Every(reconcileEvery, s.log, \"settling\", s.settleSucceeded),\n", ""},
		},
	},
	{
		Name:     "dashboard-not-noticed",
		Why:      "refunds in Stripe's dashboard are ignored",
		Promises: []string{"P4"},
		Service:  "payments",
		Provoke:  []string{"refund"},
		Edits:    []Edit{{"payments/refund.go", "	_, err = s.checkReturns(ctx, c)\n", ""}},
	},
	{
		Name:     "stripe-events-not-read",
		Why:      "refunds in Stripe's dashboard are only noticed by webhook, never in Stripe's list of events",
		Promises: []string{"P4"},
		Service:  "payments",
		Provoke:  []string{"refund", "refund", "webhooks"},
		Edits: []Edit{{paymentsFile,
			"\t\tafter(pollEvery, service.Every(pollEvery, s.log, \"poll of Stripe's events\", s.pollStripe)),\n", ""}},
	},
}

// latePayments make payments succeed after their orders were cancelled.
var latePayments = []string{"cut:payments", "pause:payments", "kill:nats", "pause:nats", "stripe"}

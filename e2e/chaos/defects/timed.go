package defects

// timed breaks the end of unpaid orders.
var timed = []Defect{
	{
		Name:     "timers-lost-with-redis",
		Why:      "orders doesn't look for overdue orders, so lost timers never end theirs",
		Promises: []string{"P5"},
		Service:  "orders",
		Provoke:  []string{"wipe:redis"},
		Edits:    []Edit{noSweepOfOverdueOrders},
	},
	{
		Name:     "timer-not-awaited",
		Why:      "order:created is acknowledged before Redis has stored the timer, and orders doesn't look for overdue orders",
		Promises: []string{"P5"},
		Provoke:  []string{"kill:redis", "pause:redis", "cut:redis"},
		Edits: []Edit{
			noSweepOfOverdueOrders,
			{"expiration/events.go", "\treturn s.timers.set(ctx, timer{OrderID: e.ID, ExpiresAt: e.ExpiresAt})\n",
				"\t_ = s.timers.set(ctx, timer{OrderID: e.ID, ExpiresAt: e.ExpiresAt})\n\treturn nil\n"},
		},
	},
	{
		Name:     "paid-during-outage",
		Why:      "payments takes money that the broker hasn't heard of, and orders expires orders while the broker is away",
		Promises: []string{"P5b"},
		Provoke:  []string{"outage"}, // and nothing else, which might delay orders as well
		Edits: []Edit{
			{"orders/expire.go", "return bus.SessionOf(s.bus).SteadyFor(catchUp)", "return bus.SessionOf(s.bus).SteadyFor(catchUp) || true"},
			{payFile, "\tcase !started:\n", "\tcase !started && s.bus == nil:\n"},
			{payFile, ".Out() {", ".AwayFor() > time.Hour {"},
			{payFile, "startedWithin = 5 * time.Second", "startedWithin = time.Millisecond"},
		},
	},
	{
		Name:     "failure-ignored",
		Why:      "an order keeps waiting for a payment that failed",
		Promises: []string{"P4", "P5"},
		Service:  "orders",
		Edits: []Edit{{orderFile, `	if o.open() {
		o.cancel(PaymentFailed)
`, `	if o.Status == Created {
		o.cancel(PaymentFailed)
`}},
	},
}

var noSweepOfOverdueOrders = Edit{ordersFile,
	"\t\tservice.Every(sweepEvery, s.log, \"sweep of overdue orders\", s.expireOverdue),\n", ""}

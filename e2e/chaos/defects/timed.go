package defects

// timed are about the end of orders that nobody pays.
var timed = []Defect{
	{
		Name:     "timers-lost-with-redis",
		Why:      "orders does not look for orders that are overdue, so those whose timers are lost never end",
		Promises: []string{"P5"},
		Service:  "orders",
		Provoke:  []string{"wipe:redis"},
		Edits:    []Edit{noSweepOfOverdueOrders},
	},
	{
		Name:     "timer-not-awaited",
		Why:      "order:created is acknowledged though Redis has not stored the timer, and orders does not look for overdue orders",
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
		Why:      "payments takes money of which the broker has not heard, and orders ends orders while the broker is away",
		Promises: []string{"P5b"},
		Provoke:  []string{"kill:nats", "pause:nats", "cut:nats"},
		Edits: []Edit{
			{"orders/expire.go", "return bus.SessionOf(s.bus).SteadyFor(catchUp)", "return true"},
			{payFile, "\tcase !started:\n", "\tcase !started && s.bus == nil:\n"},
			{payFile, ".Out() {", ".AwayFor() > time.Hour {"},
			{payFile, "startedWithin = 5 * time.Second", "startedWithin = time.Millisecond"},
		},
	},
	{
		Name:     "failure-ignored",
		Why:      "a payment that fails leaves the order waiting for it",
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

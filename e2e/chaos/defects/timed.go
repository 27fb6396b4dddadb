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
			{"expiration/events.go", "\treturn s.timers.set(ctx, timer{e.ID, e.ExpiresAt})\n",
				"\t_ = s.timers.set(ctx, timer{e.ID, e.ExpiresAt})\n\treturn nil\n"},
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

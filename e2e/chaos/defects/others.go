package defects

const processorFile = "payments/stripe.go"

// others break access and leak resources.
var others = []Defect{
	{
		Name:     "owner-not-checked",
		Why:      "any signed-in user can read and cancel any order",
		Promises: []string{"P6"},
		Service:  "orders",
		Edits: []Edit{{orderFile, `	if o.UserID != user {
		return problem.ErrNotOwner
	}
	return nil
`, "\treturn nil\n"}},
	},
	{
		Name:     "ended-sessions-ignored",
		Why:      "services acknowledge session:ended without storing it",
		Promises: []string{"P6"},
		Edits: []Edit{{"common/signouts/signouts.go", "func (c *Copy) Listener() bus.Listener { return bus.On(c.Store) }\n",
			"func (c *Copy) Listener() bus.Listener {\n\treturn bus.On(func(context.Context, events.SessionEnded) error { return nil })\n}\n"}},
	},
	{
		Name:     "leaks-goroutines",
		Why:      "each request leaves a blocked goroutine behind",
		Promises: []string{"leak"},
		Edits: []Edit{{"common/web/handler.go", "\tctx, cancel := context.WithTimeout(r.Context(), requestTimeout)\n",
			"\tgo func() { select {} }()\n\tctx, cancel := context.WithTimeout(r.Context(), requestTimeout)\n"}},
	},
	{
		Name:     "leaks-connections",
		Why:      "each call to Stripe leaves a connection open",
		Promises: []string{"leak"},
		Service:  "payments",
		Edits: []Edit{
			{processorFile, "Transport: transport},\n", "Transport: unpooled{}},\n"},
			{processorFile, "type processor struct {\n", `type unpooled struct{}

func (unpooled) RoundTrip(r *http.Request) (*http.Response, error) { return new(http.Transport).RoundTrip(r) }

type processor struct {
`},
		},
	},
}

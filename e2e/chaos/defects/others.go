package defects

const processorFile = "payments/stripe.go"

// others are about what is somebody else's, and about what is used up.
var others = []Defect{
	{
		Name:     "owner-not-checked",
		Why:      "everybody who is signed in can read and cancel anybody's order",
		Promises: []string{"P6"},
		Service:  "orders",
		Edits: []Edit{{orderFile, `	if o.UserID != user {
		return problem.ErrNotOwner
	}
	return nil
`, "\treturn nil\n"}},
	},
	{
		Name:     "leaks-goroutines",
		Why:      "each request leaves a goroutine behind that waits for nothing",
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

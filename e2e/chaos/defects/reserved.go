package defects

const (
	ordersFile  = "orders/service.go"
	reserveFile = "orders/reserve.go"
	ordersStore = "orders/store.go"
	orderFile   = "orders/order.go"
	ticketFile  = "tickets/ticket.go"
)

// reserved breaks reservations.
var reserved = []Defect{
	{
		Name:     "slot-not-unique",
		Why:      "two orders can claim the same reservation",
		Promises: []string{"P1"},
		Service:  "orders",
		Edits:    []Edit{{ordersStore, `Key: "slot", Value: 1}}, Options: options.Index().SetUnique(true)`, `Key: "slot", Value: 1}}, Options: options.Index()`}},
	},
	{
		Name:     "claim-looks-first",
		Why:      "an order checks whether a reservation is free and then claims it, in two steps",
		Promises: []string{"P1"},
		Service:  "orders",
		Edits: []Edit{
			{ordersStore, `Key: "slot", Value: 1}}, Options: options.Index().SetUnique(true)`, `Key: "slot", Value: 1}}, Options: options.Index()`},
			{reserveFile, `	err = s.orders.Insert(ctx, order)
	if !errors.Is(err, aggregate.ErrDuplicate) {
		return err == nil, err
	}
	holder, err := s.orders.First(ctx, bson.M{"slot": order.Slot})
	switch {
`, `	holder, err := s.orders.First(ctx, bson.M{"slot": order.Slot})
	switch {
	case errors.Is(err, problem.ErrNotFound):
		err = s.orders.Insert(ctx, order)
		return err == nil, err
`},
		},
	},
	{
		Name:     "release-counted",
		Why:      "every release event counts, even a repeated one",
		Promises: []string{"P1"},
		Service:  "orders",
		Provoke:  []string{"replay", "kill:nats", "kill:orders"},
		Edits: []Edit{{ordersStore, `		bson.M{"_id": id, "released": reservation - 1},
		bson.M{"$set": bson.M{"released": reservation}})
`, `		bson.M{"_id": id},
		bson.M{"$inc": bson.M{"released": 1}})
`}},
	},
	{
		Name:     "fencing-ignored",
		Why:      "a ticket is reserved for an old order that has ended",
		Promises: []string{"P2", "P3", "P7"},
		Service:  "tickets",
		Provoke:  []string{"replay", "kill:tickets", "cut:tickets"},
		Edits: []Edit{{ticketFile, `	case reservation <= t.Reservation:
		return nil
`, ""}},
	},
	{
		Name:     "release-unfenced",
		Why:      "an old order releases a ticket that a later one holds",
		Promises: []string{"P1", "P3", "P7"},
		Service:  "tickets",
		Provoke:  []string{"replay", "kill:tickets", "cut:tickets"},
		Edits: []Edit{{ticketFile, `func (t *Ticket) Release(reservation int64) error {
	if reservation < t.Reservation {
		return nil
	}
`, `func (t *Ticket) Release(reservation int64) error {
`}},
	},
	{
		Name:     "withdrawal-unpublished",
		Why:      "tickets doesn't tell orders that a ticket is withdrawn",
		Promises: []string{"P2"},
		Service:  "tickets",
		Edits:    []Edit{{ticketFile, "\t\tWithdrawn: t.Status == Withdrawn,\n", ""}},
	},
	{
		Name:     "sold-editable",
		Why:      "a seller can edit a sold ticket",
		Promises: []string{"P3", "P7"},
		Service:  "tickets",
		Edits: []Edit{{ticketFile, `	case t.Status == Sold:
		return ErrSold
	}
`, "\t}\n"}},
	},
}

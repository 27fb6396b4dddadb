package defects

const (
	ordersFile  = "orders/service.go"
	reserveFile = "orders/reserve.go"
	ordersStore = "orders/store.go"
	orderFile   = "orders/order.go"
	ticketFile  = "tickets/ticket.go"
)

// reserved are about who has a ticket.
var reserved = []Defect{
	{
		Name:     "slot-not-unique",
		Why:      "nothing keeps two orders from claiming the same reservation",
		Promises: []string{"P1"},
		Service:  "orders",
		Edits:    []Edit{{ordersStore, "options.Index().SetUnique(true)", "options.Index()"}},
	},
	{
		Name:     "claim-looks-first",
		Why:      "an order looks whether the reservation is free and then takes it, in two steps",
		Promises: []string{"P1"},
		Service:  "orders",
		Edits: []Edit{
			{ordersStore, "options.Index().SetUnique(true)", "options.Index()"},
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
		Why:      "a release adds one to the count of released reservations, however often it is told of",
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
		Why:      "a ticket is reserved for an order of the past, whose end is known",
		Promises: []string{"P2", "P3", "P7"},
		Service:  "tickets",
		Provoke:  []string{"replay", "kill:tickets", "cut:tickets"},
		Edits: []Edit{{ticketFile, `	if reservation <= t.Reservation {
		return nil
	}
`, ""}},
	},
	{
		Name:     "release-unfenced",
		Why:      "a ticket is released by an order of the past, though a later one has it",
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
		Name:     "sold-editable",
		Why:      "a seller can edit a ticket that is sold",
		Promises: []string{"P3", "P7"},
		Service:  "tickets",
		Edits: []Edit{{ticketFile, `	case t.Status == Sold:
		return ErrSold
	}
`, "\t}\n"}},
	},
}

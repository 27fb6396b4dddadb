package defects

const (
	relayFile = "common/aggregate/relay.go"
	lineFile  = "common/aggregate/line.go"
	storeFile = "common/aggregate/store.go"
	stanFile  = "common/bus/stan/stan.go"
)

// published breaks an event's way from a change to the broker.
var published = []Defect{
	{
		Name:     "outbox-not-swept",
		Why:      "events that a crash or an outage of the broker left in the outbox are never published",
		Promises: []string{"P2", "P4", "P5", "P7"},
		Provoke:  []string{"kill:nats", "pause:nats", "cut:nats", "kill"},
		Edits:    []Edit{{relayFile, "\tr.sweepUntil(ctx)\n", "\t<-ctx.Done()\n"}},
	},
	{
		Name:     "outbox-not-stored",
		Why:      "events are published from memory after the commit instead of being committed with the state",
		Promises: []string{"P2", "P4", "P5", "P7"},
		Provoke:  []string{"kill:nats", "pause:nats", "cut:nats", "kill"},
		Edits: []Edit{
			{"common/aggregate/aggregate.go", "`bson:\"outbox,omitempty\"`", "`bson:\"-\"`"},
			{lineFile, "r.failed[l] = struct{}{}", "l.waiting = nil"},
		},
	},
	{
		Name:     "removed-before-published",
		Why:      "an event is removed from the outbox before the broker has stored it",
		Promises: []string{"P2", "P4", "P5", "P7"},
		Provoke:  []string{"kill:nats", "pause:nats", "cut:nats"},
		Edits: []Edit{{lineFile, `		if err := r.publish(ctx, l.key.id, p); err != nil {
			return err
		}
		r.published(l, p)
`, `		r.published(l, p)
		if err := r.publish(ctx, l.key.id, p); err != nil {
			return err
		}
`}},
	},
	{
		Name:     "published-before-stored",
		Why:      "order:created is published before the order has won the reservation",
		Promises: []string{"P1", "P2", "P3"},
		Service:  "orders",
		Edits: []Edit{{storeFile, "\t_, err := s.docs.InsertOne(ctx, a)\n",
			"\ts.relay.committed(s.docs, r, 0)\n\t_, err := s.docs.InsertOne(ctx, a)\n"}},
	},
	{
		Name:     "publish-unacknowledged",
		Why:      "a publication counts as done before the broker has stored it",
		Promises: []string{"P2", "P4", "P5", "P7"},
		Provoke:  []string{"kill:nats", "pause:nats", "cut:nats"},
		Edits: []Edit{{stanFile, `	select {
	case err := <-stored:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
`, "\treturn nil\n"}},
	},
	{
		Name:     "last-write-wins",
		Why:      "a change is written although the document has changed since it was read",
		Promises: []string{"P2", "P4", "P5", "P7"},
		Provoke:  []string{"slow:mongo", "pause", "replay"},
		Edits:    []Edit{{storeFile, `bson.M{"_id": r.ID, "version": read}`, `bson.M{"_id": r.ID}`}},
	},
}

package defects

const subscriptionFile = "common/bus/stan/subscription.go"

// databaseLinks make handlers fail while others go on publishing.
var databaseLinks = []string{
	"cut:tickets-1→mongo", "cut:tickets-2→mongo", "cut:orders-1→mongo", "cut:orders-2→mongo", "cut:payments-1→mongo", "cut:payments-2→mongo",
}

// delivered breaks an event's way from the broker to its effect.
var delivered = []Defect{
	{
		Name:     "reconnect-left-out",
		Why:      "services don't reconnect to a broker that was lost",
		Promises: []string{"P2", "P4", "P5", "P7"},
		Provoke:  []string{"kill:nats", "pause:nats", "cut:nats"},
		Edits: []Edit{{"common/bus/stan/session.go", "\t\tb.log.Error(\"broker lost\", \"cause\", s.cause)\n",
			"\t\tb.log.Error(\"broker lost\", \"cause\", s.cause)\n\t\t<-ctx.Done()\n\t\treturn\n"}},
	},
	{
		Name:     "not-durable",
		Why:      "the broker forgets a group of listeners with its last member, and restarts it with new events only",
		Promises: []string{"P2", "P4", "P5", "P7"},
		Provoke:  []string{"kill:tickets", "kill:orders", "kill:payments"}, // now and then of both replicas
		Edits:    []Edit{{subscriptionFile, "\t\tstan.DurableName(s.group),\n\t\tstan.DeliverAllAvailable(),\n", ""}},
	},
	{
		Name:     "acknowledged-first",
		Why:      "a message is acknowledged before its effect is stored",
		Promises: []string{"P2", "P4", "P5", "P7"},
		Provoke:  append([]string{"kill:tickets", "kill:orders", "kill:payments"}, databaseLinks...),
		Edits: []Edit{{subscriptionFile, `	err := s.handle(ctx, m.Data)
	<-semaphore
	if err != nil {
		return
	}
	if err := m.Ack(); err != nil {
		s.log.Warn("acknowledging failed, message will be redelivered", "error", err)
	}
`, `	if err := m.Ack(); err != nil {
		s.log.Warn("acknowledging failed, message will be redelivered", "error", err)
	}
	_ = s.handle(ctx, m.Data)
	<-semaphore
`}},
	},
	{
		Name:     "errors-swallowed",
		Why:      "a message whose handling failed is acknowledged",
		Promises: []string{"P2", "P4", "P5", "P7"},
		Provoke:  databaseLinks,
		Edits: []Edit{{"common/bus/bus.go", `will be redelivered", "channel", l.Channel, "error", err)
		}
		return err
`, `will be redelivered", "channel", l.Channel, "error", err)
		}
		return nil
`}},
	},
	{
		Name:     "copy-goes-back",
		Why:      "an older event overwrites a newer copy of another service's data",
		Promises: []string{"P2", "P3", "P4", "P5"},
		Provoke:  []string{"replay", "kill:nats"},
		Edits: []Edit{{"common/mongodb/copy.go", `bson.M{"_id": id, "version": bson.M{"$lt": version}}`,
			`bson.M{"_id": id}`}},
	},
}

package defects

const subscriptionFile = "common/bus/stan/subscription.go"

// delivered are about the way of an event from the broker to what it changes.
var delivered = []Defect{
	{
		Name:     "reconnect-left-out",
		Why:      "a broker that was lost is not connected to again",
		Promises: []string{"P2", "P4", "P5", "P7"},
		Provoke:  []string{"kill:nats", "pause:nats", "cut:nats"},
		Edits: []Edit{{"common/bus/stan/session.go", "\t\tb.log.Error(\"broker lost\", \"cause\", s.cause)\n",
			"\t\tb.log.Error(\"broker lost\", \"cause\", s.cause)\n\t\t<-ctx.Done()\n\t\treturn\n"}},
	},
	{
		Name:     "not-durable",
		Why:      "a group of listeners is forgotten with its last member, and starts with what is published then",
		Promises: []string{"P2", "P4", "P5", "P7"},
		Provoke:  []string{"kill:tickets", "kill:orders", "kill:payments"}, // now and then of both replicas
		Edits:    []Edit{{subscriptionFile, "\t\tstan.DurableName(s.group),\n\t\tstan.DeliverAllAvailable(),\n", ""}},
	},
	{
		Name:     "acknowledged-first",
		Why:      "a message is acknowledged before its handling is stored",
		Promises: []string{"P2", "P4", "P5", "P7"},
		Provoke:  []string{"slow:mongo", "cut:mongo", "kill:tickets", "kill:orders", "kill:payments"},
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
		Why:      "a message whose handling failed is logged and acknowledged",
		Promises: []string{"P2", "P4", "P5", "P7"},
		Provoke:  []string{"kill:mongo", "pause:mongo", "cut:mongo", "slow:mongo"},
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
		Why:      "a copy of another service's data is overwritten by what is older",
		Promises: []string{"P2", "P3", "P4", "P5"},
		Provoke:  []string{"replay", "kill:nats"},
		Edits: []Edit{{"common/mongodb/copy.go", `bson.M{"_id": id, "version": bson.M{"$lt": version}}`,
			`bson.M{"_id": id}`}},
	},
}

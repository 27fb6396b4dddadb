package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"ticketing.dev/local/system"
)

// report prints one line for each part and, at last, that the system is ready.
func report(w io.Writer, r system.Run) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(name string, p system.Part) {
		if p.PID == 0 { // its address may hold a password
			fmt.Fprintf(t, "%s\twhere it was said to be\n", name)
			return
		}
		fmt.Fprintf(t, "%s\t%s\tpid %d\n", name, p.URL, p.PID)
	}
	line("mongo", r.Mongo)
	line("nats", r.NATS)
	line("redis", r.Redis)
	line("stripe", r.Stripe)
	line("mail", r.Mail)
	for _, name := range system.Services {
		for _, p := range r.Services[name].All() {
			line(name, p)
		}
	}
	if r.Client != nil {
		line("client", *r.Client)
	}
	fmt.Fprintf(t, "ready\t%s\torders live for %v\n", r.Gateway, r.OrderTTL)
	_ = t.Flush() // the terminal may have gone
}

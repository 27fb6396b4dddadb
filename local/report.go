package main

import (
	"fmt"
	"io"
	"net/url"
	"text/tabwriter"

	"ticketing.dev/local/system"
)

// withoutUser is a URL without its user and password, which are in run.json.
func withoutUser(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	u.User = nil
	return u.String()
}

// report prints one line for each part and, at last, that the system is ready.
func report(w io.Writer, r system.Run) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(name string, p system.Part) {
		if p.PID == 0 { // its address may hold a password
			fmt.Fprintf(t, "%s\twhere it was said to be\n", name)
			return
		}
		fmt.Fprintf(t, "%s\t%s\tpid %d\n", name, withoutUser(p.URL), p.PID)
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

package workload

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"sync"

	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
)

// reading is the state that the owners of all objects can read.
type reading struct {
	reader *client // of tickets

	mu    sync.Mutex
	final history.Final
	owner map[string]*client // by order
}

// read reads all users' lists, and each ticket that a user ever saw.
func (l *Workload) read(ctx context.Context) *reading {
	r := &reading{reader: l.watchers[0], owner: make(map[string]*client), final: history.Final{
		Tickets: make(map[string]api.Ticket), Orders: make(map[string]api.Order), Charges: make(map[string]api.Charge),
	}}
	each(l.sellers, func(c *client) { r.readList(ctx, c, history.MyTickets) })
	each(l.buyers, func(c *client) {
		r.readList(ctx, c, history.MyOrders)
		r.readList(ctx, c, history.MyCharges)
	})
	tickets, orders, charges := seen(l.config.Record.Ops())
	each(slices.Sorted(maps.Keys(tickets)), func(id string) { r.readTicket(ctx, id, true) })
	for id := range orders {
		if _, found := r.final.Orders[id]; !found {
			r.miss("order "+id, "not in its buyer's list")
		}
	}
	for id := range charges {
		if _, found := r.final.Charges[id]; !found {
			r.miss("charge "+id, "not in its payer's list")
		}
	}
	return r
}

// seen are the ids of all objects in responses.
func seen(ops []history.Op) (tickets, orders, charges map[string]bool) {
	tickets, orders, charges = make(map[string]bool), make(map[string]bool), make(map[string]bool)
	for _, op := range ops {
		for _, t := range op.Tickets() {
			tickets[t.ID] = true
		}
		for _, o := range op.Orders() {
			orders[o.ID] = true
		}
		for _, c := range op.Charges() {
			charges[c.ID] = true
		}
	}
	return tickets, orders, charges
}

// untilAnswered sends a request until it gets a response or ctx ends.
func untilAnswered(ctx context.Context, send func() history.Op) history.Op {
	for wait := retryPause; ; wait = min(2*wait, longestPause) {
		op := send()
		if op.Outcome != history.Unknown || !sleep(ctx, wait) {
			return op
		}
	}
}

// readList reads all pages of a list. Tickets are read one by one later.
func (r *reading) readList(ctx context.Context, c *client, kind history.Kind) {
	for after := ""; ; {
		op := untilAnswered(ctx, func() history.Op { return c.send(ctx, history.Op{Kind: kind, After: after}) })
		if op.Outcome != history.OK {
			r.miss(string(kind)+" of "+c.user.ID, op.Message)
			return
		}
		r.keep(c, op)
		switch pageSize {
		case len(op.TicketStates):
			after = op.TicketStates[pageSize-1].ID
		case len(op.OrderStates):
			after = op.OrderStates[pageSize-1].ID
		case len(op.ChargeStates):
			after = op.ChargeStates[pageSize-1].ID
		default:
			return
		}
	}
}

// readTicket reads a ticket once or, if it insists, until it gets a response.
func (r *reading) readTicket(ctx context.Context, id string, insist bool) {
	op := r.reader.readTicket(ctx, id)
	if insist && op.Outcome == history.Unknown {
		op = untilAnswered(ctx, func() history.Op { return r.reader.readTicket(ctx, id) })
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case op.Outcome == history.OK:
		r.final.Tickets[id] = *op.TicketState
	case op.Status == http.StatusNotFound:
		r.final.Missing = append(r.final.Missing, "ticket "+id)
	case insist:
		r.final.Missing = append(r.final.Missing, "ticket "+id+": "+op.Message)
	}
}

// keep takes a user's orders and charges from a response.
func (r *reading) keep(c *client, op history.Op) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, o := range op.Orders() {
		r.final.Orders[o.ID], r.owner[o.ID] = o, c
	}
	for _, charge := range op.Charges() {
		r.final.Charges[charge.OrderID] = charge
	}
}

func (r *reading) miss(what, why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.final.Missing = append(r.final.Missing, what+": "+why)
}

func (r *reading) quiet() bool {
	orders, tickets := r.unsettled()
	return len(orders)+len(tickets) == 0
}

// unsettled are the orders, with their owners, and the tickets that must still change.
func (r *reading) unsettled() (orders map[string]*client, tickets []string) {
	orders = make(map[string]*client)
	buyer := make(map[string]string) // by ticket: the order that bought it
	for id, o := range r.final.Orders {
		if o.Status == api.Complete {
			buyer[o.Ticket.ID] = id
		}
		charge := r.final.Charges[id].Status
		ended := o.Status == api.Complete || o.Status == api.Cancelled
		if !ended || charge == api.Pending || o.Status == api.Cancelled && charge == api.Succeeded {
			orders[id] = r.owner[id]
		}
	}
	for id, t := range r.final.Tickets {
		order, sold := buyer[id]
		if sold && (t.Status != api.Sold || t.OrderID != order) || !sold && t.Status == api.Reserved {
			tickets = append(tickets, id)
		}
	}
	slices.Sort(tickets)
	return orders, tickets
}

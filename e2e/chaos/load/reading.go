package load

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"sync"

	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
)

// reading is what there is, as its owners are told.
type reading struct {
	reader *client // for what everybody may see

	mu    sync.Mutex
	final history.Final
	owner map[string]*client // of each order
}

// read reads everything: the lists of everybody, and each ticket that anybody has ever heard of.
func (l *Load) read(ctx context.Context) *reading {
	r := &reading{reader: l.watchers[0], owner: make(map[string]*client), final: history.Final{
		Tickets: make(map[string]api.Ticket), Orders: make(map[string]api.Order), Charges: make(map[string]api.Charge),
	}}
	each(l.sellers, func(c *client) { r.readMyTickets(ctx, c) })
	each(l.buyers, func(c *client) { r.readMyOrders(ctx, c) })
	each(l.buyers, func(c *client) { r.readMyCharges(ctx, c) })
	known := heardOf(l.config.Record.Ops())
	each(slices.Sorted(maps.Keys(known.tickets)), func(id string) { r.readTicket(ctx, id, true) })
	for id := range known.orders {
		if _, found := r.final.Orders[id]; !found {
			r.miss("order "+id, "not in its buyer's list")
		}
	}
	for id := range known.charges {
		if _, found := r.final.Charges[id]; !found {
			r.miss("charge "+id, "not in its payer's list")
		}
	}
	return r
}

// ids are the things that anybody was ever told of.
type ids struct{ tickets, orders, charges map[string]bool }

func heardOf(ops []history.Op) ids {
	known := ids{map[string]bool{}, map[string]bool{}, map[string]bool{}}
	for _, op := range ops {
		if t := op.TicketState; t != nil {
			known.tickets[t.ID] = true
		}
		for _, t := range op.TicketStates {
			known.tickets[t.ID] = true
		}
		if o := op.OrderState; o != nil {
			known.orders[o.ID] = true
		}
		for _, o := range op.OrderStates {
			known.orders[o.ID] = true
		}
		if c := op.ChargeState; c != nil {
			known.charges[c.ID] = true
		}
		for _, c := range op.ChargeStates {
			known.charges[c.ID] = true
		}
	}
	return known
}

// patiently sends a reading request until it is answered, or ctx ends.
func patiently(ctx context.Context, send func() history.Op) history.Op {
	for wait := pause; ; wait = min(2*wait, longestPause) {
		op := send()
		if op.Outcome != history.Unknown || !sleep(ctx, wait) {
			return op
		}
	}
}

func (r *reading) readMyTickets(ctx context.Context, c *client) {
	for after := ""; ; {
		op := patiently(ctx, func() history.Op { return c.myTickets(ctx, after) })
		if op.Outcome != history.OK {
			r.miss("the tickets of "+c.user.ID, op.Message)
			return
		}
		if len(op.TicketStates) < pageFull {
			return // what was listed is among what is now heard of
		}
		after = op.TicketStates[pageFull-1].ID
	}
}

func (r *reading) readMyOrders(ctx context.Context, c *client) {
	for after := ""; ; {
		op := patiently(ctx, func() history.Op { return c.myOrders(ctx, after) })
		if op.Outcome != history.OK {
			r.miss("the orders of "+c.user.ID, op.Message)
			return
		}
		for _, o := range op.OrderStates {
			r.keepOrder(c, o)
			after = o.ID
		}
		if len(op.OrderStates) < pageFull {
			return
		}
	}
}

func (r *reading) readMyCharges(ctx context.Context, c *client) {
	for after := ""; ; {
		op := patiently(ctx, func() history.Op { return c.myCharges(ctx, after) })
		if op.Outcome != history.OK {
			r.miss("the charges of "+c.user.ID, op.Message)
			return
		}
		for _, charge := range op.ChargeStates {
			r.keepCharge(charge)
			after = charge.ID
		}
		if len(op.ChargeStates) < pageFull {
			return
		}
	}
}

// readAgain reads an order that has not ended, and its charge.
func (r *reading) readAgain(ctx context.Context, c *client, order string) {
	if op := c.readOrder(ctx, order); op.OrderState != nil {
		r.keepOrder(c, *op.OrderState)
	}
	if op := c.readCharge(ctx, order); op.ChargeState != nil {
		r.keepCharge(*op.ChargeState)
	}
}

// readTicket reads a ticket, with patience or once.
func (r *reading) readTicket(ctx context.Context, id string, patient bool) {
	send := func() history.Op { return r.reader.readTicket(ctx, id) }
	var op history.Op
	if patient {
		op = patiently(ctx, send)
	} else {
		op = send()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case op.Outcome == history.OK:
		r.final.Tickets[id] = *op.TicketState
	case op.Status == http.StatusNotFound:
		r.final.Missing = append(r.final.Missing, "ticket "+id)
	case patient:
		r.final.Missing = append(r.final.Missing, "ticket "+id+": "+op.Message)
	}
}

func (r *reading) keepOrder(c *client, o api.Order) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.final.Orders[o.ID] = o
	r.owner[o.ID] = c
}

func (r *reading) keepCharge(c api.Charge) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.final.Charges[c.OrderID] = c
}

// miss notes that something is not there, and why that is known.
func (r *reading) miss(what, why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.final.Missing = append(r.final.Missing, what+": "+why)
}

func (r *reading) quiet() bool {
	orders, tickets := r.unsettled()
	return len(orders)+len(tickets) == 0
}

// unsettled are the orders, with whose they are, and the tickets of which something is still under way.
func (r *reading) unsettled() (orders map[string]*client, tickets []string) {
	orders = make(map[string]*client)
	holder := make(map[string]string) // of each ticket: the order that has bought it
	for id, o := range r.final.Orders {
		if o.Status == api.Complete {
			holder[o.Ticket.ID] = id
		}
		charge := r.final.Charges[id].Status
		ended := o.Status == api.Complete || o.Status == api.Cancelled
		if !ended || charge == api.Pending || o.Status == api.Cancelled && charge == api.Succeeded {
			orders[id] = r.owner[id]
		}
	}
	for id, t := range r.final.Tickets {
		buyer, sold := holder[id]
		if sold && (t.Status != api.Sold || t.OrderID != buyer) || !sold && t.Status != api.Available {
			tickets = append(tickets, id)
		}
	}
	slices.Sort(tickets)
	return orders, tickets
}

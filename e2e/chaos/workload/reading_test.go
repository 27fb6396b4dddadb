package workload

import (
	"maps"
	"slices"
	"testing"

	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
)

func TestFindsUnfinishedOrders(t *testing.T) {
	ticket := func(status, order string) api.Ticket { return api.Ticket{ID: "T1", Status: status, OrderID: order} }
	order := func(id, status string) api.Order {
		return api.Order{ID: id, Status: status, Ticket: api.OrderedTicket{ID: "T1"}}
	}
	charge := func(order, status string) api.Charge { return api.Charge{ID: order, OrderID: order, Status: status} }
	for name, c := range map[string]struct {
		ticket  api.Ticket
		orders  []api.Order
		charges []api.Charge
		underWay,
		tickets []string
	}{
		"without an order":       {ticket: ticket(api.Available, "")},
		"sold":                   {ticket(api.Sold, "O1"), []api.Order{order("O1", api.Complete)}, []api.Charge{charge("O1", api.Succeeded)}, nil, nil},
		"given back":             {ticket(api.Available, ""), []api.Order{order("O1", api.Cancelled)}, []api.Charge{charge("O1", api.Refunded)}, nil, nil},
		"declined":               {ticket(api.Available, ""), []api.Order{order("O1", api.Cancelled)}, []api.Charge{charge("O1", api.Failed)}, nil, nil},
		"an order is open":       {ticket(api.Available, ""), []api.Order{order("O1", api.Created)}, nil, []string{"O1"}, nil},
		"a payment is in flight": {ticket(api.Available, ""), []api.Order{order("O1", api.Cancelled)}, []api.Charge{charge("O1", api.Pending)}, []string{"O1"}, nil},
		"a refund is to come":    {ticket(api.Available, ""), []api.Order{order("O1", api.Cancelled)}, []api.Charge{charge("O1", api.Succeeded)}, []string{"O1"}, nil},
		"an event of the sale":   {ticket(api.Reserved, "O1"), []api.Order{order("O1", api.Complete)}, []api.Charge{charge("O1", api.Succeeded)}, nil, []string{"T1"}},
		"an event of the end":    {ticket(api.Reserved, "O1"), []api.Order{order("O1", api.Cancelled)}, nil, nil, []string{"T1"}},
		"sold to another":        {ticket(api.Sold, "O2"), []api.Order{order("O1", api.Complete), order("O2", api.Cancelled)}, nil, nil, []string{"T1"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := &reading{owner: map[string]*client{}, final: history.Final{
				Tickets: map[string]api.Ticket{"T1": c.ticket}, Orders: map[string]api.Order{}, Charges: map[string]api.Charge{},
			}}
			for _, o := range c.orders {
				r.keep(nil, history.Op{OrderState: &o})
			}
			for _, charge := range c.charges {
				r.keep(nil, history.Op{ChargeState: &charge})
			}
			orders, tickets := r.unsettled()
			if got := slices.Sorted(maps.Keys(orders)); !slices.Equal(got, c.underWay) || !slices.Equal(tickets, c.tickets) {
				t.Errorf("under way are %v and %v, want %v and %v", got, tickets, c.underWay, c.tickets)
			}
			if r.quiet() != (len(c.underWay)+len(c.tickets) == 0) {
				t.Errorf("quiet: %v", r.quiet())
			}
		})
	}
}
